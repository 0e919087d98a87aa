import { BitReader } from './bit-reader.ts';
import type { FrameSize } from './h264-sps.ts';
import { rtpPayload } from './rtp-payload.ts';
import { readVp9Descriptor } from './vp9-descriptor.ts';

/**
 * The picture size of every spatial layer, smallest first, in an RTP packet of VP9 that tells: the scalability structure of the payload
 * descriptor (RFC 9628 §4.2.1), which browsers send with every key picture, or else the header of a key picture, which has one layer then.
 * Undefined for any other packet.
 */
export function readVp9Sizes(packet: Uint8Array): readonly FrameSize[] | undefined {
  const payload = rtpPayload(packet);
  const descriptor = payload && readVp9Descriptor(payload);
  if (payload === undefined || descriptor === undefined) return undefined;
  const { sizes, begins, isInter, spatial, bytes } = descriptor;
  if (sizes.length > 0) return sizes;
  if (!begins || isInter || spatial > 0) return undefined;
  const bits = new BitReader(payload.subarray(bytes));
  const size = readFrameSize(bits);
  return size === undefined || bits.isExhausted ? undefined : [size];
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
