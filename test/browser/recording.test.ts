import { expect } from 'vitest';
import type { Recording } from '../../src/egress/record/recording.ts';
import { browserTest, patience } from '../fixtures/browser-test.ts';
import { median } from '../fixtures/flash-and-peep.ts';
import { beepDelays, decodeErrors, probe, readMarks } from '../fixtures/probe.ts';
import { show } from '../fixtures/recording-desk.ts';
import { openStudio, reach, recordingsOf, type Studio } from '../fixtures/studio.ts';

browserTest('a recording of a browser is in sync from its first second, also when FFmpeg is killed meanwhile', async ({ chromium }) => {
  await using studio = await openStudio({ faststart: true });
  const { bench, desk } = studio;
  await chromium.publish(bench.gateway.whip('show'), { codecs: ['H264'], marks: true });
  await expect.poll(() => bench.gateway.stream('show')?.state, patience).toBe('live');
  const output = desk.recordings.start(show);
  await reach(studio, 1, 4_500);
  process.kill(bench.supervisor.taps()[0]?.pid ?? 0, 'SIGKILL');
  const killedAt = Date.now();
  await reach(studio, 2, 4_500);
  await output.stop();

  const [first, second] = recordingsOf(studio);
  expect([first?.ending?.cause, second?.ending?.cause]).toEqual(['exited', 'stopped']);
  expect((first?.startedAt.getTime() ?? 0) + (first?.durationMs ?? 0)).toBeGreaterThan(killedAt - 1_000);
  for (const recording of recordingsOf(studio)) await expectGood(studio, recording);
});

browserTest('what a browser sends as VP8 is recorded as WebM, also when FFmpeg is killed meanwhile', async ({ chromium }) => {
  await using studio = await openStudio({ faststart: true });
  const { bench, desk } = studio;
  await chromium.publish(bench.gateway.whip('show'), { codecs: ['VP8'], marks: true });
  await expect.poll(() => bench.gateway.stream('show')?.state, patience).toBe('live');
  const output = desk.recordings.start(show);
  await reach(studio, 1, 4_500);
  process.kill(bench.supervisor.taps()[0]?.pid ?? 0, 'SIGKILL');
  await reach(studio, 2, 4_500);
  await output.stop();
  for (const recording of recordingsOf(studio)) {
    expect(recording).toMatchObject({ container: 'webm', video: { codec: 'vp8', width: 320, height: 180 }, audio: { codec: 'opus' } });
    expect((await probe(desk.recordings.catalogue.fileOf(recording))).format).toContain('webm');
    await expectGood(studio, recording);
  }
});

/** The file is as long as it is said to be, decodes without a word, begins at 0, and picture and sound fit together throughout. */
async function expectGood({ desk }: Studio, recording: Recording): Promise<void> {
  const file = desk.recordings.catalogue.fileOf(recording);
  const { durationSeconds, startSeconds } = await probe(file);
  expect(Math.abs(durationSeconds - recording.durationMs / 1000)).toBeLessThan(0.15);
  expect(Math.abs(startSeconds)).toBeLessThan(0.03);
  expect(await decodeErrors(file)).toBe('');
  const delays = beepDelays(await readMarks(file));
  expect(delays.length).toBeGreaterThan(2);
  // A single flash may be painted late when the machine is busy, so not every beep counts by itself.
  expect(Math.abs(median(delays))).toBeLessThanOrEqual(40);
  expect(Math.abs(median(delays.slice(0, 3)))).toBeLessThanOrEqual(50);
}
