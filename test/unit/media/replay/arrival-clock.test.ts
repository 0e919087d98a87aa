import { expect, test } from 'vitest';
import { ArrivalClock } from '../../../../src/media/replay/arrival-clock.ts';

const rate = 90_000;
const first = 2 ** 32 - 45_000;

/** A packet of a stream that began at 0 ms, and how late it is. */
const packet = (atMs: number, lateMs: number) => ({ timestamp: (first + (atMs * rate) / 1000) % 2 ** 32, arrivedMs: atMs + lateMs });

/** How much later than it was sent a stream's first packet would have arrived, by the clock. */
function latenessOf({ moment }: ArrivalClock): number {
  return (moment?.ms ?? Number.NaN) - ((((moment?.timestamp ?? 0) - first) >>> 0) * 1000) / rate;
}

test('nothing is known before the first packet', () => {
  expect(new ArrivalClock(rate).moment).toBeUndefined();
});

test('the quickest packet tells, across a wrap-around', () => {
  const clock = new ArrivalClock(rate);
  for (const [index, lateMs] of [30, 22, 5, 40, 90].entries()) clock.hear(packet(index * 200, lateMs));
  expect(latenessOf(clock)).toBeCloseTo(5);
});

test('a packet that was quick long ago counts no more, because clocks drift', () => {
  const clock = new ArrivalClock(rate);
  clock.hear(packet(0, 1));
  for (let atMs = 1000; atMs <= 9_000; atMs += 1000) clock.hear(packet(atMs, 8));
  expect(latenessOf(clock)).toBeCloseTo(1);
  for (let atMs = 10_000; atMs <= 40_000; atMs += 1000) clock.hear(packet(atMs, 8));
  expect(latenessOf(clock)).toBeCloseTo(8);
});
