import { expect, test } from 'vitest';
import { bestOf, noBest, noteBest, renewBest } from '../../../src/streams/path-best.ts';
import { readSigns, type PathReading } from '../../../src/streams/path-signs.ts';

const best = { roundTripMs: 20, jitterMs: 2 };

/** One reading a second; each row: packets and bytes sent, packets sent again and lost in that second, round trip, jitter. */
function history(
  rows: readonly (readonly [packets: number, again: number, lost: number, roundTripMs: number | undefined, jitterMs?: number])[],
) {
  const start: PathReading = { atMs: 0, packets: 0, bytes: 0, retransmitted: 0, lost: 0, roundTripMs: 20, jitterMs: 2 };
  const readings = [start];
  for (const [packets, again, lost, roundTripMs, jitterMs = 2 + readings.length / 100] of rows) {
    const before = readings.at(-1) ?? start;
    readings.push({
      atMs: before.atMs + 1000,
      packets: before.packets + packets,
      bytes: before.bytes + packets * 1000,
      retransmitted: before.retransmitted + again,
      lost: before.lost + lost,
      roundTripMs,
      jitterMs,
    });
  }
  return readSigns({ context: undefined, readings, best });
}

test('of a clean path nothing is told but the rate', () => {
  expect(
    history([
      [100, 0, 0, 20],
      [125, 0, 0, 20],
    ]),
  ).toEqual({
    lossNow: 0,
    lossLately: 0,
    lossShare: 0,
    lossShareLately: 0,
    repairedShare: 0,
    queueMs: 0,
    raisedMs: 0,
    lastingMs: 0,
    standingMs: 0,
    growth: 0,
    rate: 1_000_000,
    toldMs: 2000,
  });
});

test('a loss counts for less than its share, and the less the fewer packets there were', () => {
  const many = history([
    [1000, 0, 0, 20],
    [1000, 0, 200, 20],
  ]);
  const few = history([
    [20, 0, 0, 20],
    [20, 0, 4, 20],
  ]);
  expect([many.lossShare, few.lossShare]).toEqual([0.2, 0.2]);
  expect(many.lossNow).toBeGreaterThan(0.18);
  expect(few.lossNow).toBeLessThan(0.11);
  expect(many.lossLately).toBeLessThan(many.lossNow);
});

test('packets that come late make a loss smaller, never negative', () => {
  expect(
    history([
      [100, 0, 5, 20],
      [100, 0, -5, 20],
    ]),
  ).toMatchObject({ lossNow: 0, lossShare: 0 });
});

test('what was lost before the first report that came since the reading before does not count', () => {
  const of = (atMs: number, lost: number): PathReading => ({
    atMs,
    packets: atMs,
    bytes: atMs,
    retransmitted: 0,
    lost,
    roundTripMs: 20 + lost,
    jitterMs: 2,
  });
  const [context, stale, fresh, next] = [of(0, 10), of(1000, 10), of(2000, 500), of(3000, 500)];
  expect(readSigns({ context, readings: [stale, fresh, next], best })).toMatchObject({ lossNow: 0, lossLately: 0 });
});

test('a queue is what the round trip is longer than at its best; it stands when three reports in a row tell of it', () => {
  expect(
    history([
      [100, 0, 0, 120],
      [100, 0, 0, 220],
    ]),
  ).toMatchObject({ queueMs: 200, raisedMs: 100, standingMs: 0, growth: 100 });
  expect(
    history([
      [100, 0, 0, 120],
      [100, 0, 0, 180],
      [100, 0, 0, 220],
    ]),
  ).toMatchObject({ queueMs: 200, standingMs: 100, growth: 50 });
  expect(
    history([
      [100, 0, 0, 320],
      [100, 0, 0, 20],
      [100, 0, 0, 220],
    ]),
  ).toMatchObject({ queueMs: 200, standingMs: 0, growth: -50 });
});

test('without round trips the jitter tells of queues', () => {
  expect(
    history([
      [100, 0, 0, undefined, 2],
      [100, 0, 0, undefined, 52],
    ]),
  ).toMatchObject({ queueMs: 100 });
});

test('packets sent again are set against those of the last second', () => {
  expect(
    history([
      [100, 0, 0, 20],
      [100, 30, 0, 20],
    ]).repairedShare,
  ).toBe(0.3);
});

test('the best of a path is remembered for half a minute to a minute, or until the path is known to be another one', () => {
  const at = (atMs: number, roundTripMs: number, jitterMs = 1): PathReading => ({
    atMs,
    packets: 0,
    bytes: 0,
    retransmitted: 0,
    lost: 0,
    roundTripMs,
    jitterMs,
  });
  const noted = [at(0, 20), at(10_000, 80), at(35_000, 90)].reduce(noteBest, noBest);
  expect(bestOf(noted)).toEqual({ roundTripMs: 20, jitterMs: 1 });
  expect(bestOf([at(66_000, 85), at(70_000, 95)].reduce(noteBest, noted))).toEqual({ roundTripMs: 85, jitterMs: 1 });
  expect(bestOf(renewBest([at(1, 200), at(2, 180, 3)], 2))).toEqual({ roundTripMs: 180, jitterMs: 1 });
});
