import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { parseStreamId } from '../../../src/streams/stream-id.ts';
import { EncodedPublisher } from '../../fixtures/encoded-publisher.ts';
import { openLiveHls } from '../../fixtures/live-hls.ts';
import { LivedTime } from '../../fixtures/lived-time.ts';
import { readMediaPlaylist } from '../../fixtures/playlist-rules.ts';
import { beepDelays, decodeErrors, readMarks } from '../../fixtures/probe.ts';
import { temporaryFolder } from '../../fixtures/recording-desk.ts';
import { openStudio, reach, recordingsOf } from '../../fixtures/studio.ts';
import { type HeardRun, HeardRuns, openTapBench, type TapBench } from '../../fixtures/tap.ts';

const show = parseStreamId('show');
const patience = { interval: 20 };

/** Of all publishers here: none of them obeys requests. */
const keyFrameSeconds = 3;

test('HLS on demand begins with the key frame before the request, no picture is missing or shown twice, and the sound is there', async () => {
  await using live = await openLiveHls();
  await using publisher = await EncodedPublisher.open(live.gateway.whip('show'), { keyFrameSeconds, height: 540 });
  using lived = new LivedTime();
  await intoGop(live, 1.5);
  const [askedAt, lostMs] = [Date.now(), lived.lostMs];
  const [video, audio] = await playlistsOf(`${live.gateway.url}/hls/show/index.m3u8`);
  const count = async (): Promise<number> => (await segmentsOf(video)).length;
  await expect.poll(count, patience).toBeGreaterThan(1);

  using folder = temporaryFolder();
  const [picture, sound] = ['video.mp4', 'audio.mp4'].map((name) => join(folder.path, name));
  const beganAt = await download(video, picture ?? '');
  const [first = 0] = await sentTimesOf(picture ?? '', publisher);
  expect(first).toBeLessThan(askedAt - 1_000);
  expect(first).toBeGreaterThan(askedAt - keyFrameSeconds * 1000 - lostMs);
  expect(Math.abs(beganAt - first)).toBeLessThan(250);
  expect(await brokenSteps(picture ?? '')).toEqual([]);
  expect(await decodeErrors(picture ?? '')).toBe('');
  expect(Math.abs((await download(audio, sound ?? '')) - beganAt)).toBeLessThan(50);
  expect(await silencesIn(sound ?? '')).toEqual([]);
});

test.for([
  ['H264 whose publisher reports of its clocks', { codec: 'H264', reports: true }],
  ['H264 whose publisher reports nothing', { codec: 'H264', reports: false }],
  ['VP8', { codec: 'VP8', reports: true }],
] as const)('a recording of %s begins before it was asked for, picture and sound together', async ([, media]) => {
  await using studio = await openStudio();
  const { bench, desk } = studio;
  await using publisher = await EncodedPublisher.open(bench.gateway.whip('show'), { keyFrameSeconds, marks: true, ...media });
  await intoGop(bench, 1.5);
  const askedAt = Date.now();
  const output = desk.recordings.start(show);
  await reach(studio, 1, 4_500);
  await output.stop();
  const [recording] = recordingsOf(studio);
  const file = recording === undefined ? '' : desk.recordings.catalogue.fileOf(recording);
  const startedAt = recording?.startedAt.getTime() ?? 0;
  expect(startedAt).toBeLessThan(askedAt - 1_000);
  if (media.codec === 'H264') expect(Math.abs(startedAt - ((await sentTimesOf(file, publisher, startedAt))[0] ?? 0))).toBeLessThan(250);
  expect(await decodeErrors(file)).toBe('');
  const delays = beepDelays(await readMarks(file));
  expect(delays.length).toBeGreaterThan(3);
  expect(delays.filter((late) => Math.abs(late) > 40)).toEqual([]);
});

test('what was given out before FFmpeg was killed is not given out again', async () => {
  await using bench = await openTapBench();
  await using publisher = await EncodedPublisher.open(bench.gateway.whip('show'), { keyFrameSeconds: 2 });
  await intoGop(bench, 0.5);
  const reader = new HeardRuns();
  bench.supervisor.hold(show, reader, 'record');
  await expect.poll(() => reader.of('video-0').length, patience).toBeGreaterThan(12);
  process.kill(bench.supervisor.taps()[0]?.pid ?? 0, 'SIGKILL');
  await expect.poll(() => reader.runs.length === 2 && reader.of('video-0').length > 2, patience).toBe(true);
  const [before, after] = await Promise.all(reader.runs.map(async (run) => timesOfRun(run, publisher)));
  expect(after?.[0] ?? 0).toBeGreaterThan(before?.at(-1) ?? Infinity);
});

test('a publisher that goes while it is replayed leaves nothing behind, and is replayed from its own beginning when it is back', async () => {
  await using bench = await openTapBench();
  const reader = new HeardRuns();
  const sockets = () => process.getActiveResourcesInfo().filter((name) => name === 'UDPWrap').length;
  const before = sockets();
  {
    await using publisher = await EncodedPublisher.open(bench.gateway.whip('show'), { keyFrameSeconds });
    await intoGop(bench, 1);
    bench.supervisor.hold(show, reader, 'record');
    await expect.poll(() => reader.runs.length, patience).toBe(1);
    await publisher.delete();
  }
  await expect.poll(() => reader.runs[0]?.ending, patience).toEqual({ cause: 'publisher-gone' });
  await expect.poll(() => [bench.supervisor.leasedPorts, sockets()], patience).toEqual([0, before]);
  await using publisher = await EncodedPublisher.open(bench.gateway.whip('show'), { keyFrameSeconds });
  await expect.poll(() => reader.runs.length === 2 && reader.of('video-0').length, patience).toBeGreaterThan(2);
  const [first = 0] = await timesOfRun(reader.runs[1], publisher);
  expect(first).toBeGreaterThan(0);
});

/** Waits until the publisher's present GOP is kept, and for so many seconds. */
async function intoGop({ gateway }: Pick<TapBench, 'gateway'>, seconds: number): Promise<void> {
  const kept = (): number => gateway.engine.instantJoins().cacheBytes;
  await expect.poll(kept, patience).toBeGreaterThan(0);
  let last = { bytes: kept(), at: performance.now() };
  // What is kept grows, and begins anew with each key frame.
  const isThere = (): boolean => {
    const bytes = kept();
    last = { bytes, at: bytes < last.bytes ? performance.now() : last.at };
    return performance.now() - last.at >= seconds * 1000;
  };
  await expect.poll(isThere, patience).toBe(true);
}

/** The media playlists of picture and sound that a multivariant playlist names. */
async function playlistsOf(url: string): Promise<readonly [string, string]> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  const text = await response.text();
  const [video = '', audio = ''] = [/^[^#].*\.m3u8$/m.exec(text)?.[0], /TYPE=AUDIO.*URI="([^"]+)"/.exec(text)?.[1]];
  return [new URL(video, url).href, new URL(audio, url).href];
}

async function segmentsOf(playlist: string) {
  return readMediaPlaylist(await (await fetch(playlist)).text()).segments;
}

/** Writes what a playlist has now into a file; gives the time at which it begins, in milliseconds since 1970. */
async function download(playlist: string, file: string): Promise<number> {
  const segments = await segmentsOf(playlist);
  const urls = [segments[0]?.map ?? '', ...segments.map(({ uri }) => uri)].map((uri) => new URL(uri, playlist));
  await writeFile(file, await Promise.all(urls.map(async (url) => new Uint8Array(await (await fetch(url)).arrayBuffer()))));
  return segments[0]?.startsAt ?? 0;
}

/** Where a tone that never ends is not heard. */
async function silencesIn(file: string): Promise<readonly string[]> {
  const { stderr } = await execa('ffmpeg', ['-nostdin', '-i', file, '-af', 'silencedetect=n=-40dB:d=0.05', '-f', 'null', '-']);
  return stderr.split('\n').filter((line) => line.includes('silence_start'));
}

async function timesOfRun(run: HeardRun | undefined, publisher: EncodedPublisher): Promise<readonly number[]> {
  const fragments = run?.fragments.filter(({ rendition }) => rendition === 'video-0') ?? [];
  using folder = temporaryFolder();
  const file = join(folder.path, 'run.mp4');
  await writeFile(file, [fragments[0]?.init.bytes ?? '', ...fragments.map(({ bytes }) => bytes)]);
  return await sentTimesOf(file, publisher);
}

/** When the publisher sent the pictures of a file, in milliseconds since 1970: recognised by what they are. */
async function sentTimesOf(file: string, { video }: EncodedPublisher, nearMs?: number): Promise<readonly number[]> {
  const args = ['-nostdin', '-v', 'error', '-i', file, '-map', '0:v', '-c', 'copy', '-bsf:v', 'h264_mp4toannexb', '-f', 'h264', '-'];
  const { stdout } = await execa('ffmpeg', args, { encoding: 'buffer' });
  const stream = Buffer.from(stdout);
  const ends: number[] = [];
  for (let at = stream.indexOf(startCode); at !== -1; at = stream.indexOf(startCode, at + 1)) ends.push(stream[at - 1] === 0 ? at - 1 : at);
  return [...ends.slice(1), stream.length].flatMap((end) => video?.sentAt(stream.subarray(0, end), nearMs) ?? []);
}

/** Between the NAL units of H264; another 0 may stand before it. */
const startCode = Buffer.from([0, 0, 1]);

/** Where a picture does not follow the one before after a thirtieth of a second. */
async function brokenSteps(file: string): Promise<readonly unknown[]> {
  const args = ['-v', 'error', '-select_streams', 'v', '-show_entries', 'packet=pts', '-of', 'csv=p=0', file];
  const { stdout } = await execa('ffprobe', args);
  const times = stdout.split('\n').map((line) => Number.parseInt(line, 10));
  expect(times.length).toBeGreaterThan(keyFrameSeconds * 30);
  return times.slice(1).flatMap((pts, index) => {
    const step = pts - (times[index] ?? 0);
    return Math.abs(step - 3000) <= 2 ? [] : [{ index, step }];
  });
}
