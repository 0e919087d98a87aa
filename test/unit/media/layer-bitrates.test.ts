import { expect, test } from 'vitest';
import { layerBitrates } from '../../../src/media/layer-bitrates.ts';

test.for([
  ['a codec that tells no layers apart', {}, 900, [[900]]],
  ['temporal layers of one encoding', { '0.0': 100, '0.1': 150, '0.2': 250 }, 250, [[100, 50, 100]]],
  ['an encoding with fewer temporal layers than it may have', { '0.0': 100, '0.1': 0, '0.2': 0 }, 100, [[100, 0, 0]]],
  [
    'spatial layers, whose numbers include those below',
    { '0.0': 50, '0.1': 80, '1.0': 200, '1.1': 300 },
    300,
    [
      [50, 30],
      [120, 100],
    ],
  ],
  ['a spatial layer in the middle that does not arrive', { '0.0': 50, '1.0': 0, '2.0': 450 }, 450, [[50], [0], [400]]],
  ['nothing that arrives', { '0.0': 0, '0.1': 0 }, 0, [[0, 0]]],
] as const)('%s', ([, byLayer, total, expected]) => {
  expect(layerBitrates(byLayer, total)).toEqual(expected);
});
