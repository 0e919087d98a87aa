import type { LayerIndices } from '../media/track.ts';
import type { VideoLayer } from './video-layers.ts';

/**
 * What a viewer wants of a video track; nothing: what suits its network best.
 *
 * @see WHEP core extensions, video layer selection
 */
export interface LayerWish {
  /** This simulcast encoding and no other, whatever the network does. */
  readonly rid?: string | undefined;
  /** This picture size and no other, by its place among the layers, 0 is the smallest. */
  readonly spatialLayerId?: number | undefined;
  /** No frames above this temporal layer. */
  readonly temporalLayerId?: number | undefined;
  readonly maxSpatialLayerId?: number | undefined;
  readonly maxTemporalLayerId?: number | undefined;
  /** In pixels. */
  readonly maxWidth?: number | undefined;
  readonly maxHeight?: number | undefined;
}

/** Every layer: above what any publisher sends. */
export const allLayers: LayerIndices = { spatialLayer: 7, temporalLayer: 7 };

/**
 * The most that a viewer shall get: what it wishes for, or less where `bound`, what its network carries, is lower.
 *
 * A wish for one layer wins over the bound. Of layers with a maximum, the highest that keeps to it, or the lowest where none does; a size
 * that is not known yet keeps to every maximum. Whether a layer arrives at present does not count: who forwards takes the next one below.
 */
export function chooseLayers(layers: readonly VideoLayer[], wish: LayerWish, bound: LayerIndices = allLayers): LayerIndices {
  const temporalLayer = Math.min(wish.temporalLayerId ?? Infinity, wish.maxTemporalLayerId ?? Infinity, allLayers.temporalLayer);
  const named = namedLayer(layers, wish);
  if (named !== undefined) return { spatialLayer: named.spatialLayer, temporalLayer };
  const wished = highestAllowed(layers, wish);
  if (wished < bound.spatialLayer) return { spatialLayer: wished, temporalLayer };
  return { spatialLayer: bound.spatialLayer, temporalLayer: Math.min(temporalLayer, bound.temporalLayer) };
}

/** Whether the viewer wants one layer only, so that nothing is left to choose. */
export function isFixed({ rid, spatialLayerId }: LayerWish): boolean {
  return rid !== undefined || spatialLayerId !== undefined;
}

/** Why a wish cannot be fulfilled: a sentence that names what there is; undefined when it can. Maxima always can. */
export function refusalOf(layers: readonly VideoLayer[], wish: LayerWish): string | undefined {
  const named = namedLayer(layers, wish);
  if (isFixed(wish) && named === undefined) {
    const known = layers.map(({ rid, spatialLayer }) => (rid === undefined ? String(spatialLayer) : `${rid} (${spatialLayer})`));
    return `The stream has no such layer; it has ${known.join(', ') || 'none yet'}.`;
  }
  const arriving = (named === undefined ? layers : [named]).filter(({ isActive }) => isActive);
  const temporalLayers = Math.max(...arriving.map(({ bitrates }) => bitrates.length));
  const isMissing = arriving.length > 0 && (wish.temporalLayerId ?? 0) >= temporalLayers;
  return isMissing ? `The highest temporal layer is ${temporalLayers - 1}.` : undefined;
}

/** The one layer that a wish names; with a rid and a place, both must be right. */
function namedLayer(layers: readonly VideoLayer[], { rid, spatialLayerId }: LayerWish): VideoLayer | undefined {
  if (rid === undefined && spatialLayerId === undefined) return undefined;
  return layers.find(
    (layer) => (rid === undefined || layer.rid === rid) && (spatialLayerId === undefined || layer.spatialLayer === spatialLayerId),
  );
}

function highestAllowed(layers: readonly VideoLayer[], { maxSpatialLayerId, maxWidth, maxHeight }: LayerWish): number {
  const highest = Math.min(maxSpatialLayerId ?? Infinity, allLayers.spatialLayer);
  if (maxWidth === undefined && maxHeight === undefined) return highest;
  const tooLarge = layers.filter(({ width = 0, height = 0 }) => width > (maxWidth ?? Infinity) || height > (maxHeight ?? Infinity));
  const smallest = Math.min(...tooLarge.map(({ spatialLayer }) => spatialLayer));
  return Math.max(0, Math.min(highest, smallest - 1));
}
