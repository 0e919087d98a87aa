import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { startControl } from '../../../src/streams/control-state.ts';
import { controlLayers } from '../../../src/streams/layer-control.ts';
import type { Look } from '../../../src/streams/layer-decision.ts';
import { bitrates, simulateControl, simulateHighest, throttle, type SimulatedViewing } from '../../fixtures/simulated-path.ts';

const layerNames = ['lowest', 'middle', 'highest'] as const;
const seeds = [1, 2, 3] as const;

/** The steps up that were taken back. */
const wrongSteps = ({ steps }: SimulatedViewing) => steps.filter(({ reason }) => reason === 'failed').map(({ atMs }) => atMs);

/** The most that lie within a time. */
const mostWithin = (times: readonly number[], spanMs: number) =>
  Math.max(0, ...times.map((from) => times.filter((atMs) => atMs >= from && atMs < from + spanMs).length));

describe('a throttle', () => {
  const paths = [0, 1, 2].flatMap((layer) =>
    [50, 150, 300, 800].flatMap((queueMs) =>
      [5, 50].map(
        (delayMs) =>
          [`the ${layerNames[layer]} layer, with ${queueMs} ms of queue, ${delayMs} ms away`, { layer, queueMs, delayMs }] as const,
      ),
    ),
  );

  // A queue of 800 ms hides for longer that two steps are needed.
  test.for(paths)('just above %s is found within 5 s', ([, { layer, ...path }]) => {
    const withinMs = path.queueMs > 300 && layer === 0 ? 6500 : 5000;
    const settled = seeds.map((seed) =>
      simulateControl({ seed, durationMs: 18_000, link: throttle(layer, path) }).layerAt(10_000 + withinMs),
    );
    expect(settled).toEqual(seeds.map(() => layer));
  });

  test.for(paths)('just above %s makes nobody flap: one wrong step up a minute at most', ([, { layer, ...path }]) => {
    for (const seed of seeds.slice(1)) {
      const viewing = simulateControl({ seed, durationMs: 130_000, link: throttle(layer, path) });
      expect(mostWithin(wrongSteps(viewing), 60_000)).toBeLessThanOrEqual(1);
    }
  });

  test.for(paths.filter(([, { layer }]) => layer < 2))(
    'just above %s is forgotten 15 s after it ends, however long it was',
    ([, { layer, ...path }]) => {
      for (const [index, untilMs] of [22_000, 75_000].entries()) {
        const link = throttle(layer, { ...path, untilMs });
        const viewing = simulateControl({ seed: index + 1, durationMs: untilMs + 30_000, link });
        expect([15_000, 20_000, 29_000].map((afterMs) => viewing.layerAt(untilMs + afterMs))).toEqual([2, 2, 2]);
      }
    },
  );

  test.for(paths.filter(([, { layer }]) => layer < 2))('just above %s is felt without padding too, and tried out ever less', ([, path]) => {
    const { layer, ...rest } = path;
    const viewing = simulateControl({ seed: 1, durationMs: 200_000, link: throttle(layer, rest) }, { takesPadding: false });
    expect(mostWithin(wrongSteps(viewing), 20_000)).toBeLessThanOrEqual(2);
    const steady = wrongSteps(viewing).filter((atMs) => atMs > 70_000);
    expect(mostWithin(steady, 60_000)).toBeLessThanOrEqual(1);
    const short = simulateControl({ seed: 1, link: throttle(layer, { ...rest, untilMs: 28_000 }) }, { takesPadding: false });
    expect([43_000, 50_000, 59_000].map((atMs) => short.layerAt(atMs))).toEqual([2, 2, 2]);
  });

  test('freezes a viewer far less than the highest layer would', () => {
    for (const seed of seeds) {
      const scenario = { seed, link: throttle(1, { untilMs: 40_000 }) };
      expect(simulateControl(scenario).frozenMs * 4).toBeLessThan(simulateHighest(scenario).frozenMs);
    }
  });

  test('of a publisher that ignores requests for key frames is found with its next ones', () => {
    for (const seed of seeds) {
      const viewing = simulateControl({ seed, gopMs: 2000, obeys: false, durationMs: 16_000, link: throttle(1) });
      expect(viewing.layerAt(15_500)).toBe(1);
    }
  });
});

describe('what is no congestion', () => {
  test('2 % of loss at random, as Wi-Fi has it, moves nobody for five minutes', () => {
    for (const seed of seeds) {
      expect(simulateControl({ seed, durationMs: 300_000, link: [{ fromMs: 0, rate: Infinity, loss: 0.02, jitterMs: 20 }] }).steps).toEqual(
        [],
      );
    }
  });

  test('15 % of loss that no lower layer cures is known as such, and the highest layer comes back', () => {
    for (const seed of seeds) {
      const viewing = simulateControl({ seed, durationMs: 90_000, link: [{ fromMs: 0, rate: Infinity, loss: 0.15, jitterMs: 20 }] });
      const seconds = Array.from({ length: 60 }, (_, second) => viewing.layerAt(30_000 + second * 1000));
      expect(seconds.filter((layer) => layer === 2).length).toBeGreaterThan(40);
    }
  });

  test('a way that becomes 180 ms longer is known as such', () => {
    const link = [
      { fromMs: 0, rate: Infinity, delayMs: 10 },
      { fromMs: 10_000, rate: Infinity, delayMs: 100 },
    ];
    for (const seed of seeds) expect(simulateControl({ seed, link }).layerAt(35_000)).toBe(2);
  });

  test('key frames every 2 s at a link with a little to spare are only bursts', () => {
    for (const seed of seeds) {
      expect(simulateControl({ seed, gopMs: 2000, durationMs: 120_000, link: throttle(2, { margin: 1.3, queueMs: 600 }) }).steps).toEqual(
        [],
      );
    }
  });
});

test('a queue that grows makes it go down before anything is lost', () => {
  for (const seed of seeds) {
    const { steps } = simulateControl({ seed, durationMs: 16_000, link: throttle(1, { queueMs: 3000 }) });
    expect(steps[0]).toMatchObject({ bound: 1, reason: 'delay' });
  }
});

test('without padding steps up that fail are made at ever greater intervals', () => {
  const times = wrongSteps(simulateControl({ durationMs: 300_000, link: throttle(1) }, { takesPadding: false }));
  const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0));
  expect(gaps.length).toBeGreaterThanOrEqual(4);
  for (const [index, gap] of gaps.entries()) expect(gap).toBeGreaterThanOrEqual(Math.min(64_000, 12_000 * 2 ** index));
});

const reading = {
  packets: fc.nat(300),
  bytes: fc.nat(400_000),
  retransmitted: fc.nat(500),
  lost: fc.integer({ min: -20, max: 300 }),
  roundTripMs: fc.option(fc.double({ min: 0.1, max: 3000, noNaN: true }), { nil: undefined }),
  jitterMs: fc.option(fc.double({ min: 0, max: 500, noNaN: true }), { nil: undefined }),
};

/** Anything that may ever be read, in any order: totals grow, apart from `lost`. */
const looks = fc.array(
  fc.record({
    ...reading,
    afterMs: fc.integer({ min: 1, max: 5000 }),
    sent: fc.integer({ min: -1, max: 2 }),
    ceiling: fc.nat(2),
    takesPadding: fc.boolean(),
    rate: fc.nat(2_000_000),
  }),
  { maxLength: 80 },
);

test('whatever is read, it keeps to the ladder, moves up only from calm, one step at a time without padding, and looks again soon', () => {
  fc.assert(
    fc.property(looks, (entries) => {
      let state = startControl(bitrates.length - 1);
      let total = { atMs: 0, packets: 0, bytes: 0, retransmitted: 0, lost: 0 };
      for (const { afterMs, sent, ceiling, takesPadding, rate, roundTripMs, jitterMs, ...added } of entries) {
        total = {
          atMs: total.atMs + afterMs,
          packets: total.packets + added.packets,
          bytes: total.bytes + added.bytes,
          retransmitted: total.retransmitted + added.retransmitted,
          lost: Math.max(0, total.lost + added.lost),
        };
        const ladder = [0.1, 0.4, 1].map((share, spatialLayer) => ({ spatialLayer, temporalLayer: 7, bitrate: rate * share }));
        const look: Look = { reading: { ...total, roundTripMs, jitterMs }, ladder, ceiling, sent, takesPadding };
        const before = state;
        const { state: next, decision } = controlLayers(before, look);
        state = next;
        expect(decision.bound).toBe(state.bound);
        expect(decision.bound).toBeGreaterThanOrEqual(0);
        expect(decision.bound).toBeLessThanOrEqual(2);
        if (decision.reason === 'probe') {
          expect(before.calmSinceMs).toEqual(expect.any(Number));
          if (before.probe === undefined) expect(decision.bound).toBe(before.bound + 1);
          else expect(decision.bound).toBeLessThanOrEqual(ceiling);
        } else expect(decision.bound).toBeLessThanOrEqual(before.bound);
        if (before.probe === undefined)
          expect(decision.reason === undefined).toBe(decision.bound === before.bound && decision.drainMs === 0);
        else expect(decision.reason === undefined).toBe(decision.bound === before.bound);
        expect(decision.padding).toBeGreaterThanOrEqual(0);
        if (!takesPadding && before.probe === undefined) expect(decision.padding).toBe(0);
        expect(state.probe === undefined ? [500, 1000] : [250]).toContain(decision.nextLookMs);
        expect([0, ...Array.from({ length: 301 }, (_, index) => 300 + index)]).toContain(Math.ceil(decision.drainMs));
      }
    }),
    { numRuns: 300 },
  );
});

test('the same history gives the same decision', () => {
  const scenario = { seed: 7, link: throttle(0, { untilMs: 30_000 }) };
  expect(simulateControl(scenario).steps).toEqual(simulateControl(scenario).steps);
});

test('any throttle between the layers is left behind and ends at a layer that it carries', () => {
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.nat(10_000),
        layer: fc.nat(1),
        margin: fc.double({ min: 1.25, max: 1.6, noNaN: true }),
        queueMs: fc.integer({ min: 60, max: 800 }),
        delayMs: fc.integer({ min: 1, max: 100 }),
      }),
      ({ seed, layer, margin, queueMs, delayMs }) => {
        const viewing = simulateControl({ seed, durationMs: 17_500, link: throttle(layer, { margin, queueMs, delayMs }) });
        expect(viewing.layerAt(17_400)).toBeLessThanOrEqual(layer + 1);
        expect(viewing.steps[0]?.atMs).toBeLessThan(16_000);
      },
    ),
    { numRuns: 40 },
  );
});
