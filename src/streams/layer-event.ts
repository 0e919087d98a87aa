import type { LayerIndices } from '../media/track.ts';
import type { VideoLayer } from './video-layers.ts';

/** One entry of a `layers` event. */
export interface DescribedLayer {
  readonly rid?: string;
  readonly spatialLayerId: number;
  readonly temporalLayerId: number;
  /** What a viewer of it is sent, in bit/s; 0 while it does not arrive. */
  readonly bitrate: number;
  readonly width?: number;
  readonly height?: number;
  readonly active: boolean;
  /** Whether this viewer is sent this layer now; not part of the WHEP extension, which lets players ignore what they do not know. */
  readonly current?: true;
}

/**
 * The layers of a section as a `layers` event tells them, smallest first: one entry for each temporal layer of each picture size.
 *
 * @see WHEP core extensions, layers event
 */
export function describeLayers(layers: readonly VideoLayer[], current: LayerIndices | undefined): readonly DescribedLayer[] {
  return layers.flatMap(({ rid, spatialLayer, width, height, bitrates, isActive }) =>
    bitrates.map((bitrate, temporalLayer) => ({
      ...(rid === undefined ? {} : { rid }),
      spatialLayerId: spatialLayer,
      temporalLayerId: temporalLayer,
      bitrate,
      ...(width === undefined || height === undefined ? {} : { width, height }),
      active: isActive,
      ...(isCurrent({ spatialLayer, temporalLayer, highest: bitrates.length - 1 }, current) ? { current: true as const } : {}),
    })),
  );
}

/** A viewer that may get more temporal layers than there are gets the highest. */
function isCurrent(
  { spatialLayer, temporalLayer, highest }: LayerIndices & { readonly highest: number },
  current: LayerIndices | undefined,
): boolean {
  return current?.spatialLayer === spatialLayer && Math.min(current.temporalLayer, highest) === temporalLayer;
}
