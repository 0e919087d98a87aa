import { execFileSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test as base, expect } from 'vitest';
import type { Fragment } from '../../src/egress/fragment.ts';
import { placeFragment } from '../../src/egress/mux.ts';
import type { Recording } from '../../src/egress/record/recording.ts';
import { collectFragments, syntheticRun } from '../fixtures/fragments.ts';
import { decodeErrors, probe } from '../fixtures/probe.ts';
import { openDesk, playRun, type RecordingDesk, show, temporaryFolder } from '../fixtures/recording-desk.ts';

const soon = { interval: 50 };

/** Four seconds of picture and sound, a key frame each. */
const test = base
  .extend('fragments', { scope: 'file' }, async () => collectFragments({ seconds: 4 }))
  .extend('folder', ({}, { onCleanup }) => {
    const folder = temporaryFolder();
    onCleanup(() => {
      folder[Symbol.dispose]();
    });
    return folder.path;
  });

const all = ({ recordings }: RecordingDesk): readonly Recording[] =>
  recordings.catalogue.all().toSorted((one, other) => one.part - other.part);

const fileOf = (desk: RecordingDesk, index = 0): string => {
  const recording = all(desk)[index];
  if (recording === undefined) throw new Error('there is no such recording');
  return desk.recordings.catalogue.fileOf(recording);
};

test.for([
  ['as it was written', { faststart: false }, 'mov,mp4'],
  ['with its index in front', { faststart: true }, 'mov,mp4'],
  ['as Matroska', { format: 'mkv' }, 'matroska'],
] as const)('a recording %s has the right length and decodes without a word', async ([, options, format], { fragments, folder }) => {
  await using desk = await openDesk(folder, options);
  const output = desk.recordings.start(show);
  playRun(desk.hub, syntheticRun(), fragments);
  await output.stop();
  expect(all(desk)).toMatchObject([
    {
      state: 'complete',
      part: 1,
      video: { width: 320, height: 180 },
      audio: { codec: 'mp4a.40.2', sampleRate: 48_000 },
      ending: { cause: 'publisher-gone' },
    },
  ]);
  const file = fileOf(desk);
  const probed = await probe(file);
  expect(probed.format).toContain(format);
  expect(probed.durationSeconds).toBeCloseTo(4, 1);
  expect(probed.streams.map(({ kind, startSeconds }) => [kind, Math.round(startSeconds * 50)])).toEqual([
    ['video', 0],
    ['audio', 0],
  ]);
  expect(await decodeErrors(file)).toBe('');
  expect(all(desk)[0]).toMatchObject({ bytes: statSync(file).size });
  expect(all(desk)[0]?.durationMs).toBeGreaterThan(3_950);
  expect(readdirSync(join(folder, 'show'))).toHaveLength(2);
});

test('the side-car tells what the catalogue knows', async ({ fragments, folder }) => {
  await using desk = await openDesk(folder);
  const output = desk.recordings.start(show);
  playRun(desk.hub, syntheticRun(), fragments);
  await output.stop();
  const [recording] = all(desk);
  expect(JSON.parse(readFileSync(`${fileOf(desk)}.json`, 'utf8'))).toEqual({ version: 1, ...JSON.parse(JSON.stringify(recording)) });
  await using again = await openDesk(folder);
  expect(all(again)).toEqual([recording]);
});

test('each publisher, each size and each length begins a part at 0', async ({ folder }) => {
  const fragments = await collectFragments({ seconds: 4, heights: [180, 360] });
  const grows = fragments.flatMap((fragment) => {
    const wanted = fragment.rendition === 'audio' || (fragment.startMs < 2_000 ? 'video-0' : 'video-1') === fragment.rendition;
    return wanted ? [{ ...fragment, rendition: fragment.rendition === 'audio' ? 'audio' : 'video-0' }] : [];
  });
  await using desk = await openDesk(folder, { limits: { durationMs: 1_500, bytes: undefined } });
  const output = desk.recordings.start(show);
  playRun(desk.hub, syntheticRun(), grows);
  playRun(desk.hub, syntheticRun({}, 2), grows);
  await output.stop();
  expect(all(desk).map(({ part, video, ending }) => [part, video?.height, ending?.cause])).toEqual([
    [1, 180, 'media-changed'],
    [2, 360, 'publisher-gone'],
    [3, 180, 'media-changed'],
    [4, 360, 'publisher-gone'],
  ]);
  for (const recording of all(desk)) {
    const file = desk.recordings.catalogue.fileOf(recording);
    const probed = await probe(file);
    expect(probed.startSeconds).toBe(0);
    expect(probed.streams[0]).toMatchObject({ kind: 'video', startSeconds: 0, height: recording.video?.height });
    expect(recording.durationMs).toBeGreaterThanOrEqual(2_000);
    expect(recording.durationMs).toBeLessThan(2_300);
    expect(await decodeErrors(file)).toBe('');
  }
});

test('parts end by their length and by their size', async ({ fragments, folder }) => {
  await using desk = await openDesk(folder, { limits: { durationMs: 2_000, bytes: undefined } });
  const output = desk.recordings.start(show);
  playRun(desk.hub, syntheticRun(), fragments);
  await output.stop();
  expect(all(desk).map(({ ending }) => ending?.cause)).toEqual(['part-duration', 'publisher-gone']);
  await using other = await openDesk(`${folder}/other`, { limits: { durationMs: undefined, bytes: 50_000 } });
  const second = other.recordings.start(show);
  playRun(other.hub, syntheticRun(), fragments);
  await second.stop();
  expect(all(other).length).toBeGreaterThan(1);
  expect(all(other)[0]?.ending?.cause).toBe('part-bytes');
});

test.for([
  ['with sound that stops', (rendition: string, startMs: number) => rendition !== 'audio' || startMs < 1_000, 1],
  ['with sound that begins late', (rendition: string, startMs: number) => rendition !== 'audio' || startMs >= 2_500, 1],
  ['without any sound', (rendition: string) => rendition !== 'audio', 1],
] as const)('a publisher %s is recorded from its first picture to its last', async ([, isSent, parts], { fragments, folder }) => {
  await using desk = await openDesk(folder);
  const output = desk.recordings.start(show);
  playRun(
    desk.hub,
    syntheticRun(),
    fragments.filter(({ rendition, startMs }) => isSent(rendition, startMs)),
  );
  await output.stop();
  expect(all(desk)).toHaveLength(parts);
  const durations = await Promise.all(
    all(desk).map(async (_recording, index) => (await probe(fileOf(desk, index))).streams[0]?.durationSeconds),
  );
  expect(durations.reduce<number>((sum, seconds) => sum + (seconds ?? 0), 0)).toBeCloseTo(4, 1);
  for (const index of all(desk).keys()) expect(await decodeErrors(fileOf(desk, index))).toBe('');
});

test('pictures are on the disk within a second while their sound is still to come, and it joins them', async ({ fragments, folder }) => {
  const left = `${folder}/left`;
  await using desk = await openDesk(`${folder}/live`);
  const output = desk.recordings.start(show);
  desk.hub.startRun(syntheticRun());
  const arrivals = fragments.filter(({ rendition, startMs }) => rendition !== 'audio' || startMs >= 2_500);
  for (const fragment of arrivals.filter(({ startMs }) => startMs < 1_500)) desk.hub.push(fragment);
  await expect.poll(() => all(desk)[0]?.durationMs ?? 0, soon).toBeGreaterThanOrEqual(600);
  cpSync(`${folder}/live`, left, { recursive: true });
  const growing = `${left}/show/${readdirSync(`${left}/show`).find((name) => name.endsWith('.part'))}`;
  expect((await probe(growing)).durationSeconds).toBeGreaterThan(0.6);
  expect(await decodeErrors(growing)).toBe('');
  {
    await using killed = await openDesk(left);
    await expect.poll(() => all(killed).map(({ state, audio }) => [state, audio]), soon).toEqual([['complete', undefined]]);
    const probed = await probe(fileOf(killed));
    expect(probed.streams.map(({ kind }) => kind)).toEqual(['video']);
    expect(probed.durationSeconds).toBeCloseTo((all(killed)[0]?.durationMs ?? 0) / 1000, 1);
    expect(await decodeErrors(fileOf(killed))).toBe('');
  }
  for (const fragment of arrivals.filter(({ startMs }) => startMs >= 1_500)) desk.hub.push(fragment);
  await output.stop();
  expect(all(desk)).toMatchObject([{ audio: { codec: 'mp4a.40.2', sampleRate: 48_000, channels: 2 } }]);
  const [video, audio] = (await probe(fileOf(desk))).streams;
  expect((audio?.startSeconds ?? 0) - (video?.startSeconds ?? 0)).toBeCloseTo(2.5, 0);
  expect(await decodeErrors(fileOf(desk))).toBe('');
});

test('sound that begins a little before the picture, as AAC does, is all in the file', async ({ fragments, folder }) => {
  await using desk = await openDesk(folder);
  const output = desk.recordings.start(show);
  playRun(
    desk.hub,
    syntheticRun(),
    fragments.map((fragment) => later(fragment, fragment.rendition === 'audio' ? 80 : 100)),
  );
  await output.stop();
  const [video, audio] = (await probe(fileOf(desk))).streams;
  expect([video?.startSeconds, audio?.startSeconds]).toEqual([0.02, 0]);
  expect(audio?.durationSeconds).toBeCloseTo(4, 1);
  expect(await decodeErrors(fileOf(desk))).toBe('');
});

/** The same fragment at another time. */
function later(fragment: Fragment, byMs: number): Fragment {
  const bytes = Buffer.concat(placeFragment(fragment, { trackId: 1, sequence: 1, zeroMs: -byMs }));
  return { ...fragment, bytes, startMs: fragment.startMs + byMs };
}

test('sound alone is recorded', async ({ folder }) => {
  const fragments = await collectFragments({ seconds: 2, heights: [] });
  await using desk = await openDesk(folder, { faststart: true });
  const output = desk.recordings.start(show);
  playRun(desk.hub, syntheticRun({ heights: [] }), fragments);
  await output.stop();
  expect(all(desk)).toMatchObject([{ video: undefined, audio: { channels: 2 } }]);
  expect((await probe(fileOf(desk))).durationSeconds).toBeCloseTo(2, 1);
});

test('of simulcast the largest rendition is recorded, and until it comes, a smaller one', async ({ folder }) => {
  const fragments = await collectFragments({ seconds: 3, heights: [90, 180, 360] });
  await using desk = await openDesk(folder);
  const output = desk.recordings.start(show);
  desk.hub.startRun(syntheticRun({ heights: [90, 180, 360] }));
  const byTime = fragments.toSorted((one, other) => one.startMs - other.startMs);
  const arrivals = byTime.filter(({ rendition, startMs }) => rendition !== 'video-2' || startMs >= 990);
  const isEarly = ({ startMs }: Fragment): boolean => startMs < 980;
  for (const fragment of arrivals.filter(isEarly)) desk.hub.push(fragment);
  await expect.poll(() => all(desk), soon).toMatchObject([{ part: 1, video: { height: 180 } }]);
  for (const fragment of arrivals.filter((one) => !isEarly(one))) desk.hub.push(fragment);
  expect(output.report().details).toMatchObject({ parts: 1 });
  await output.stop();
  expect(all(desk)).toMatchObject([{ part: 1, video: { height: 360 } }]);
  const [video, audio] = (await probe(fileOf(desk))).streams;
  expect([video?.durationSeconds, audio?.durationSeconds].map((seconds) => Math.round((seconds ?? 0) * 5) / 5)).toEqual([2, 2]);
  expect(Math.abs((audio?.startSeconds ?? 1) - (video?.startSeconds ?? 0))).toBeLessThan(0.25);
  expect(await decodeErrors(fileOf(desk))).toBe('');
  expect(readdirSync(`${folder}/show`)).toHaveLength(2);
});

test('what a killed gateway left is completed at the next start, up to its last whole fragment', async ({ fragments, folder }) => {
  const left = `${folder}/left`;
  {
    await using desk = await openDesk(`${folder}/live`);
    desk.recordings.start(show);
    desk.hub.startRun(syntheticRun());
    for (const fragment of fragments) desk.hub.push(fragment);
    await expect.poll(() => all(desk)[0]?.durationMs ?? 0, soon).toBeGreaterThan(3_500);
    cpSync(`${folder}/live`, left, { recursive: true });
  }
  const growing = readdirSync(`${left}/show`).find((name) => name.endsWith('.part')) ?? '';
  truncateSync(`${left}/show/${growing}`, statSync(`${left}/show/${growing}`).size - 100);
  writeFileSync(`${left}/show/${growing}.remux`, 'half');
  await using desk = await openDesk(left, { faststart: true });
  await expect.poll(() => all(desk).map(({ state }) => state), soon).toEqual(['complete']);
  expect(all(desk)[0]).toMatchObject({ ending: { cause: 'crashed' } });
  expect((await probe(fileOf(desk))).durationSeconds).toBeGreaterThan(3.2);
  expect(await decodeErrors(fileOf(desk))).toBe('');
  expect(readdirSync(`${left}/show`)).toHaveLength(2);
});

test('files of somebody else are left alone', async ({ folder }) => {
  writeFileSync(`${folder}/holiday.mp4`, 'x');
  writeFileSync(`${folder}/notes.json`, '{}');
  await using desk = await openDesk(folder, { retention: { maxAgeMs: 1, maxBytes: 1 } });
  expect(all(desk)).toEqual([]);
  expect(readdirSync(folder).toSorted()).toEqual(['holiday.mp4', 'notes.json']);
});

test('two recordings of one second have names of their own', async ({ fragments, folder }) => {
  await using desk = await openDesk(folder, { path: 'one-{part}' });
  for (let run = 1; run <= 2; run++) {
    const output = desk.recordings.start(show);
    playRun(desk.hub, syntheticRun({}, run), fragments);
    await output.stop();
  }
  expect(all(desk).map(({ path }) => path)).toEqual(['one-001.mp4', 'one-002.mp4']);
});

test('a stream whose policy is to record it is recorded whenever it is live, unless somebody stopped that', async ({
  fragments,
  folder,
}) => {
  await using desk = await openDesk(folder, { policyOf: () => 'always' });
  desk.registry.observer.emit('live', show);
  const [output] = desk.outputs.list();
  playRun(desk.hub, syntheticRun(), fragments);
  desk.registry.observer.emit('live', show);
  expect(desk.outputs.list()).toEqual([output]);
  await output?.stop();
  desk.registry.observer.emit('live', show);
  expect(desk.outputs.list()).toEqual([]);
  desk.registry.observer.emit('ended', show);
  desk.registry.observer.emit('live', show);
  expect(desk.outputs.list()).toHaveLength(1);
});

test('policies are kept', async ({ folder }) => {
  await using desk = await openDesk(folder, { policyOf: () => 'never' });
  expect(() => desk.recordings.start(show)).toThrow(expect.objectContaining({ code: 'ERR_RECORDING_OFF' }));
  await using other = await openDesk(folder);
  other.recordings.start(show);
  expect(() => other.recordings.start(show)).toThrow(expect.objectContaining({ code: 'ERR_RECORDING_ACTIVE' }));
});

test('a recording ends with its stream', async ({ fragments, folder }) => {
  await using desk = await openDesk(folder);
  desk.recordings.start(show);
  playRun(desk.hub, syntheticRun(), fragments);
  desk.hub.end();
  await expect.poll(() => desk.outputs.list(), soon).toEqual([]);
  expect(all(desk)).toMatchObject([{ state: 'complete' }]);
});

test('what is too much is deleted, the oldest first', async ({ fragments, folder }) => {
  {
    await using desk = await openDesk(folder, { limits: { durationMs: 1_000, bytes: undefined } });
    const output = desk.recordings.start(show);
    playRun(desk.hub, syntheticRun(), fragments);
    await output.stop();
    expect(all(desk)).toHaveLength(4);
  }
  const bytes = readdirSync(`${folder}/show`).reduce(
    (sum, name) => sum + (name.endsWith('.mp4') ? statSync(`${folder}/show/${name}`).size : 0),
    0,
  );
  await using desk = await openDesk(folder, { retention: { maxAgeMs: undefined, maxBytes: bytes * 0.6 } });
  expect(all(desk).map(({ part }) => part)).toEqual([3, 4]);
  expect(readdirSync(`${folder}/show`)).toHaveLength(4);
});

/** A small disk of its own; `limits` as tmpfs takes them. */
function mountDisk(path: string, limits: string): Disposable {
  execFileSync('mount', ['-t', 'tmpfs', '-o', limits, 'sluice-test', path]);
  return { [Symbol.dispose]: () => void execFileSync('umount', [path]) };
}

const withDisk = process.getuid?.() === 0 ? test : test.skip;

withDisk('recording stops before the disk is full, and goes on when there is room', async ({ fragments, folder }) => {
  using _disk = mountDisk(folder, 'size=4m');
  const failures: string[] = [];
  await using desk = await openDesk(folder, { minFreeBytes: 2 * 2 ** 20 });
  desk.recordings.observer.on('failed', (cause) => failures.push(cause));
  const output = desk.recordings.start(show);
  desk.hub.startRun(syntheticRun());
  for (const fragment of fragments.slice(0, 20)) desk.hub.push(fragment);
  await expect.poll(() => output.report().state.name, soon).toBe('running');
  writeFileSync(`${folder}/ballast`, Buffer.alloc(3 * 2 ** 20));
  await expect.poll(() => output.report().state, soon).toMatchObject({ name: 'failed', ending: { cause: 'disk-full' } });
  await expect.poll(() => all(desk).map(({ state, ending }) => [state, ending?.cause]), soon).toEqual([['complete', 'disk-full']]);
  expect(await decodeErrors(fileOf(desk))).toBe('');
  expect(failures).toEqual(['disk-full']);
  writeFileSync(`${folder}/ballast`, '');
  await expect.poll(() => output.report().state.name, soon).toBe('running');
  await output.stop();
  expect(all(desk).map(({ part, ending }) => [part, ending?.cause])).toEqual([
    [1, 'disk-full'],
    [2, 'stopped'],
  ]);
});

withDisk(
  'a disk that is full all of a sudden ends the recording with what fitted, which is finished when there is room',
  async ({ fragments, folder }) => {
    // Besides the file and its side-car, there is one name for a new side-car, until the ballast takes it.
    using _disk = mountDisk(folder, 'size=128k,nr_inodes=5');
    await using desk = await openDesk(folder, { minFreeBytes: 65_536 });
    const output = desk.recordings.start(show);
    desk.hub.startRun(syntheticRun());
    for (const fragment of fragments.slice(0, 10)) desk.hub.push(fragment);
    await expect.poll(() => all(desk)[0]?.durationMs ?? 0, soon).toBeGreaterThan(0);
    writeFileSync(`${folder}/ballast`, '');
    for (const fragment of fragments.slice(10)) desk.hub.push(fragment);
    await expect.poll(() => output.report().state, soon).toMatchObject({ name: 'failed', ending: { cause: 'disk-full' } });
    await expect.poll(() => all(desk)[0], soon).toMatchObject({ state: 'finishing', ending: { cause: 'disk-full' } });
    expect(await decodeErrors(fileOf(desk))).toBe('');
    await expect.poll(() => desk.recordings.report().availableBytes, soon).toBeLessThan(65_536);

    execFileSync('mount', ['-o', 'remount,size=4m,nr_inodes=100', folder]);
    await expect.poll(() => all(desk)[0], soon).toMatchObject({ state: 'complete', ending: { cause: 'disk-full' } });
    await expect.poll(() => output.report().state.name, soon).toBe('running');
    const [recording] = all(desk);
    const { durationSeconds } = await probe(fileOf(desk));
    expect(Math.abs(durationSeconds - (recording?.durationMs ?? 0) / 1000)).toBeLessThan(0.1);
    expect(statSync(fileOf(desk)).size).toBe(recording?.bytes);
    expect(readdirSync(`${folder}/show`).toSorted().slice(0, 2)).toEqual(
      [recording?.path, `${recording?.path}.json`].map((path) => path?.slice(5)),
    );
  },
);
