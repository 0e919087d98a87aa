import { describe, expect, test } from 'vitest';
import { goOn, limitAfter, startProbe, type PathProbe } from '../../../src/streams/path-probe.ts';
import type { PathSigns } from '../../../src/streams/path-signs.ts';

/** Of a path on which all is well, by a report of just now. */
const well: PathSigns = {
  lossNow: 0,
  lossLately: 0,
  lossShare: 0,
  lossShareLately: 0,
  repairedShare: 0,
  queueMs: 5,
  raisedMs: 0,
  lastingMs: 0,
  standingMs: 0,
  growth: 0,
  rate: 300_000,
  toldMs: 0,
};

const start = { from: 0, noiseMs: 0, atMs: 10_000, carried: 300_000, limit: undefined, wanted: 3_000_000 };

/** Goes on after so much time, with a report of that moment. */
function after(probe: PathProbe, afterMs: number, signs: Partial<PathSigns> = {}) {
  const atMs = probe.sinceMs + afterMs;
  return goOn(probe, { atMs, signs: { ...well, toldMs: atMs, ...signs }, ownLoss: 0, wanted: 3_000_000 });
}

describe('the first step', () => {
  test.for([
    ['a little more than what is sent, where nothing is known', { limit: undefined }, 336_000],
    ['what was not carried last time', { limit: 500_000 }, 500_000],
    ['more than what is sent in any case', { limit: 200_000 }, 315_000],
    ['no more than what is wanted', { limit: 500_000, wanted: 320_000 }, 320_000],
  ] as const)('sends %s', ([, changes, rate]) => {
    expect(startProbe({ ...start, ...changes }).rate).toBeCloseTo(rate, 0);
  });
});

test('each step is bolder than the one before, and the last one sends what is wanted', () => {
  let probe = startProbe(start);
  const rates = [probe.rate];
  for (let steps = 0; steps < 10; steps += 1) {
    const outcome = after(probe, 3000);
    if (outcome.name === 'carried') break;
    if (outcome.name !== 'goes-on') throw new TypeError(outcome.name);
    ({ probe } = outcome);
    rates.push(probe.rate);
  }
  expect(rates.map((rate) => Math.round(rate / 1000))).toEqual([336, 376, 640, 3000]);
  expect(after(probe, 3000)).toEqual({ name: 'carried' });
});

test.for([
  ['before its time', 2000, {}],
  ['while no report tells of it', 3000, { toldMs: 10_300 }],
  ['while something waits in the queue', 3000, { queueMs: 25 }],
] as const)('a step is not passed %s', ([, afterMs, signs]) => {
  const probe = startProbe(start);
  expect(after(probe, afterMs, signs)).toEqual({ name: 'goes-on', probe });
});

test.for([
  ['a long queue', { queueMs: 120 }],
  ['a queue in two reports', { queueMs: 70, raisedMs: 65 }],
  ['losses', { lossNow: 0.12 }],
  ['packets that are asked for again', { repairedShare: 0.3 }],
] as const)('%s: too much', ([, signs]) => {
  expect(after(startProbe(start), 500, signs)).toEqual({ name: 'failed' });
});

test('round trips that are restless by themselves prove nothing, up to a point', () => {
  const restless = startProbe({ ...start, noiseMs: 90 });
  expect(after(restless, 500, { queueMs: 120 }).name).toBe('goes-on');
  expect(after(restless, 3000, { queueMs: 100 })).toMatchObject({ name: 'goes-on', probe: { step: 1 } });
  expect(after(startProbe({ ...start, noiseMs: 500 }), 500, { queueMs: 260 }).name).toBe('failed');
});

test('what a path loses anyway is not too much', () => {
  const probe = startProbe(start);
  const signs = { ...well, toldMs: 11_000, lossNow: 0.2, repairedShare: 0.4 };
  expect(goOn(probe, { atMs: 11_000, signs, ownLoss: 0.15, wanted: 3_000_000 }).name).toBe('goes-on');
});

test('a queue that neither empties nor grows is too much after a while', () => {
  expect(after(startProbe(start), 5500, { queueMs: 50 }).name).toBe('goes-on');
  expect(after(startProbe(start), 6500, { queueMs: 50 }).name).toBe('failed');
});

test('without reports there is nothing to find out', () => {
  expect(after(startProbe(start), 4500, { toldMs: -Infinity })).toEqual({ name: 'unheard' });
});

test('the limit is a little more than what was carried; a first step that was too much comes closer each time', () => {
  const first = startProbe({ ...start, limit: 500_000 });
  expect(limitAfter(first)).toBeCloseTo(470_000, 0);
  expect(limitAfter({ ...first, step: 2, rate: 900_000, carried: 400_000 })).toBeCloseTo(448_000, 0);
});
