import { expect, test } from 'vitest';
import { ceilingOf, ladderOf, placeOf } from '../../../src/streams/layer-ladder.ts';
import type { VideoLayer } from '../../../src/streams/video-layers.ts';

const layer = (spatialLayer: number, ...bitrates: number[]): VideoLayer => ({
  rid: String(spatialLayer),
  spatialLayer,
  width: 320 * 2 ** spatialLayer,
  height: 180 * 2 ** spatialLayer,
  bitrates,
  isActive: (bitrates.at(-1) ?? 0) > 0,
});

const simulcast = [layer(0, 50, 80, 100), layer(1, 200, 300, 400), layer(2, 800, 1200, 1600)];
const ladder = ladderOf(simulcast);

test('a ladder has every size whole, and below the smallest its fewer frames', () => {
  expect(ladder).toEqual([
    { spatialLayer: 0, temporalLayer: 0, bitrate: 50 },
    { spatialLayer: 0, temporalLayer: 1, bitrate: 80 },
    { spatialLayer: 0, temporalLayer: 7, bitrate: 100 },
    { spatialLayer: 1, temporalLayer: 7, bitrate: 400 },
    { spatialLayer: 2, temporalLayer: 7, bitrate: 1600 },
  ]);
  expect(ladderOf([layer(0, 100)])).toEqual([{ spatialLayer: 0, temporalLayer: 7, bitrate: 100 }]);
});

test.for([
  ['nothing', undefined, -1],
  ['the smallest with its fewest frames', { spatialLayer: 0, temporalLayer: 0 }, 0],
  ['the smallest with all frames', { spatialLayer: 0, temporalLayer: 2 }, 2],
  ['a larger one', { spatialLayer: 1, temporalLayer: 2 }, 3],
  ['a larger one with fewer frames', { spatialLayer: 1, temporalLayer: 0 }, 3],
  ['the largest', { spatialLayer: 2, temporalLayer: 2 }, 4],
  ['one above what is known', { spatialLayer: 3, temporalLayer: 0 }, 4],
] as const)('the place of %s', ([, sent, place]) => {
  expect(placeOf(ladder, sent)).toBe(place);
});

test('every step is found at its own place', () => {
  expect(ladder.map((rung) => placeOf(ladder, rung))).toEqual([0, 1, 2, 3, 4]);
});

test.for([
  ['nothing', {}, 4],
  ['at most the middle', { maxSpatialLayerId: 1 }, 3],
  ['at most 400 pixels', { maxWidth: 400 }, 2],
  ['few frames', { temporalLayerId: 0 }, 4],
  ['few frames of the smallest', { maxSpatialLayerId: 0, maxTemporalLayerId: 1 }, 1],
] as const)('who wishes for %s has a ceiling', ([, wish, place]) => {
  expect(ceilingOf(ladder, simulcast, wish)).toBe(place);
});

test('nobody climbs to a layer that does not arrive', () => {
  const layers = [layer(0, 100), layer(1, 400), layer(2, 0)];
  expect(ceilingOf(ladderOf(layers), layers, {})).toBe(1);
  expect(ceilingOf(ladderOf([layer(0, 0)]), [layer(0, 0)], {})).toBe(0);
});
