import { expect, test } from 'vitest';
import { startControl } from '../../../src/streams/control-state.ts';
import { controlLayers } from '../../../src/streams/layer-control.ts';
import type { Decision } from '../../../src/streams/layer-decision.ts';

const ladder = [150_000, 330_000, 900_000].map((bitrate, spatialLayer) => ({ spatialLayer, temporalLayer: 7, bitrate }));

interface Second {
  /** Lost of 100 packets; default: none. */
  readonly lost?: number;
  /** Default: what was decided. */
  readonly sent?: number;
  readonly estimate?: number | undefined;
}

/** One look a second; `of` tells what was seen in it. Gives each second's decision. */
function decide(seconds: number, of: (second: number) => Second): readonly Decision[] {
  let state = startControl(2);
  let lost = 0;
  return Array.from({ length: seconds }, (_, index) => {
    const second = index + 1;
    const seen = of(second);
    lost += seen.lost ?? 0;
    const reading = {
      atMs: second * 1000,
      packets: second * 100,
      bytes: second * 100_000,
      retransmitted: 0,
      lost,
      roundTripMs: 20 + second / 100,
      jitterMs: 2,
    };
    const { state: next, decision } = controlLayers(state, {
      reading,
      ladder,
      ceiling: 2,
      sent: seen.sent ?? state.bound,
      layers: { spatialLayer: seen.sent ?? state.bound, temporalLayer: 2 },
      estimate: seen.estimate,
    });
    state = next;
    return decision;
  });
}

const secondsOf = (decisions: readonly Decision[], reason: string) =>
  decisions.flatMap((decision, index) => (decision.reason === reason ? [index + 1] : []));

/** A step up that fails in the fourth second after it, so that the next one has to wait for 12 s. */
const failing = (second: number) => ({ lost: second === 5 || second === 14 ? 40 : 0 });

test('without a promise the next try waits for its time', () => {
  const decisions = decide(40, failing);
  expect([secondsOf(decisions, 'loss'), secondsOf(decisions, 'failed'), secondsOf(decisions, 'probe')]).toEqual([[5], [14], [11, 26]]);
});

test('what an estimate promises is tried after a quarter of the time', () => {
  const decisions = decide(40, (second) => ({ ...failing(second), estimate: second > 14 ? 1_500_000 : 400_000 }));
  expect(secondsOf(decisions, 'probe')).toEqual([11, 18]);
});

test('an estimate that is no more than what keeps it up promises nothing', () => {
  const close = decide(40, (second) => ({ ...failing(second), estimate: 1_100_000 }));
  expect(secondsOf(close, 'probe')).toEqual([11, 26]);
});

test('at first an estimate grows by itself, and what it reached is kept from falling once reports have told that it is carried', () => {
  const decisions = decide(6, (second) => ({ sent: second < 3 ? 0 : 2, estimate: 1_000_000 }));
  expect(decisions.map(({ bound, floor, reason }) => [bound, floor, reason])).toEqual([
    [2, undefined, undefined],
    [2, undefined, undefined],
    [2, undefined, undefined],
    [2, undefined, undefined],
    [2, { spatialLayer: 2, temporalLayer: 2 }, undefined],
    [2, { spatialLayer: 2, temporalLayer: 2 }, undefined],
  ]);
});

test('while something is wrong nothing is kept from falling', () => {
  const decisions = decide(12, (second) => ({ lost: second < 7 ? 8 : 0, sent: 2, estimate: 1_000_000 }));
  expect(decisions.slice(2, 7).map(({ floor, reason }) => [floor, reason])).toEqual(
    Array.from({ length: 5 }, () => [undefined, undefined]),
  );
  expect(decisions.at(-1)?.floor).toEqual({ spatialLayer: 2, temporalLayer: 2 });
});

test('an estimate that keeps a viewer low for long without trouble is climbed from', () => {
  const decisions = decide(20, (second) => ({ sent: second < 8 ? 1 : 2, estimate: 350_000 }));
  expect(secondsOf(decisions, 'probe')).toEqual([7]);
  expect(decisions[6]).toMatchObject({ bound: 2, floor: 'bound' });
});

test('after a step down the floor is what was decided, whatever the estimate', () => {
  const decisions = decide(8, (second) => ({ ...failing(second), estimate: 100_000 }));
  expect(decisions.slice(4).map(({ bound, floor }) => [bound, floor])).toEqual(Array.from({ length: 4 }, () => [1, 'bound']));
});

test('where the estimate makes a viewer fall that is not well, it stays there, and its queue empties; a layer that is gone is no fall', () => {
  const falling = (second: number) => ({ lost: second > 1 && second < 6 ? 8 : 0, sent: second < 6 ? 2 : 0, estimate: 300_000 });
  const decisions = decide(7, falling);
  expect(decisions.slice(4).map(({ bound, reason }) => [bound, reason])).toEqual([
    [2, undefined],
    [0, 'delay'],
    [0, undefined],
  ]);
  expect(decisions[5]?.drainMs).toBeGreaterThan(0);
  const vanishing = decide(7, (second) => ({ sent: second < 6 ? 2 : 0, estimate: 300_000 }));
  expect(vanishing.at(-1)?.bound).toBe(2);
});
