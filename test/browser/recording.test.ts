import { expect } from 'vitest';
import type { Recording } from '../../src/egress/record/recording.ts';
import { browserTest, patience } from '../fixtures/browser-test.ts';
import type { PagePublisher } from '../fixtures/chromium.ts';
import { median } from '../fixtures/flash-and-peep.ts';
import { beepDelays, decodeErrors, probe, readMarks } from '../fixtures/probe.ts';
import { show } from '../fixtures/recording-desk.ts';
import { openStudio, reach, recordingsOf, type Studio } from '../fixtures/studio.ts';

/** Pictures are painted so often, in milliseconds. */
const flashEveryMs = 17;

browserTest('a recording of a browser is in sync from its first second, also when FFmpeg is killed meanwhile', async ({ chromium }) => {
  await using studio = await openStudio({ faststart: true });
  const { bench, desk } = studio;
  await using publisher = await chromium.publish(bench.gateway.whip('show'), { codecs: ['H264'], marks: true });
  await expect.poll(() => bench.gateway.stream('show')?.state, patience).toBe('live');
  const output = desk.recordings.start(show);
  await reachMarks(studio, 1, publisher);
  const endOfFirst = (): number => endOf(recordingsOf(studio)[0]);
  await expect.poll(() => Date.now() - endOfFirst(), patience).toBeLessThan(1_000); // however busy the machine was until now
  const writtenUntil = endOfFirst();
  process.kill(bench.supervisor.taps()[0]?.pid ?? 0, 'SIGKILL');
  await reachMarks(studio, 2, publisher);
  await output.stop();

  const [first, second] = recordingsOf(studio);
  expect([first?.ending?.cause, second?.ending?.cause]).toEqual(['exited', 'stopped']);
  expect(endOf(first)).toBeGreaterThanOrEqual(writtenUntil);
  for (const recording of recordingsOf(studio)) await expectGood(studio, recording, publisher);
});

browserTest('what a browser sends as VP8 is recorded as WebM, also when FFmpeg is killed meanwhile', async ({ chromium }) => {
  await using studio = await openStudio({ faststart: true });
  const { bench, desk } = studio;
  await using publisher = await chromium.publish(bench.gateway.whip('show'), { codecs: ['VP8'], marks: true });
  await expect.poll(() => bench.gateway.stream('show')?.state, patience).toBe('live');
  const output = desk.recordings.start(show);
  await reachMarks(studio, 1, publisher);
  process.kill(bench.supervisor.taps()[0]?.pid ?? 0, 'SIGKILL');
  await reachMarks(studio, 2, publisher);
  await output.stop();
  for (const recording of recordingsOf(studio)) {
    expect(recording).toMatchObject({ container: 'webm', video: { codec: 'vp8', width: 320, height: 180 }, audio: { codec: 'opus' } });
    expect((await probe(desk.recordings.catalogue.fileOf(recording))).format).toContain('webm');
    await expectGood(studio, recording, publisher);
  }
});

/** Waits until some seconds of a part are there, with enough flashes: a machine that stands still leaves some out, or paints them for a moment only. */
async function reachMarks(studio: Studio, part: number, publisher: PagePublisher): Promise<void> {
  await reach(studio, part, 4_500);
  const since = recordingsOf(studio)[part - 1]?.startedAt.getTime() ?? Infinity;
  const inTime = async (): Promise<readonly number[]> =>
    (await publisher.flashes()).filter(({ at, lateMs }) => at > since && lateMs < 80).map(({ at }) => at);
  await expect.poll(async () => (await inTime()).length, patience).toBeGreaterThan(3);
  const fourth = (await inTime())[3] ?? Infinity;
  await expect.poll(() => endOf(recordingsOf(studio)[part - 1]), patience).toBeGreaterThan(fourth);
}

/** Until when there is something of it, on the clock of `Date.now()`. */
function endOf(recording: Recording | undefined): number {
  return (recording?.startedAt.getTime() ?? 0) + (recording?.durationMs ?? 0);
}

/** The file is as long as it is said to be, decodes without a word, begins at 0, and picture and sound fit together throughout. */
async function expectGood({ desk }: Studio, recording: Recording, publisher: PagePublisher): Promise<void> {
  const file = desk.recordings.catalogue.fileOf(recording);
  const { durationSeconds, startSeconds } = await probe(file);
  expect(Math.abs(durationSeconds - recording.durationMs / 1000)).toBeLessThan(0.15);
  expect(Math.abs(startSeconds)).toBeLessThan(0.03);
  expect(await decodeErrors(file)).toBe('');
  const delays = beepDelays(await readMarks(file));
  expect(delays.length).toBeGreaterThan(2);
  // A single flash may be painted late when the machine is busy, so not every beep counts by itself; and if all are, it is not for the gateway to mend.
  const late = Math.max(0, median((await publisher.flashes()).map(({ lateMs }) => lateMs)) - flashEveryMs);
  expect(Math.abs(median(delays))).toBeLessThanOrEqual(40 + late);
  expect(Math.abs(median(delays.slice(0, 3)))).toBeLessThanOrEqual(50 + late);
}
