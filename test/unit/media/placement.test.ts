import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LoadMeter } from '../../../src/media/load-meter.ts';
import { byCpu, headroom, type Presence, sessionShare, type ViewerPlace } from '../../../src/media/placement.ts';

const costs = { viewerShare: 0.01, spreadAbove: 0.7 };

/** Workers with ids 0, 1, … as they are written: share, presence, sessions. */
function places(...written: readonly (readonly [share: number, presence: Presence, sessions?: number])[]): ViewerPlace[] {
  return written.map(([share, presence, sessions = 0], id) => ({ id, share, presence, sessions }));
}

test.for([
  ['where it is served, though others idle', places([0.6, 'serves'], [0, 'none'], [0, 'near']), 0],
  ['to the idler of two that serve it', places([0.6, 'serves'], [0.3, 'serves'], [0, 'none']), 1],
  ['where the stream is, when it is served nowhere', places([0.1, 'none'], [0.3, 'near'], [0, 'none']), 1],
  ['to another one that serves it, when one is too busy', places([0.7, 'serves'], [0.65, 'serves'], [0, 'none']), 1],
  ['where the stream is, when all that serve it are too busy', places([0.7, 'serves'], [0.5, 'near'], [0, 'none']), 1],
  ['to the idlest worker, when the stream’s own are too busy', places([0.7, 'serves'], [0.69, 'near'], [0.3, 'none'], [0.2, 'none']), 3],
  ['nowhere new, when the pipe would be too much', places([0.7, 'serves'], [0.69, 'none']), 0],
  ['to the least busy, when all are', places([0.95, 'serves'], [0.9, 'none']), 1],
  ['to the one with fewer sessions, when they are equally busy', places([0.101, 'serves', 9], [0.099, 'serves', 10]), 0],
  ['to the first, when they are alike', places([0, 'none'], [0, 'none']), 0],
] as const)('a viewer goes %s', ([, workers, expected]) => {
  expect(byCpu.viewer(workers, costs)?.id).toBe(expected);
});

test('spreading above 0 % goes by CPU alone, and counts the pipe', () => {
  const atOnce = { viewerShare: 0.01, spreadAbove: 0 };
  expect(byCpu.viewer(places([0.02, 'serves'], [0, 'none']), atOnce)?.id).toBe(1);
  expect(byCpu.viewer(places([0.01, 'serves'], [0, 'none']), atOnce)?.id).toBe(0);
});

test('a publisher goes to the idlest worker, and without workers nobody goes anywhere', () => {
  expect(byCpu.publisher(places([0.5, 'none'], [0.2, 'none'], [0.4, 'none']))?.id).toBe(1);
  expect(byCpu.publisher(places([0.004, 'none', 3], [0, 'none', 1]))?.id).toBe(1);
  expect(byCpu.publisher([])).toBeUndefined();
  expect(byCpu.viewer([], costs)).toBeUndefined();
});

const share = fc.double({ min: 0, max: 1, noNaN: true });
const presence = fc.constantFrom<Presence>('serves', 'near', 'none');
const anyPlaces = fc.array(fc.tuple(share, presence, fc.nat(1000)), { minLength: 1, maxLength: 16 }).map((written) => places(...written));
const anyCosts = fc.record({ viewerShare: fc.double({ min: 0.0005, max: 0.05, noNaN: true }), spreadAbove: share });

test('a viewer leaves the workers that serve its stream only when none of them has room', () => {
  fc.assert(
    fc.property(anyPlaces, anyCosts, (workers, cost) => {
      const chosen = byCpu.viewer(workers, cost);
      const roomy = workers.filter((worker) => worker.presence === 'serves' && worker.share + cost.viewerShare <= cost.spreadAbove);
      if (roomy.length > 0) expect(roomy).toContain(chosen);
      expect(workers).toContain(chosen);
    }),
  );
});

test('the order in which workers are listed does not count', () => {
  fc.assert(
    fc.property(anyPlaces, anyCosts, (workers, cost) => {
      expect(byCpu.viewer(workers.toReversed(), cost)?.id).toBe(byCpu.viewer(workers, cost)?.id);
      expect(byCpu.publisher(workers.toReversed())?.id).toBe(byCpu.publisher(workers)?.id);
    }),
  );
});

/** Joins one stream many times between two measurements; gives what each worker is expected to use then. */
function burst(
  workers: number,
  viewers: number,
  { viewerShare, spreadAbove }: typeof costs,
): readonly { share: number; viewers: number }[] {
  const meters = Array.from({ length: workers }, () => new LoadMeter(0, 0));
  const piped = new Set<number>();
  for (let joined = 0; joined < viewers; joined += 1) {
    const candidates = meters.map(({ share: used, sessions }, id) => ({
      ...{ id, share: used, sessions },
      presence: id === 0 || piped.has(id) ? ('serves' as const) : ('none' as const),
    }));
    const chosen = byCpu.viewer(candidates, { viewerShare, spreadAbove });
    if (chosen === undefined) throw new TypeError('there are workers');
    piped.add(chosen.id);
    meters[chosen.id]?.place('viewer', viewerShare);
  }
  return meters.map((meter) => ({ share: meter.share, viewers: meter.viewers }));
}

test('a burst of joins fills one worker after the other, each up to where it spreads', () => {
  const binary = { viewerShare: 1 / 128, spreadAbove: 0.75 };
  expect(burst(3, 160, binary).map(({ viewers }) => viewers)).toEqual([96, 64, 0]);
});

test('a burst never overfills one worker while another one has room, and then grows evenly', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 0, max: 600 }), anyCosts, (workers, viewers, cost) => {
      const shares = burst(workers, viewers, cost).map(({ share: used }) => used);
      const [most, least] = [Math.max(...shares), Math.min(...shares)];
      // A worker that is not on the way of the stream yet must also have room for the pipe; whole percents are what is told apart.
      const hasRoom = least + 2 * cost.viewerShare <= cost.spreadAbove;
      expect(most).toBeLessThanOrEqual(hasRoom ? cost.spreadAbove + 1e-9 : Math.max(cost.spreadAbove, least + 3 * cost.viewerShare + 0.02));
    }),
  );
});

test('what a session costs is assumed at first, and measured once there are many', () => {
  expect(sessionShare([])).toBeCloseTo(1 / 400);
  expect(sessionShare([{ measured: 0.5, settled: 100 }])).toBeCloseTo(0.55 / 120);
  expect(
    sessionShare([
      { measured: 0.6, settled: 1000 },
      { measured: 0.2, settled: 1000 },
    ]),
  ).toBeCloseTo(0.85 / 2020);
  expect(sessionShare([{ measured: 0, settled: 100_000 }])).toBe(1 / 4000);
});

test('headroom is what fits below the share at which packets are lost', () => {
  expect(headroom({ share: 0.3 }, 0.01)).toBe(50);
  expect(headroom({ share: 0.805 }, 0.01)).toBe(0);
});
