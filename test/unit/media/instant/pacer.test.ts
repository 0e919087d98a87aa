import { expect, test } from 'vitest';
import { laterReplayRate, Pacer, replayRate } from '../../../../src/media/instant/pacer.ts';

test.for([
  [500_000, 6_000_000],
  [2_000_000, 8_000_000],
  [10_000_000, 20_000_000],
] as const)('a stream of %i bit/s is replayed at %i bit/s', ([stream, rate]) => {
  expect(replayRate(stream)).toBe(rate);
});

test.for([
  ['as fast as at first, for a slower stream too', 100_000, undefined, 400_000],
  ['not endlessly slow', 20_000, undefined, 300_000],
  ['as the network carries', 500_000, 1_200_000, 1_200_000],
  ['a little faster than it was sent, whatever the network carries', 500_000, 200_000, 600_000],
] as const)('another encoding is replayed %s', ([, stream, estimate, rate]) => {
  expect(laterReplayRate(stream, estimate)).toBe(rate);
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
