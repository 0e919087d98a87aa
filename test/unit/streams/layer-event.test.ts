import { expect, test } from 'vitest';
import { describeLayers } from '../../../src/streams/layer-event.ts';

test('every temporal layer of every size has an entry, and the one that is sent is marked', () => {
  const layers = [
    { rid: 'q', spatialLayer: 0, width: 320, height: 180, bitrates: [50, 100], isActive: true },
    { rid: 'f', spatialLayer: 1, width: undefined, height: undefined, bitrates: [0], isActive: false },
  ];
  expect(describeLayers(layers, { spatialLayer: 0, temporalLayer: 2 })).toEqual([
    { rid: 'q', spatialLayerId: 0, temporalLayerId: 0, bitrate: 50, width: 320, height: 180, active: true },
    { rid: 'q', spatialLayerId: 0, temporalLayerId: 1, bitrate: 100, width: 320, height: 180, active: true, current: true },
    { rid: 'f', spatialLayerId: 1, temporalLayerId: 0, bitrate: 0, active: false },
  ]);
});

test('SVC has no rids, and without layers nothing is marked', () => {
  const layers = [{ rid: undefined, spatialLayer: 0, width: 320, height: 180, bitrates: [50], isActive: true }];
  expect(describeLayers(layers, undefined)).toEqual([
    { spatialLayerId: 0, temporalLayerId: 0, bitrate: 50, width: 320, height: 180, active: true },
  ]);
});
