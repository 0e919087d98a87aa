import { expect, test } from 'vitest';
import type { LayerIndices } from '../../../../src/media/track.ts';
import { replayedEncoding } from '../../../../src/media/instant/replayed-encoding.ts';

const three = [100, 300, 900];

test.for<readonly [string, readonly number[], LayerIndices | undefined, number | undefined, number]>([
  ['with nothing wished for and nothing known, the largest', three, undefined, undefined, 2],
  ['a wish for any layer', three, { spatialLayer: 7, temporalLayer: 7 }, undefined, 2],
  ['a wish for a small one', three, { spatialLayer: 0, temporalLayer: 7 }, undefined, 0],
  ['a wish for one that does not arrive', [100], { spatialLayer: 1, temporalLayer: 0 }, undefined, 0],
  ['what the network is known to carry', three, undefined, 400, 1],
  ['a wish for less than that', three, { spatialLayer: 0, temporalLayer: 7 }, 400, 0],
  ['a network that carries none, the smallest', three, undefined, 50, 0],
])('%s', ([, rates, wanted, estimate, encoding]) => {
  expect(replayedEncoding(rates, wanted, estimate)).toBe(encoding);
});
