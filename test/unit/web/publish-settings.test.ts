import { expect, test } from 'vitest';
import { layersOf } from '../../../src/web/publish-settings.ts';

test.for([
  ['one quality', { codec: 'VP9', layered: false, mode: 'L3T3' }, { simulcast: false, scalabilityMode: undefined }],
  ['several with a codec for simulcast', { codec: 'H264', layered: true, mode: '' }, { simulcast: true, scalabilityMode: undefined }],
  ['several with any codec', { codec: undefined, layered: true, mode: '' }, { simulcast: true, scalabilityMode: undefined }],
  ['several with a codec for layers', { codec: 'VP9', layered: true, mode: '' }, { simulcast: false, scalabilityMode: 'L3T3_KEY' }],
  ['several in a mode', { codec: 'AV1', layered: true, mode: 'L2T3' }, { simulcast: false, scalabilityMode: 'L2T3' }],
] as const)('%s', ([, settings, expected]) => {
  expect(layersOf(settings)).toEqual(expected);
});
