import { expect, test } from 'vitest';
import type { LayerIndices } from '../../../src/media/track.ts';
import { floorRate, noProof, noteProof } from '../../../src/streams/layer-proof.ts';
import type { VideoLayer } from '../../../src/streams/video-layers.ts';

const layer = (spatialLayer: number, ...bitrates: number[]): VideoLayer => ({
  rid: String(spatialLayer),
  spatialLayer,
  width: undefined,
  height: undefined,
  bitrates,
  isActive: bitrates.some((bitrate) => bitrate > 0),
});

const layers = [layer(0, 50, 80, 100), layer(1, 210, 300, 400), layer(2, 600, 1200, 1600)];
const everything = { spatialLayer: 7, temporalLayer: 7 };
const at = (spatialLayer: number, temporalLayer = 2): LayerIndices => ({ spatialLayer, temporalLayer });

test.for([
  ['nothing', undefined, everything, 0],
  ['everything is twice what it takes on average', at(2), everything, 3200],
  ['all that is allowed is so too', at(1), { spatialLayer: 1, temporalLayer: 7 }, 800],
  ['a whole size lets no frame of the next size in', at(1), everything, 450],
  ['some frames of the largest let no more of them in', at(2, 0), everything, 900],
  ['what is next takes hardly more: what is there already', at(2, 1), everything, 1200],
  ['frames that the viewer does not want do not count', at(2, 0), { spatialLayer: 7, temporalLayer: 0 }, 1200],
  ['more than is allowed is what is allowed', at(2), at(1, 0), 420],
  ['whole sizes, as we replay them', { spatialLayer: 1, temporalLayer: 7 }, everything, 450],
] as const)('the floor of %s', ([, kept, most, floor]) => {
  expect(floorRate(layers, kept, most)).toBe(floor);
});

test('a size that does not arrive has no floor of its own, and is not next', () => {
  const vanished = [layer(0, 100), layer(1, 0), layer(2, 900)];
  expect(floorRate(vanished, at(1, 0), everything)).toBe(200);
  expect(floorRate([layer(0, 0), layer(1, 0)], at(1), everything)).toBe(0);
});

interface Second {
  readonly sent: LayerIndices | undefined;
  readonly calmSinceMs?: number | undefined;
  readonly toldMs?: number;
}

/** One look a second; gives what is proven after each. */
function prove(seconds: readonly Second[]) {
  let proof = noProof;
  return seconds.map(({ sent, ...seen }, index) => {
    const atMs = (index + 1) * 1000;
    proof = noteProof(proof, { atMs, sent, calmSinceMs: 'calmSinceMs' in seen ? seen.calmSinceMs : 1000, toldMs: seen.toldMs ?? atMs });
    return proof.proven;
  });
}

const repeat = (times: number, second: Second): readonly Second[] => Array.from({ length: times }, () => second);

test('a layer is proven by a report that surely tells of it', () => {
  expect(prove(repeat(4, { sent: at(1) }))).toEqual([undefined, undefined, at(1), at(1)]);
  expect(prove(repeat(4, { sent: at(1), toldMs: 2500 }))).toEqual(Array.from({ length: 4 }, () => undefined));
});

test('one that begins is not, and neither are more of its frames, but what was sent before stays so', () => {
  const seconds = [...repeat(3, { sent: at(1) }), ...repeat(3, { sent: at(2, 0) }), ...repeat(3, { sent: at(2, 1) })];
  expect(prove(seconds)).toEqual([undefined, undefined, at(1), at(1), at(1), at(2, 0), at(2, 0), at(2, 0), at(2, 1)]);
});

test('what is sent no more is not proven any longer', () => {
  expect(prove([...repeat(3, { sent: at(2) }), { sent: at(1) }, { sent: undefined }, { sent: at(1) }]).slice(2)).toEqual([
    at(2),
    at(1),
    undefined,
    undefined,
  ]);
});

test('nothing is proven while something is wrong, nor by the report with which that ends', () => {
  const seconds = [
    ...repeat(3, { sent: at(1) }),
    { sent: at(1), calmSinceMs: undefined },
    { sent: at(1), calmSinceMs: 5000 },
    { sent: at(1), calmSinceMs: 5000 },
  ];
  expect(prove(seconds).slice(2)).toEqual([at(1), undefined, undefined, at(1)]);
});
