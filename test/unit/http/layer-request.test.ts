import { expect, test } from 'vitest';
import { parseLayerRequest } from '../../../src/http/layer-request.ts';

test('every member is read', () => {
  const wish = { rid: 'h', spatialLayerId: 1, temporalLayerId: 2, maxSpatialLayerId: 3, maxTemporalLayerId: 4, maxWidth: 5, maxHeight: 6 };
  expect(parseLayerRequest(JSON.stringify({ mediaId: '1', ...wish }))).toEqual({ mediaId: '1', wish });
});

test.for([
  ['encodingId is a rid', { encodingId: 'h' }, { rid: 'h' }],
  ['rid comes before encodingId', { encodingId: 'q', rid: 'h' }, { rid: 'h' }],
  ['null is as good as absent', { rid: null, maxWidth: null }, {}],
  ['unknown members are ignored', { quality: 'best' }, {}],
] as const)('%s', ([, body, wish]) => {
  expect(parseLayerRequest(JSON.stringify(body)).wish).toEqual(wish);
});

test.for([
  ['0', '0'],
  [1, '1'],
  [null, undefined],
] as const)('the media id %j is %j', ([mediaId, expected]) => {
  expect(parseLayerRequest(JSON.stringify({ mediaId })).mediaId).toBe(expected);
});

test.for([
  '',
  'x',
  '[]',
  '"h"',
  'null',
  '{"rid":1}',
  '{"mediaId":{}}',
  '{"maxWidth":"640"}',
  '{"spatialLayerId":-1}',
  '{"temporalLayerId":0.5}',
])('%j is refused', (text) => {
  expect(() => parseLayerRequest(text)).toThrow(expect.objectContaining({ code: 'ERR_REQUEST_INVALID' }));
});
