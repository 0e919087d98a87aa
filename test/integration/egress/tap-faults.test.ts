import { expect, test } from 'vitest';
import type { RunEnding } from '../../../src/egress/fragment.ts';
import { parseStreamId } from '../../../src/streams/stream-id.ts';
import { fakeFfmpeg, type Misbehaviour } from '../../fixtures/fake-ffmpeg.ts';
import { EncodedPublisher } from '../../fixtures/encoded-publisher.ts';
import { NativePlayer } from '../../fixtures/native-peer.ts';
import { HeardRuns, openTapBench } from '../../fixtures/tap.ts';

const show = parseStreamId('show');
const patience = { interval: 50 };

/** A state that is soon over may not be seen; the one after it is. */
const atLeast = (least: number) => expect.toSatisfy((value: number) => value >= least) as number;
const text = (pattern: RegExp) => expect.stringMatching(pattern) as string;

const faults: readonly (readonly [Misbehaviour, RunEnding])[] = [
  ['never-binds', { cause: 'stalled', detail: text(/did not open its ports/) }],
  ['dies', { cause: 'exited', exitCode: 1, detail: 'it was too much for me' }],
  ['stalls', { cause: 'stalled', detail: text(/nothing came out/) }],
  ['ignores-signals', { cause: 'stalled', detail: text(/nothing came out/) }],
  ['floods', { cause: 'stalled', detail: text(/nothing came out/) }],
];

test.for(faults)('an FFmpeg that %s is ended and tried again, and leaves nothing behind', async ([manner, ending]) => {
  await using bench = await openTapBench({ ffmpeg: await fakeFfmpeg(manner) });
  await using _publisher = await EncodedPublisher.open(bench.gateway.whip('show'));
  const endings: RunEnding[] = [];
  bench.supervisor.observer.on('runended', (_streamId, one) => endings.push(one));
  bench.supervisor.hold(show, new HeardRuns(), 'record');
  await expect.poll(() => bench.supervisor.state(show), patience).toMatchObject({ name: 'restarting', attempt: atLeast(2), ending });
  expect(endings.slice(0, 2)).toEqual([ending, ending]);
  await bench.supervisor.close();
  expect(bench.supervisor.taps()).toEqual([]);
  expect(bench.supervisor.leasedPorts).toBe(0);
});

test('a real FFmpeg that stands still is ended, and another one goes on', async () => {
  await using bench = await openTapBench();
  await using _publisher = await EncodedPublisher.open(bench.gateway.whip('show'));
  const reader = new HeardRuns();
  bench.supervisor.hold(show, reader, 'record');
  await expect.poll(() => reader.of('video-0').length, patience).toBeGreaterThan(2);
  process.kill(bench.supervisor.taps()[0]?.pid ?? 0, 'SIGSTOP');
  await expect.poll(() => reader.runs[0]?.ending, patience).toEqual({ cause: 'stalled', detail: text(/nothing comes out/) });
  await expect.poll(() => reader.runs.length === 2 && reader.of('video-0').length > 0, patience).toBe(true);
});

test('without FFmpeg a tap says so, and WHEP works', async () => {
  await using bench = await openTapBench({ ffmpeg: undefined });
  await using _publisher = await EncodedPublisher.open(bench.gateway.whip('show'));
  bench.supervisor.hold(show, new HeardRuns(), 'record');
  await expect.poll(() => bench.supervisor.state(show), patience).toMatchObject({ name: 'failed', ending: { detail: text(/no FFmpeg/) } });
  await using player = await NativePlayer.open(bench.gateway.whep('show'));
  await expect.poll(() => player.videoPackets, patience).toBeGreaterThan(10);
  expect((await bench.supervisor.feasibility(show))?.hls).toEqual({ possible: false, reason: text(/no FFmpeg/) });
});
