import { expect, test } from 'vitest';
import { parseStreamId } from '../../../src/streams/stream-id.ts';
import { EncodedPublisher } from '../../fixtures/encoded-publisher.ts';
import { NativePlayer } from '../../fixtures/native-peer.ts';
import { HeardRuns, openTapBench, type TapBench } from '../../fixtures/tap.ts';

const show = parseStreamId('show');
const totals = async ({ gateway }: TapBench) => gateway.workerTotals();
const patience = { interval: 50 };

test('a tap that is held gives fragments of video and audio on one clock', async () => {
  await using bench = await openTapBench();
  await using _publisher = await EncodedPublisher.open(bench.gateway.whip('show'));
  const reader = new HeardRuns();
  const hold = bench.supervisor.hold(show, reader, 'record');
  await expect.poll(() => reader.of('video-0').filter(({ independent }) => independent).length, patience).toBeGreaterThan(2);
  const [video, audio] = [reader.of('video-0'), reader.of('audio')];
  expect(video[0]).toMatchObject({ independent: true, init: { size: { width: 320, height: 180 } } });
  expect(audio[0]?.init.codec).toBe('mp4a.40.2');
  const startedAt = reader.runs[0]?.run.startedAt.getTime() ?? 0;
  for (const rendition of ['video-0', 'audio']) {
    const lateMs = (): number => {
      const last = reader.of(rendition).at(-1);
      return Math.abs(Date.now() - startedAt - ((last?.startMs ?? 0) + (last?.durationMs ?? 0)));
    };
    await expect.poll(lateMs, patience).toBeLessThan(1_500);
  }
  expect(bench.supervisor.state(show)).toMatchObject({ name: 'running', runId: 1 });
  hold[Symbol.dispose]();
});

test('an FFmpeg that is killed is followed by another, as a new run', async () => {
  await using bench = await openTapBench();
  await using _publisher = await EncodedPublisher.open(bench.gateway.whip('show'));
  const reader = new HeardRuns();
  bench.supervisor.hold(show, reader, 'record');
  await expect.poll(() => reader.of('video-0').length, patience).toBeGreaterThan(2);
  process.kill(bench.supervisor.taps()[0]?.pid ?? 0, 'SIGKILL');
  await expect.poll(() => reader.runs.length === 2 && reader.of('video-0').length > 0, { ...patience, interval: 10 }).toBe(true);
  expect(reader.runs[0]?.ending).toMatchObject({ cause: 'exited', detail: expect.stringContaining('SIGKILL') as string });
});

test('a publisher that leaves and comes back gives a new run; grace over, the readers hear the end', async () => {
  await using bench = await openTapBench({ gateway: { graceMs: 1_500 } });
  const reader = new HeardRuns();
  bench.supervisor.hold(show, reader, 'record');
  {
    await using publisher = await EncodedPublisher.open(bench.gateway.whip('show'));
    await expect.poll(() => reader.of('video-0').length, patience).toBeGreaterThan(2);
    await publisher.delete();
  }
  await expect.poll(() => reader.runs[0]?.ending, patience).toEqual({ cause: 'publisher-gone' });
  await expect.poll(() => bench.supervisor.state(show).name, patience).toBe('waiting');
  {
    await using publisher = await EncodedPublisher.open(bench.gateway.whip('show'), { height: 240 });
    await expect.poll(() => reader.runs.length === 2 && reader.of('video-0').length, patience).toBeGreaterThan(2);
    expect(reader.of('video-0')[0]?.init.size?.height).toBe(240);
    await publisher.delete();
  }
  await expect.poll(() => reader.isEnded, patience).toBe(true);
  expect(bench.supervisor.taps()).toEqual([]);
  expect(bench.supervisor.leasedPorts).toBe(0);
});

test('another picture size in mid-run is another init on the same clock', async () => {
  await using bench = await openTapBench();
  await using publisher = await EncodedPublisher.open(bench.gateway.whip('show'), { audio: false });
  const reader = new HeardRuns();
  bench.supervisor.hold(show, reader, 'record');
  await expect.poll(() => reader.of('video-0').length, patience).toBeGreaterThan(2);
  publisher.encode({ height: 360 });
  await expect.poll(() => reader.of('video-0').at(-1)?.init.size, patience).toEqual({ width: 640, height: 360 });
  expect(reader.runs).toHaveLength(1);
  expect(new Set(reader.of('video-0').map(({ init }) => init)).size).toBe(2);
  expect(reader.of('video-0').find(({ init }) => init.size?.height === 360)?.independent).toBe(true);
});

test('audio that is silent is left out, comes by a new run, and does not hold the picture back when it goes', async () => {
  await using bench = await openTapBench();
  await using publisher = await EncodedPublisher.open(bench.gateway.whip('show'));
  if (publisher.audio === undefined) throw new TypeError('it has audio');
  publisher.audio.muted = true;
  await expect.poll(() => bench.gateway.registry.stream(show)?.tracks, patience).toBeDefined();
  const audio = bench.gateway.registry.stream(show)?.tracks?.find(({ incoming }) => incoming.kind === 'audio');
  await expect.poll(async () => (await audio?.incoming.stats())?.every(({ bitrate }) => bitrate === 0), patience).toBe(true);
  const reader = new HeardRuns();
  bench.supervisor.hold(show, reader, 'record');
  await expect.poll(() => reader.of('video-0').length, patience).toBeGreaterThan(2);
  expect(reader.runs[0]?.run.renditions.map(({ name }) => name)).toEqual(['video-0']);
  publisher.audio.muted = false;
  await expect.poll(() => reader.of('audio').length, patience).toBeGreaterThan(2);
  expect(reader.runs[0]?.ending).toEqual({ cause: 'publisher-changed' });
  publisher.audio.muted = true;
  const soFar = reader.of('video-0').length;
  await expect.poll(() => reader.of('video-0').length, patience).toBeGreaterThan(soFar + 25);
  expect(reader.runs).toHaveLength(2);
});

test('VP8 comes as clusters of WebM, also when its sound is muted', async () => {
  await using bench = await openTapBench();
  await using publisher = await EncodedPublisher.open(bench.gateway.whip('show'), { codec: 'VP8' });
  const reader = new HeardRuns();
  bench.supervisor.hold(show, reader, 'record');
  await expect.poll(() => reader.of('webm').length, patience).toBeGreaterThan(3);
  expect(reader.of('webm')[0]).toMatchObject({
    independent: true,
    init: { container: 'webm', codec: 'vp8', size: { width: 320, height: 180 } },
  });
  expect(await bench.supervisor.feasibility(show)).toMatchObject({ hls: { possible: false }, record: { possible: true } });
  if (publisher.audio === undefined) throw new TypeError('it has audio');
  publisher.audio.muted = true;
  const soFar = reader.of('webm').length;
  await expect.poll(() => reader.of('webm').length, patience).toBeGreaterThan(soFar + 8);
  expect(reader.runs).toHaveLength(1);
});

test('VP8 is encoded anew where that is wanted', async () => {
  await using bench = await openTapBench({ transcodes: () => true });
  await using _publisher = await EncodedPublisher.open(bench.gateway.whip('show'), { codec: 'VP8' });
  const reader = new HeardRuns();
  bench.supervisor.hold(show, reader, 'hls');
  await expect.poll(() => reader.of('video-0').filter(({ independent }) => independent).length, patience).toBeGreaterThan(1);
  expect(reader.of('video-0')[0]?.init).toMatchObject({ container: 'mp4', size: { width: 320, height: 180 } });
  const frames = reader.of('video-0').reduce((sum, one) => sum + one.frames, 0);
  const endMs = (reader.of('video-0').at(-1)?.startMs ?? 0) + (reader.of('video-0').at(-1)?.durationMs ?? 0);
  expect(frames / (endMs / 1000)).toBeLessThan(35);
  await expect.poll(() => reader.of('audio').length, patience).toBeGreaterThan(0);
});

test('a tap ends when nobody needs it any more, and starts again for the next one', async () => {
  await using bench = await openTapBench({ lingerMs: 200 });
  await using _publisher = await EncodedPublisher.open(bench.gateway.whip('show'));
  const [first, second] = [new HeardRuns(), new HeardRuns()];
  const hold = bench.supervisor.hold(show, first, 'record');
  await expect.poll(() => first.of('video-0').length, patience).toBeGreaterThan(2);
  hold[Symbol.dispose]();
  await expect.poll(() => bench.supervisor.state(show).name, patience).toBe('stopped');
  await expect.poll(() => bench.supervisor.leasedPorts, patience).toBe(0);
  using _hold = bench.supervisor.hold(show, second, 'record');
  await expect.poll(() => second.of('video-0').length, patience).toBeGreaterThan(2);
  expect(first.isEnded).toBe(false);
});

test('a tap that starts costs viewers nothing', async () => {
  await using bench = await openTapBench();
  await using publisher = await EncodedPublisher.open(bench.gateway.whip('show'));
  await using player = await NativePlayer.open(bench.gateway.whep('show'));
  await expect.poll(() => player.videoPackets, patience).toBeGreaterThan(10);
  const before = await totals(bench);
  bench.supervisor.hold(show, new HeardRuns(), 'record');
  await expect.poll(() => bench.supervisor.state(show).name, patience).toBe('running');
  const after = await totals(bench);
  expect(after.transports).toBe(before.transports); // WebRTC's
  expect(player.state).toBe('connected');
  const packets = player.videoPackets;
  await expect.poll(() => player.videoPackets, patience).toBeGreaterThan(packets + 30);
  expect(publisher.video).toBeDefined();
});
