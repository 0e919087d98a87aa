import { expect, test } from 'vitest';
import type { EncodingStats } from '../../../src/media/track.ts';
import { isNotable, videoLayers, type VideoLayer } from '../../../src/streams/video-layers.ts';

function encoding(rid: string | undefined, ...layerBitrates: readonly (readonly number[])[]): EncodingStats {
  return {
    ssrc: 1,
    rid,
    packets: 1,
    packetsLost: 0,
    bitrate: layerBitrates.flat().reduce((sum, bitrate) => sum + bitrate, 0),
    layerBitrates,
  };
}

const sizes = [
  { width: 320, height: 180 },
  { width: 640, height: 360 },
  { width: 1280, height: 720 },
];

/** What matters of layers, in short. */
function brief(layers: readonly VideoLayer[]) {
  return layers.map(({ rid, spatialLayer, width, bitrates, isActive }) => [rid ?? spatialLayer, width, isActive ? bitrates : 'off']);
}

test('simulcast has a layer for every encoding, whether it arrives or not, and each stands alone', () => {
  const encodings = [encoding('b', [300, 200, 100]), encoding('a', [100, 0, 0])];
  const layers = videoLayers({ rids: ['a', 'b', 'c'], encodings, sizes }, []);
  expect(brief(layers)).toEqual([
    ['a', 320, [100]],
    ['b', 640, [300, 500, 600]],
    ['c', 1280, 'off'],
  ]);
});

test('of SVC a viewer gets the smaller pictures as well', () => {
  const encodings = [encoding(undefined, [100], [200, 100], [600])];
  expect(videoLayers({ rids: [], encodings, sizes }, []).map(({ bitrates }) => bitrates)).toEqual([[100], [300, 400], [1000]]);
});

test('SVC has as many layers as its stream says or has sent so far, not as many as it could have', () => {
  const one = { rids: [], encodings: [encoding(undefined, [100, 50, 0], [0, 0, 0], [0, 0, 0])], sizes: [] };
  const first = videoLayers(one, []);
  expect(brief(first)).toEqual([[0, undefined, [100, 150]]]);
  const two = videoLayers({ ...one, encodings: [encoding(undefined, [100], [200], [0])], sizes: sizes.slice(0, 2) }, first);
  expect(brief(two)).toEqual([
    [0, 320, [100]],
    [1, 640, [300]],
  ]);
  expect(brief(videoLayers({ ...one, encodings: [encoding(undefined, [100], [0], [0])] }, two))).toEqual([
    [0, 320, [100]],
    [1, 640, 'off'],
  ]);
});

test('a layer that is away keeps its size and its temporal layers', () => {
  const before = videoLayers({ rids: ['a', 'b'], encodings: [encoding('b', [1, 1, 1])], sizes: sizes.slice(0, 2) }, []);
  const [, layer] = videoLayers({ rids: ['a', 'b'], encodings: [], sizes: [] }, before);
  expect(layer).toMatchObject({ rid: 'b', width: 640, height: 360, bitrates: [0, 0, 0], isActive: false });
});

test('a bitrate that wavers is levelled, and one that another aim of the encoder explains is not', () => {
  const one = { rids: ['a', 'b'], sizes: [] };
  const told = (bitrates: readonly number[]) =>
    bitrates.reduce<readonly VideoLayer[]>((before, bitrate) => videoLayers({ ...one, encodings: [encoding('b', [bitrate])] }, before), []);
  expect(told([1000, 1400]).at(-1)?.bitrates).toEqual([1200]);
  expect(told([1000, 1400, 800]).at(-1)?.bitrates).toEqual([1000]);
  expect(told([1000, 2000]).at(-1)?.bitrates).toEqual([2000]);
  expect(told([1000, 0]).at(-1)?.bitrates).toEqual([0]);
  expect(told([0, 1000]).at(-1)?.bitrates).toEqual([1000]);
});

test('a track without layers is one', () => {
  expect(brief(videoLayers({ rids: ['only'], encodings: [encoding('only', [700])], sizes: sizes.slice(2) }, []))).toEqual([
    [0, 1280, [700]],
  ]);
});

const layer: VideoLayer = { rid: 'a', spatialLayer: 0, width: 320, height: 180, bitrates: [50, 100], isActive: true };

test.for([
  ['nothing', {}, false],
  ['a bitrate that wavers', { bitrates: [50, 119] }, false],
  ['a bitrate that moves by more than a fifth', { bitrates: [50, 121] }, true],
  ['a layer that stops', { isActive: false, bitrates: [0, 0] }, true],
  ['another size', { width: 240 }, true],
  ['a temporal layer more', { bitrates: [50, 80, 100] }, true],
] as const)('viewers hear of what is notable: %s', ([, change, expected]) => {
  expect(isNotable([layer], [{ ...layer, ...change }])).toBe(expected);
});
