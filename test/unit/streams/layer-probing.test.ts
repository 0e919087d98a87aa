import { expect, test } from 'vitest';
import { startControl, type ControlState } from '../../../src/streams/control-state.ts';
import { controlLayers } from '../../../src/streams/layer-control.ts';
import type { Decision, Look } from '../../../src/streams/layer-decision.ts';

const bitrates = [100_000, 300_000, 900_000];

interface Quarter {
  readonly sent?: number;
  readonly bitrates?: readonly number[];
  /** In milliseconds, beyond the usual 20. */
  readonly queueMs?: number;
  readonly estimate?: number;
}

/** Looks four times a second at a viewer that takes padding; `of` tells what is seen. Gives each decision. */
function watch(seconds: number, state: ControlState, of: (second: number, decided: Decision | undefined) => Quarter) {
  let present = state;
  let last: Decision | undefined;
  const decisions: (Decision & { readonly second: number })[] = [];
  for (let quarter = 4; quarter <= 4 * seconds; quarter += 1) {
    const second = quarter / 4;
    const { sent = present.bound, bitrates: rates = bitrates, queueMs = 0, estimate } = of(second, last);
    const look: Look = {
      reading: {
        atMs: second * 1000,
        packets: quarter * 25,
        bytes: quarter * 25_000,
        retransmitted: 0,
        lost: 0,
        roundTripMs: 20 + queueMs + second / 1000,
        jitterMs: 2,
      },
      ladder: rates.map((bitrate, spatialLayer) => ({ spatialLayer, temporalLayer: 7, bitrate })),
      ceiling: rates.findLastIndex((bitrate) => bitrate > 0),
      sent,
      takesPadding: true,
      estimate,
    };
    const outcome = controlLayers(present, look);
    present = outcome.state;
    last = outcome.decision;
    decisions.push({ ...last, second });
  }
  return decisions;
}

const paddingsOf = (decisions: readonly Decision[]) => decisions.map(({ padding }) => padding).filter((padding) => padding > 0);

test('who gets the highest layer is sent no padding', () => {
  expect(paddingsOf(watch(30, startControl(2), () => ({})))).toEqual([]);
});

test('from the lowest layer it climbs to the highest at once, when the path carries that', () => {
  const climbs = watch(20, startControl(0), () => ({})).filter(({ reason }) => reason === 'probe');
  expect(climbs.map(({ bound }) => bound)).toEqual([2]);
  expect(climbs[0]?.second).toBeLessThan(15);
});

test('where padding fills the queue, it climbs to what was carried; padding ends at once, and comes again', () => {
  const decisions = watch(40, startControl(0), (_second, decided) => ({ queueMs: (decided?.padding ?? 0) > 500_000 ? 150 : 0 }));
  expect(decisions.find(({ reason }) => reason === 'probe')?.bound).toBe(1);
  const probes = decisions.filter(({ padding }, index) => padding > 0 && decisions[index - 1]?.padding === 0);
  expect(probes.length).toBeGreaterThan(2);
});

test('a layer that does not arrive is neither probed from nor climbed to', () => {
  expect(paddingsOf(watch(30, startControl(0), () => ({ bitrates: [0, 300_000, 900_000] })))).toEqual([]);
  const decisions = watch(30, startControl(0), (_second, decided) => ({
    bitrates: [100_000, 0, 900_000],
    queueMs: (decided?.padding ?? 0) > 500_000 ? 150 : 0,
  }));
  expect(decisions.map(({ bound }) => bound)).not.toContain(1);
});

test('an estimate that holds a viewer down is given time to rise by itself', () => {
  const decisions = watch(20, startControl(2), () => ({ sent: 1, estimate: 400_000 }));
  const first = decisions.find(({ padding }) => padding > 0);
  expect(first?.second).toBeGreaterThan(6);
  expect(first?.bound).toBe(2);
});

test('no padding is sent on top of a queue that the last report told of: if the next one does too, the layer is left', () => {
  const calm = watch(20, startControl(1), () => ({}));
  const beginsAt = calm.find(({ padding }) => padding > 0)?.second ?? Infinity;
  const throttled = watch(20, startControl(1), (second, decided) => ({ queueMs: second >= beginsAt && decided?.bound === 1 ? 300 : 0 }));
  const left = throttled.find(({ bound }) => bound === 0);
  expect(left).toMatchObject({ reason: 'delay' });
  expect((left?.second ?? Infinity) - beginsAt).toBeLessThan(1);
  expect(paddingsOf(throttled.filter(({ second }) => second <= (left?.second ?? 0)))).toEqual([]);
});
