import type { EncodingStats } from '../media/track.ts';

/** One layer of a live video track, as it arrives: an encoding of simulcast, or a spatial layer of SVC. */
export interface VideoLayer {
  /** Name of its encoding; undefined without simulcast. */
  readonly rid: string | undefined;
  /** Its place among the track's layers, 0 is the smallest picture. The name of the layer, in SVC as in simulcast. */
  readonly spatialLayer: number;
  /** In pixels, as the stream itself says; undefined until it has. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  /**
   * What a viewer of this layer is sent, in bit/s, for each temporal layer that it may get at most, lowest first: those below are included,
   * and so are the smaller pictures that this one is made from. 0 while the layer does not arrive. Never empty.
   */
  readonly bitrates: readonly number[];
  /** Whether it arrives now. */
  readonly isActive: boolean;
}

/** A picture size in pixels. */
export type PictureSize = { readonly width: number; readonly height: number } | undefined;

/** What was measured of a video track. */
export interface LayerMeasurements {
  /** Simulcast rids in the track's order, smallest first; empty without simulcast. */
  readonly rids: readonly string[];
  /** What arrived lately, in the track's order. */
  readonly encodings: readonly EncodingStats[];
  /** By layer, smallest first; undefined or missing where not known. */
  readonly sizes: readonly PictureSize[];
}

/**
 * The layers of a video track, smallest first, from what was measured; `before` is the last result, for layers that do not arrive now.
 *
 * A viewer of SVC gets the smaller pictures too, which the larger are made from, or might be: the worker is not told which (`sdp/produce-parameters.ts`).
 */
export function videoLayers({ rids, encodings, sizes }: LayerMeasurements, before: readonly VideoLayer[]): readonly VideoLayer[] {
  const arriving = rids.length > 1 ? rids.map((rid) => ofEncoding(encodings, rid)) : (encodings[0]?.layerBitrates ?? [[]]);
  const highest = Math.max(0, sizes.length - 1, before.length - 1, arriving.findLastIndex(isSending));
  const count = rids.length > 1 ? rids.length : highest + 1;
  return Array.from({ length: count }, (_, spatialLayer) => {
    const own = arriving[spatialLayer] ?? [];
    const below = rids.length > 1 ? 0 : sum(arriving.slice(0, spatialLayer).flat());
    const isActive = isSending(own);
    const temporalLayers = isActive ? own.findLastIndex((bitrate) => bitrate > 0) + 1 : (before[spatialLayer]?.bitrates.length ?? 1);
    const size = sizes[spatialLayer] ?? before[spatialLayer];
    const measured = Array.from({ length: temporalLayers }, (_none, temporal) => (isActive ? below + sum(own.slice(0, temporal + 1)) : 0));
    return {
      rid: rids.length > 1 ? rids[spatialLayer] : undefined,
      spatialLayer,
      width: size?.width,
      height: size?.height,
      bitrates: levelled(measured, before[spatialLayer]?.bitrates),
      isActive,
    };
  });
}

/** What is measured of an encoder that aims at one bitrate differs by up to this factor from one time to the next; more is another aim. */
const wavering = 1.6;

/** Of measurements that waver, in bit/s, the mean of this one and what was told of those before. */
function levelled(measured: readonly number[], before: readonly number[] = []): readonly number[] {
  return measured.map((bitrate, temporalLayer) => {
    const told = before[temporalLayer] ?? 0;
    const wavers = bitrate < told * wavering && told < bitrate * wavering;
    return Math.round(wavers ? (bitrate + told) / 2 : bitrate);
  });
}

/** A change of bitrate that is worth telling. */
const notableShare = 0.2;

/** Whether viewers should hear of a change: layers come or go, sizes change, a bitrate moves by more than a fifth. */
export function isNotable(before: readonly VideoLayer[], now: readonly VideoLayer[]): boolean {
  if (before.length !== now.length) return true;
  return now.some((layer, index) => {
    const was = before[index];
    if (was === undefined || was.isActive !== layer.isActive || was.bitrates.length !== layer.bitrates.length) return true;
    if (was.width !== layer.width || was.height !== layer.height || was.rid !== layer.rid) return true;
    return Math.abs(topBitrate(layer) - topBitrate(was)) > notableShare * topBitrate(was);
  });
}

/** What a viewer of the whole layer is sent, in bit/s. */
function topBitrate({ bitrates }: VideoLayer): number {
  return bitrates.at(-1) ?? 0;
}

/** A simulcast encoding's temporal layers; it has one spatial layer. */
function ofEncoding(encodings: readonly EncodingStats[], rid: string): readonly number[] {
  return encodings.find((encoding) => encoding.rid === rid)?.layerBitrates[0] ?? [];
}

function isSending(bitrates: readonly number[]): boolean {
  return bitrates.some((bitrate) => bitrate > 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
