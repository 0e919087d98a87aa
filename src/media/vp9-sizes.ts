import { BitReader } from './bit-reader.ts';
import type { FrameSize } from './h264-sps.ts';
import { rtpPayload } from './rtp-payload.ts';

/**
 * The picture size of every spatial layer, smallest first, in an RTP packet of VP9 that tells: the scalability structure of the payload
 * descriptor (RFC 9628 §4.2.1), which browsers send with every key picture, or else the header of a key picture, which has one layer then.
 * Undefined for any other packet.
 */
export function readVp9Sizes(packet: Uint8Array): readonly FrameSize[] | undefined {
  const payload = rtpPayload(packet);
  if (payload === undefined) return undefined;
  const [flags = 0] = payload;
  const bits = new BitReader(payload.subarray(1));
  const layers = skipIndices(bits, flags);
  const hasStructure = (flags & 0x02) !== 0;
  const structure = hasStructure ? readStructure(bits) : [];
  if (bits.isExhausted) return undefined;
  if (structure.length > 0) return structure;
  const beginsKeyPicture = (flags & 0x48) === 0x08 && layers.spatial === 0;
  if (!beginsKeyPicture) return undefined;
  const size = readFrameSize(bits);
  return size === undefined || bits.isExhausted ? undefined : [size];
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

/** The size in the uncompressed header of a key frame (VP9 specification §6.2). */
function readFrameSize(bits: BitReader): FrameSize | undefined {
  if (bits.read(2) !== 2) return undefined;
  const profile = bits.read(1) + 2 * bits.read(1);
  if (profile === 3) bits.read(1);
  const [showsExisting, isInter] = [bits.flag(), bits.flag()];
  bits.read(2); // show_frame, error_resilient_mode
  if (showsExisting || isInter || bits.read(24) !== 0x49_83_42) return undefined;
  skipColour(bits, profile);
  return { width: bits.read(16) + 1, height: bits.read(16) + 1 };
}

const rgb = 7;

function skipColour(bits: BitReader, profile: number): void {
  if (profile >= 2) bits.read(1); // bit depth
  const hasSubsampling = profile === 1 || profile === 3;
  if (bits.read(3) === rgb) bits.read(hasSubsampling ? 1 : 0);
  else bits.read(hasSubsampling ? 4 : 1); // colour range, subsampling
}
