import { expect, test } from 'vitest';
import { summariseGlance } from '../../../src/streams/glance.ts';

/** Packets of frames in the order in which they are sent, 30 a second, by their place in the order of display. */
const frames = (display: readonly number[], { sequence = 0, timestamp = 0, arrivedMs = 0 } = {}) =>
  display.map((place, index) => ({
    ssrc: 1,
    sequence: (sequence + index) % 65_536,
    timestamp: (timestamp + place * 3000) % 2 ** 32,
    arrivedMs: arrivedMs + (index * 1000) / 30,
  }));

test('no packets tell nothing', () => {
  expect(summariseGlance([], 90_000, undefined)).toBeUndefined();
});

test.for([
  ['in order', frames([0, 1, 2, 3, 4, 5]), 0],
  ['over the end of both counters', frames([0, 1, 2, 3, 4, 5], { sequence: 65_533, timestamp: 2 ** 32 - 7000 }), 0],
  ['that arrive out of order', frames([0, 1, 2, 3, 4, 5]).toReversed(), 0],
  ['with B-frames', frames([0, 2, 1, 4, 3, 5]), 2],
] as const)('frames %s', ([, packets, reorders]) => {
  const glance = summariseGlance(packets, 90_000, undefined);
  expect(glance?.reorders).toBe(reorders);
  expect(glance?.framesPerSecond).toBeCloseTo(30, 6);
});

test('packets of one frame make one frame', () => {
  const packets = frames([0, 1, 2]).flatMap((packet) => [packet, packet]);
  expect(summariseGlance(packets, 90_000, undefined)).toMatchObject({ framesPerSecond: 30, reorders: 0 });
});

test('a single frame has no rate', () => {
  expect(summariseGlance(frames([0]), 90_000, undefined)?.framesPerSecond).toBeUndefined();
});

test('the clock counts on from the glance before, over the end of the counter, by the packet that waited least', () => {
  const first = summariseGlance(frames([0], { timestamp: 2 ** 32 - 45_000, arrivedMs: 1000 }), 90_000, undefined);
  const [late, prompt] = [
    { ssrc: 1, sequence: 9, timestamp: 45_000, arrivedMs: 2400 },
    { ssrc: 1, sequence: 10, timestamp: 48_000, arrivedMs: 2034 },
  ];
  const second = summariseGlance([late, prompt], 90_000, first);
  expect(first).toMatchObject({ arrivedMs: 1000, mediaMs: 0 });
  expect(second).toMatchObject({ arrivedMs: 2034, timestamp: 48_000 });
  expect(second?.mediaMs).toBeCloseTo(1033.3, 1);
});
