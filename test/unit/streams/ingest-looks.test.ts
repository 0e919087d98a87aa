import { expect, test } from 'vitest';
import type { VideoObservation } from '../../../src/streams/ingest-health.ts';
import { wantsGlance, wantsMeasurement } from '../../../src/streams/ingest-looks.ts';

const nowMs = 100_000;

const video = (keyFrames: readonly number[], requests: readonly number[] = [], packets = 1000): VideoObservation => ({
  codec: 'VP8',
  samples: [{ atMs: nowMs, packets, lost: 0 }],
  glances: [],
  pictures: [],
  keyFrames: keyFrames.map((ageMs) => nowMs - ageMs),
  requests: requests.map((ageMs) => nowMs - ageMs),
});

test.for<[name: string, observed: VideoObservation, lastAgeMs: number | undefined, unchanged: number, wanted: boolean]>([
  ['never measured', video([100]), undefined, 0, true],
  ['never measured, and nothing arrives', video([], [], 0), undefined, 0, false],
  ['a key frame by itself since', video([3000]), 6000, 0, true],
  ['a key frame by itself since, but it was measured a moment ago', video([1000]), 3000, 0, false],
  ['a key frame by itself since, after several that told nothing new', video([3000]), 6000, 3, false],
  ['key frames at regular times, measured a minute ago', video([1000, 3000, 5000]), 60_000, 9, true],
  ['only key frames that were asked for since', video([3000], [3200]), 6000, 0, false],
  ['no key frame for 5 s, never asked', video([5000]), 5000, 0, true],
  ['no key frame since, and it obeyed before', video([90_000, 60_000], [90_300, 60_300]), 60_000, 0, false],
  ['no key frame for 5 s, after one that may have come by chance', video([6000, 5000], [5100]), 5000, 0, true],
  ['no key frame for 5 s, asked in vain once', video([20_000], [8000]), 8000, 0, true],
  ['no key frame for 5 s, asked in vain three times', video([60_000], [30_000, 20_000, 10_000]), 10_000, 0, false],
  ['no key frame for 5 s, after two that may have come by chance', video([20_000, 17_000], [20_100, 17_100, 8000]), 8000, 0, true],
])('%s', ([, observed, lastAgeMs, unchanged, wanted]) => {
  const lastMs = lastAgeMs === undefined ? undefined : nowMs - lastAgeMs;
  expect(wantsMeasurement(observed, { lastMs, unchanged }, nowMs)).toBe(wanted);
});

test('packets are glanced at once and then every 30 s', () => {
  expect([undefined, nowMs - 29_000, nowMs - 30_000].map((lastMs) => wantsGlance(lastMs, nowMs))).toEqual([true, false, true]);
});
