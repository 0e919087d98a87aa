import { expect, test } from 'vitest';
import { Pacer, replayRate } from '../../../../src/media/instant/pacer.ts';

test.for([
  [500_000, 6_000_000],
  [2_000_000, 8_000_000],
  [10_000_000, 20_000_000],
] as const)('a stream of %i bit/s is replayed at %i bit/s', ([stream, rate]) => {
  expect(replayRate(stream)).toBe(rate);
});

test('lets packets go at its rate', () => {
  const pacer = new Pacer(8_000_000, 0);
  let sent = 0;
  for (let nowMs = 0; nowMs < 100; nowMs += 1) while (pacer.admits(1000, nowMs)) sent += 1;
  expect(sent).toBe(100);
});

test('makes up for a timer that is a little late, but not for one that is very late', () => {
  const pacer = new Pacer(8_000_000, 0);
  const sentAt = (nowMs: number): number => {
    let sent = 0;
    while (pacer.admits(1000, nowMs)) sent += 1;
    return sent;
  };
  expect([sentAt(0), sentAt(5), sentAt(500)]).toEqual([1, 5, 11]);
});
