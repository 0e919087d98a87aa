import type { LayerIndices } from '../media/track.ts';
import { allLayers, chooseLayers, type LayerWish } from './layer-choice.ts';
import type { Rung } from './layer-decision.ts';
import type { VideoLayer } from './video-layers.ts';

/**
 * The layers of a video track as one row of steps, lowest first.
 *
 * Of each picture size all frames, as half the size looks better than half the frames; of the smallest, where nothing smaller is left, fewer
 * frames too.
 */
export function ladderOf(layers: readonly VideoLayer[]): readonly Rung[] {
  return layers.flatMap(({ spatialLayer, bitrates }, index) => {
    const whole = { spatialLayer, temporalLayer: allLayers.temporalLayer, bitrate: bitrates.at(-1) ?? 0 };
    const fewer = index === 0 ? bitrates.slice(0, -1).map((bitrate, temporalLayer) => ({ spatialLayer, temporalLayer, bitrate })) : [];
    return [...fewer, whole];
  });
}

/** Place of the highest step that a wish allows and that arrives; 0 when none does. */
export function ceilingOf(ladder: readonly Rung[], layers: readonly VideoLayer[], wish: LayerWish): number {
  const wished = chooseLayers(layers, wish);
  const isWithin = ({ spatialLayer, temporalLayer }: Rung): boolean =>
    spatialLayer <= wished.spatialLayer && (temporalLayer <= wished.temporalLayer || isWhole(ladder, spatialLayer));
  return Math.max(
    0,
    ladder.findLastIndex((rung) => rung.bitrate > 0 && isWithin(rung)),
  );
}

/** Place of what a viewer is sent; -1 for nothing. Of what is between two steps, the lower one. */
export function placeOf(ladder: readonly Rung[], sent: LayerIndices | undefined): number {
  if (sent === undefined) return -1;
  const ofSize = ladder.findLastIndex(({ spatialLayer }) => spatialLayer <= sent.spatialLayer);
  const first = ladder.findIndex(({ spatialLayer }) => spatialLayer === ladder[ofSize]?.spatialLayer);
  return Math.min(ofSize, first + (ofSize > first ? sent.temporalLayer : 0));
}

/** Whether a picture size is one step, so that a wish for fewer of its frames is a wish for that step. */
function isWhole(ladder: readonly Rung[], size: number): boolean {
  return ladder.filter(({ spatialLayer }) => spatialLayer === size).length === 1;
}
