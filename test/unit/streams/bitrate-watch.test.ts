import { expect, test } from 'vitest';
import { BitrateWatch } from '../../../src/streams/bitrate-watch.ts';

/** When, in seconds, a sender with these bitrates (bit/s, two seconds each) is found to send too much. */
function caughtAt(limit: number, bitrates: readonly number[]): number | undefined {
  const watch = new BitrateWatch(limit);
  watch.sample(0, 0);
  let bytes = 0;
  const index = bitrates.findIndex((bitrate, period) => {
    bytes += (bitrate / 8) * 2;
    return watch.sample(bytes, (period + 1) * 2_000);
  });
  return index === -1 ? undefined : (index + 1) * 2;
}

test.for([
  ['at its limit', [1, 1, 1, 1, 1, 1, 1, 1], undefined],
  ['a little above it', [1.2, 1.2, 1.2, 1.2, 1.2, 1.2, 1.2], undefined],
  ['far above it', [3, 3, 3, 3, 3, 3], 10],
  ['above it, with a pause', [3, 3, 3, 3, 0.5, 3, 3, 3, 3, 3], 20],
  ['in bursts', [9, 0, 9, 0, 9, 0, 9, 0], undefined],
] as const)('a sender %s is caught or not', ([, megabits, seconds]) => {
  const bitrates = megabits.map((value) => value * 1e6);
  expect(caughtAt(1e6, bitrates)).toBe(seconds);
});

test('counters that start again are no bitrate', () => {
  const watch = new BitrateWatch(1);
  expect([watch.sample(1_000, 0), watch.sample(0, 20_000), watch.sample(0, 20_000)]).toEqual([false, false, false]);
});
