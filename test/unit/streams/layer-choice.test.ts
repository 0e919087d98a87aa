import { expect, test } from 'vitest';
import { chooseLayers, refusalOf, type LayerWish } from '../../../src/streams/layer-choice.ts';
import type { VideoLayer } from '../../../src/streams/video-layers.ts';

const layers: readonly VideoLayer[] = [
  { rid: 'q', spatialLayer: 0, width: 320, height: 180, bitrates: [50, 80, 100], isActive: true },
  { rid: 'h', spatialLayer: 1, width: 640, height: 360, bitrates: [200, 300, 400], isActive: true },
  { rid: 'f', spatialLayer: 2, width: 1280, height: 720, bitrates: [0, 0, 0], isActive: false },
];

const unmeasured = layers.map((layer) => ({ ...layer, width: undefined, height: undefined }));

/** In short: spatial, then temporal; `*` stands for whatever there is. */
function brief({ spatialLayer, temporalLayer }: { spatialLayer: number; temporalLayer: number }): string {
  return [spatialLayer, temporalLayer].map((index) => (index === 7 ? '*' : index)).join('.');
}

const bound = { spatialLayer: 1, temporalLayer: 1 };

test.for<readonly [string, LayerWish, string, string]>([
  ['no wish', {}, '*.*', '1.1'],
  ['a rid', { rid: 'h' }, '1.*', '1.*'],
  ['a rid above the bound', { rid: 'f' }, '2.*', '2.*'],
  ['a rid with a temporal layer', { rid: 'q', temporalLayerId: 0 }, '0.0', '0.0'],
  ['a place', { spatialLayerId: 2 }, '2.*', '2.*'],
  ['a place and its rid', { spatialLayerId: 0, rid: 'q' }, '0.*', '0.*'],
  ['a temporal layer alone', { temporalLayerId: 1 }, '*.1', '1.1'],
  ['a lower temporal layer alone', { temporalLayerId: 0 }, '*.0', '1.0'],
  ['at most a place', { maxSpatialLayerId: 1 }, '1.*', '1.1'],
  ['at most a place below the bound', { maxSpatialLayerId: 0 }, '0.*', '0.*'],
  ['at most a temporal layer', { maxTemporalLayerId: 1 }, '*.1', '1.1'],
  ['at most a width that a layer has', { maxWidth: 640 }, '1.*', '1.1'],
  ['at most a width between two', { maxWidth: 1000 }, '1.*', '1.1'],
  ['at most a height', { maxHeight: 300 }, '0.*', '0.*'],
  ['at most a width and a height', { maxWidth: 2000, maxHeight: 360 }, '1.*', '1.1'],
  ['at most a width below the smallest', { maxWidth: 100 }, '0.*', '0.*'],
  ['at most a width that all keep to', { maxWidth: 4000 }, '*.*', '1.1'],
  ['several maxima', { maxSpatialLayerId: 1, maxWidth: 320, maxTemporalLayerId: 1 }, '0.1', '0.1'],
  ['a rid that is not there any more', { rid: 'gone' }, '*.*', '1.1'],
])('%s, without and with a bound', ([, wish, free, bounded]) => {
  expect(brief(chooseLayers(layers, wish))).toBe(free);
  expect(brief(chooseLayers(layers, wish, bound))).toBe(bounded);
});

test('a size that is not known yet keeps to every maximum', () => {
  expect(brief(chooseLayers(unmeasured, { maxWidth: 320 }))).toBe('*.*');
});

test.for<readonly [string, LayerWish, boolean]>([
  ['a rid', { rid: 'h' }, true],
  ['a rid that does not arrive at present', { rid: 'f' }, true],
  ['an unknown rid', { rid: 'x' }, false],
  ['a place', { spatialLayerId: 2 }, true],
  ['a place above all', { spatialLayerId: 3 }, false],
  ['a rid with the place of another', { rid: 'h', spatialLayerId: 0 }, false],
  ['a temporal layer', { temporalLayerId: 2 }, true],
  ['a temporal layer above all', { temporalLayerId: 3 }, false],
  ['maxima above and below all', { maxSpatialLayerId: 9, maxTemporalLayerId: 9, maxWidth: 1, maxHeight: 9999 }, true],
  ['no wish', {}, true],
])('whether it can be had: %s', ([, wish, expected]) => {
  expect(refusalOf(layers, wish) === undefined).toBe(expected);
});
