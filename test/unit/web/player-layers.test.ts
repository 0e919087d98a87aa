import { expect, test } from 'vitest';
import { readLayers } from '../../../src/web/player-layers.ts';

test('temporal layers are taken together, and sizes come smallest first', () => {
  const data = {
    '1': [
      { rid: 'h', spatialLayerId: 1, temporalLayerId: 0, bitrate: 0, width: 1280, height: 720, active: false },
      { rid: 'l', spatialLayerId: 0, temporalLayerId: 0, bitrate: 50, width: 640, height: 360, active: true },
      { rid: 'l', spatialLayerId: 0, temporalLayerId: 1, bitrate: 90, width: 640, height: 360, active: true, current: true },
    ],
  };
  expect(readLayers(JSON.stringify(data))).toEqual([
    { spatialLayerId: 0, rid: 'l', width: 640, height: 360, bitrate: 90, isActive: true, isCurrent: true },
    { spatialLayerId: 1, rid: 'h', width: 1280, height: 720, bitrate: 0, isActive: false, isCurrent: false },
  ]);
});

test.for(['{}', '[]', 'null', '{"0":{}}', '{"0":[null]}'])('%s of some other server is no reason to stop', (data) => {
  expect(readLayers(data).length).toBeLessThan(2);
});
