import { BitReader } from './bit-reader.ts';
import type { FrameSize } from './h264-sps.ts';

/** What the payload of an RTP packet of VP9 begins with (RFC 9628 §4.2). */
export interface Vp9Descriptor {
  /** A frame of a layer begins, or ends, with this packet. */
  readonly begins: boolean;
  readonly ends: boolean;
  /** Its picture needs earlier ones. */
  readonly isInter: boolean;
  /** Number of the spatial layer, from 0. */
  readonly spatial: number;
  /** Of every spatial layer, where it tells. */
  readonly sizes: readonly FrameSize[];
  /** Its own length. */
  readonly bytes: number;
}

/** Reads a descriptor; undefined when the payload ends before it does. */
export function readVp9Descriptor(payload: Uint8Array): Vp9Descriptor | undefined {
  const [flags = 0] = payload;
  const bits = new BitReader(payload);
  bits.read(8);
  const { spatial } = skipIndices(bits, flags);
  const sizes = (flags & 0x02) !== 0 ? readStructure(bits) : [];
  if (bits.isExhausted) return undefined;
  return {
    begins: (flags & 0x08) !== 0,
    ends: (flags & 0x04) !== 0,
    isInter: (flags & 0x40) !== 0,
    spatial,
    sizes,
    bytes: bits.bytesRead,
  };
}

/** Picture id, layer indices and reference indices; gives the spatial layer. */
function skipIndices(bits: BitReader, flags: number): { readonly spatial: number } {
  const [hasPicture, isInter, hasLayers, isFlexible] = [0x80, 0x40, 0x20, 0x10].map((mask) => (flags & mask) !== 0);
  if (hasPicture === true && bits.flag()) bits.read(15);
  else if (hasPicture === true) bits.read(7);
  let spatial = 0;
  if (hasLayers === true) {
    bits.read(4); // temporal layer, switching up point
    spatial = bits.read(3);
    bits.read(1); // inter-layer dependency
    if (isFlexible !== true) bits.read(8); // TL0PICIDX
  }
  if (isFlexible === true && isInter === true) for (let more = true, left = 3; more && left > 0; left -= 1) more = bits.read(8) % 2 === 1;
  return { spatial };
}

/** Sizes in a scalability structure; none where it has none. Reads it to its end. */
function readStructure(bits: BitReader): readonly FrameSize[] {
  const spatialLayers = bits.read(3) + 1;
  const [hasSizes, hasPictures] = [bits.flag(), bits.flag()];
  bits.read(3);
  const sizes = hasSizes ? Array.from({ length: spatialLayers }, () => ({ width: bits.read(16), height: bits.read(16) })) : [];
  const pictures = hasPictures ? bits.read(8) : 0;
  for (let picture = 0; picture < pictures && !bits.isExhausted; picture += 1) {
    bits.read(4); // temporal layer, switching up point
    const references = bits.read(2);
    bits.read(2 + 8 * references);
  }
  return sizes;
}
