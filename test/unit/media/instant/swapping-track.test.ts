import { expect, test } from 'vitest';
import type { LayerIndices } from '../../../../src/media/engine.ts';
import { replayedEncoding } from '../../../../src/media/instant/swapping-track.ts';

test.for<readonly [string, number, LayerIndices | undefined, number]>([
  ['with nothing wished for, the largest', 2, undefined, 2],
  ['a wish for any layer', 2, { spatialLayer: 7, temporalLayer: 7 }, 2],
  ['a wish for a small one', 2, { spatialLayer: 0, temporalLayer: 7 }, 0],
  ['a wish for one that does not arrive', 0, { spatialLayer: 1, temporalLayer: 0 }, 0],
])('%s', ([, largest, wanted, encoding]) => {
  expect(replayedEncoding(largest, wanted)).toBe(encoding);
});
