import { expect, test } from 'vitest';
import { parseStreamId } from '../../../src/streams/stream-id.ts';
import { EncodedPublisher } from '../../fixtures/encoded-publisher.ts';
import { HeardRuns, openTapBench } from '../../fixtures/tap.ts';

const show = parseStreamId('show');
const patience = { timeout: 15_000, interval: 50 };

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
  for (const last of [video.at(-1), audio.at(-1)]) {
    expect(Math.abs(Date.now() - startedAt - ((last?.startMs ?? 0) + (last?.durationMs ?? 0)))).toBeLessThan(1_500);
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
