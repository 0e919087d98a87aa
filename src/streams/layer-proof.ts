import type { LayerIndices } from '../media/track.ts';
import type { VideoLayer } from './video-layers.ts';

/** What a viewer is sent, to the temporal layer, and what of that its path has shown to carry. */
export interface LayerProof {
  readonly sent: LayerIndices | undefined;
  readonly sinceMs: number;
  /** Sent until reports told that all is well; undefined: nothing yet. */
  readonly proven: LayerIndices | undefined;
}

/** Before anything is known. */
export const noProof: LayerProof = { sent: undefined, sinceMs: -Infinity, proven: undefined };

/** What is seen of a path. */
export interface ProofLook {
  readonly atMs: number;
  readonly sent: LayerIndices | undefined;
  /** Since when nothing is wrong; undefined while something is. */
  readonly calmSinceMs: number | undefined;
  /** When the last report came; -Infinity: none did. */
  readonly toldMs: number;
}

/** A report that comes so much later than a layer surely tells of it, in milliseconds: mediasoup's go out every 1 to 1.5 s, players answer every 0.5 to 1.5 s. */
const tellingMs = 2000;

/**
 * Takes a look into account. Proven is what was sent until a report told of it while all was well, and not what has just begun: an estimate that
 * was too high by chance would prove itself, as it could not fall any more.
 */
export function noteProof(before: LayerProof, { atMs, sent, calmSinceMs, toldMs }: ProofLook): LayerProof {
  const isSame = sent?.spatialLayer === before.sent?.spatialLayer && sent?.temporalLayer === before.sent?.temporalLayer;
  const sinceMs = isSame ? before.sinceMs : atMs;
  if (calmSinceMs === undefined || sent === undefined) return { sent, sinceMs, proven: undefined };
  const isTold = toldMs - sinceMs >= tellingMs && toldMs > calmSinceMs;
  return { sent, sinceMs, proven: isTold ? sent : lower(before.proven, sent) };
}

/** Layers vary between half and twice of what they take on average, and mediasoup leaves one at the first moment that the estimate is below. */
const margin = 2;

/** Of what is next above, a floor must stay below so much of its average, or it would open that whenever it takes little. */
const belowNext = 0.75;

/**
 * Below what an estimate is not believed so that layers are kept that a viewer has, in bit/s; 0: believe it.
 *
 * It must not let in what is above them, of the layers that the viewer may get (`most`): the floor itself would be the only reason for those.
 */
export function floorRate(layers: readonly VideoLayer[], kept: LayerIndices | undefined, most: LayerIndices): number {
  if (kept === undefined) return 0;
  const steps = layers.flatMap(({ spatialLayer, bitrates }) =>
    bitrates.map((bitrate, temporalLayer) => ({ spatialLayer, temporalLayer, bitrate })),
  );
  const open = steps.filter(
    ({ spatialLayer, temporalLayer, bitrate }) => bitrate > 0 && spatialLayer <= most.spatialLayer && temporalLayer <= most.temporalLayer,
  );
  const place = open.findLastIndex((step) => !isAbove(step, kept));
  const present = open[place]?.bitrate ?? 0;
  const next = open[place + 1]?.bitrate ?? Infinity;
  return place < 0 ? 0 : Math.max(present, Math.min(margin * present, belowNext * next));
}

function lower(one: LayerIndices | undefined, other: LayerIndices): LayerIndices | undefined {
  return one !== undefined && isAbove(one, other) ? other : one;
}

/** Whether layers come after others, in the order in which mediasoup adds them. */
function isAbove(one: LayerIndices, other: LayerIndices): boolean {
  if (one.spatialLayer !== other.spatialLayer) return one.spatialLayer > other.spatialLayer;
  return one.temporalLayer > other.temporalLayer;
}
