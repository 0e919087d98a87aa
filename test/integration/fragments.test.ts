import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Fragment } from '../../src/egress/fragment.ts';
import { FragmentHub } from '../../src/egress/fragment-hub.ts';
import { parameterSetsOf, withParameterSets } from '../../src/egress/init-segment.ts';
import { joinInits, placeFragment } from '../../src/egress/mux.ts';
import { RenditionParser } from '../../src/egress/rendition-parser.ts';
import { collectFragments, makeFragments, syntheticRun } from '../fixtures/fragments.ts';

const run = promisify(execFile);

const ofRendition = (fragments: readonly Fragment[], name: string) => fragments.filter(({ rendition }) => rendition === name);

async function probe(
  bytes: readonly Uint8Array[],
): Promise<{ readonly streams: readonly Record<string, string>[]; readonly errors: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-fragments-'));
  try {
    const file = join(folder, 'file.mp4');
    await writeFile(file, Buffer.concat(bytes));
    const { stdout } = await run('ffprobe', ['-v', 'error', '-count_frames', '-show_streams', '-of', 'json', file]);
    const { stderr } = await run('ffmpeg', ['-v', 'warning', '-i', file, '-f', 'null', '-']);
    return { streams: (JSON.parse(stdout) as { streams: Record<string, string>[] }).streams, errors: stderr };
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('fragments tell codec, size, time and key frames of what FFmpeg wrote', async () => {
  const fragments = await collectFragments({ seconds: 3, heights: [180, 360] });
  const [low, high, audio] = ['video-0', 'video-1', 'audio'].map((name) => ofRendition(fragments, name));
  expect(low?.[0]?.init).toMatchObject({
    size: { width: 320, height: 180 },
    timescale: 90_000,
  });
  expect(low?.[0]?.init.codec).toMatch(/^avc1\.42c0[0-9a-f]{2}$/);
  expect(high?.[0]?.init.size).toEqual({ width: 640, height: 360 });
  expect(audio?.[0]?.init).toMatchObject({ codec: 'mp4a.40.2', sampleRate: 48_000, size: undefined });
  expect(low?.filter(({ independent }) => independent).map(({ startMs }) => Math.round(startMs))).toEqual([0, 1000, 2000]);
  expect(low?.reduce((sum, { frames }) => sum + frames, 0)).toBe(90);
  expect(audio?.every(({ independent }) => independent)).toBe(true);
  for (const one of [low, high]) expect(new Set(one?.map(({ init }) => init)).size).toBe(1);
  for (const [index, fragment] of (low ?? []).entries()) {
    const next = low?.[index + 1];
    if (next !== undefined) expect(fragment.startMs + fragment.durationMs).toBeCloseTo(next.startMs, 1);
  }
});

test('a video and an audio rendition make one file that decodes without a warning', async () => {
  const fragments = await collectFragments({ seconds: 3 });
  const [video, audio] = ['video-0', 'audio'].map((name) => ofRendition(fragments, name));
  const file = [joinInits(video?.[0]?.init, audio?.[0]?.init)];
  for (const [index, fragment] of fragments.entries()) {
    file.push(...placeFragment(fragment, { trackId: fragment.rendition === 'audio' ? 2 : 1, sequence: index + 1 }));
  }
  const { streams, errors } = await probe(file);
  expect(streams.map(({ codec_name, nb_read_frames }) => [codec_name, Number(nb_read_frames)])).toEqual([
    ['h264', 90],
    ['aac', expect.closeTo(142, -1)],
  ]);
  expect(errors).toBe('');
});

test('a file that begins in mid-run begins at zero', async () => {
  const fragments = await collectFragments({ seconds: 3 });
  const rest = fragments.filter(({ startMs }) => startMs > 990);
  const file = [joinInits(ofRendition(rest, 'video-0')[0]?.init, ofRendition(rest, 'audio')[0]?.init)];
  for (const [index, fragment] of rest.entries()) {
    file.push(...placeFragment(fragment, { trackId: fragment.rendition === 'audio' ? 2 : 1, sequence: index + 1, zeroMs: 990 }));
  }
  const { streams } = await probe(file);
  expect(Number(streams[0]?.['start_time'])).toBeCloseTo(0.01, 2);
  expect(Number(streams[1]?.['start_time'])).toBeLessThan(0.3);
});

test('another SPS in mid-run gives another init, with its size and codec, that decodes what follows', async () => {
  const [small, large] = await Promise.all(
    [180, 360].map(async (height) => collectFragments({ seconds: 2, heights: [height], withAudio: false })),
  );
  const [before, after] = [small?.[0]?.init, large?.[0]?.init];
  if (before === undefined || after === undefined) throw new TypeError('no init');
  const parser = new RenditionParser('video-0');
  const bytes = [before.bytes, ...[...(small ?? []), ...(large ?? [])].map((fragment) => fragment.bytes)];
  const read = bytes.flatMap((chunk) => parser.push(Buffer.from(chunk)));
  const inits = [...new Set(read.map(({ init }) => init))];
  expect(inits.map(({ size }) => size?.height)).toEqual([180, 360]);
  expect(inits[1]?.codec).toBe(after.codec);
  const { streams, errors } = await probe([inits[1]?.bytes ?? Buffer.alloc(0), ...(large ?? []).map((fragment) => fragment.bytes)]);
  expect(streams[0]).toMatchObject({ width: 640, height: 360, nb_read_frames: '60' });
  expect(errors).toBe('');
});

test('an init that is given its own parameter sets stays as it is', async () => {
  const [fragment] = await collectFragments({ seconds: 1, withAudio: false });
  const sets = fragment && parameterSetsOf(fragment.init);
  if (fragment === undefined || sets === undefined) throw new TypeError('no H264');
  expect(Buffer.from(withParameterSets(fragment.init, sets).bytes).equals(fragment.init.bytes)).toBe(true);
});

test('fragments do not depend on how the pipe cuts its bytes', async () => {
  const fragments = await collectFragments({ seconds: 1, withAudio: false });
  const bytes = Buffer.concat([fragments[0]?.init.bytes ?? Buffer.alloc(0), ...fragments.map((fragment) => fragment.bytes)]);
  for (const size of [1, 7, 1000, bytes.length]) {
    const parser = new RenditionParser('video-0');
    const read: Fragment[] = [];
    for (let offset = 0; offset < bytes.length; offset += size) read.push(...parser.push(bytes.subarray(offset, offset + size)));
    expect(read.map(({ startMs, bytes: own }) => [startMs, own.length])).toEqual(
      fragments.map(({ startMs, bytes: own }) => [startMs, own.length]),
    );
  }
});

test('a reader that comes late to live media begins with a key frame of each encoding', async () => {
  const options = { seconds: 10, heights: [180, 360], realTime: true };
  const hub = new FragmentHub();
  hub.startRun(syntheticRun(options));
  const heard: Fragment[] = [];
  for await (const fragment of makeFragments(options)) {
    hub.push(fragment);
    if (fragment.startMs > 1700 && heard.length === 0) {
      hub.add({ runStarted: () => undefined, fragment: (_run, one) => heard.push(one), runEnded: () => undefined, ended: () => undefined });
    }
    if (fragment.startMs > 2500) break;
  }
  for (const name of ['video-0', 'video-1']) {
    const [first] = ofRendition(heard, name);
    expect(first?.independent).toBe(true);
    expect(first?.startMs).toBeCloseTo(1000, -1);
  }
  expect(ofRendition(heard, 'audio')[0]?.startMs).toBeLessThan(1000);
});
