import { BitReader } from './bit-reader.ts';
import { uint16At } from './rtp-header.ts';
import { rtpPayload } from './rtp-payload.ts';

/** What an H264 sequence parameter set (H.264 §7.3.2.1) tells. */
export interface SequenceParameters {
  /** `profile-level-id` (RFC 6184 §8.1): six lower-case hex digits. What encoders *say* in SDP is often wrong (OBS always claims 42e01f). */
  readonly profileLevelId: string;
  /** In pixels, after cropping; undefined where the packet holds only the beginning of the set. */
  readonly size: FrameSize | undefined;
}

/** Size of a picture in pixels. */
export interface FrameSize {
  readonly width: number;
  readonly height: number;
}

/** The SPS in an RTP packet: as a single NAL unit, in a STAP-A, or the first fragment of an FU-A. Undefined without one. */
export function readSequenceParameters(packet: Uint8Array): SequenceParameters | undefined {
  const payload = rtpPayload(packet);
  if (payload === undefined) return undefined;
  const type = (payload[0] ?? 0) & 0x1f;
  if (type === naluSps) return parse(payload.subarray(1));
  if (type === naluStapA) return inStapA(payload);
  const startsSps = type === naluFuA && ((payload[1] ?? 0) & 0x80) !== 0 && ((payload[1] ?? 0) & 0x1f) === naluSps;
  return startsSps ? parse(payload.subarray(2)) : undefined;
}

/** Picture size in a whole SPS NAL unit, its header byte included; undefined where it is cut short. */
export function readSpsSize(sps: Uint8Array): FrameSize | undefined {
  return parse(sps.subarray(1))?.size;
}

const naluSps = 7;
const naluStapA = 24;
const naluFuA = 28;

/** Profiles whose SPS begins with chroma format and scaling lists (H.264 §7.3.2.1.1). */
const highProfiles: readonly number[] = [100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135];

function inStapA(payload: Uint8Array): SequenceParameters | undefined {
  for (let offset = 1; offset + 2 < payload.length;) {
    const size = uint16At(payload, offset);
    if (((payload[offset + 2] ?? 0) & 0x1f) === naluSps) return parse(payload.subarray(offset + 3, offset + 2 + size));
    offset += 2 + size;
  }
  return undefined;
}

function parse(sps: Uint8Array): SequenceParameters | undefined {
  const profile = sps.subarray(0, 3);
  if (profile.length < 3) return undefined;
  const bits = new BitReader(withoutEmulation(sps.subarray(3)));
  const size = readSize(bits, profile[0] ?? 0);
  return { profileLevelId: Buffer.from(profile).toString('hex'), size: bits.isExhausted ? undefined : size };
}

function readSize(bits: BitReader, profile: number): FrameSize {
  bits.exponential(); // seq_parameter_set_id
  const chromaFormat = highProfiles.includes(profile) ? skipChroma(bits) : 1;
  bits.exponential(); // log2_max_frame_num_minus4
  skipPictureOrder(bits);
  bits.exponential(); // max_num_ref_frames
  bits.read(1); // gaps_in_frame_num_value_allowed_flag
  const widthInBlocks = bits.exponential() + 1;
  const heightInUnits = bits.exponential() + 1;
  const framesOnly = bits.read(1);
  if (framesOnly === 0) bits.read(1); // mb_adaptive_frame_field_flag
  bits.read(1); // direct_8x8_inference_flag
  const isCropped = bits.read(1) === 1;
  const [left, right, top, bottom] = isCropped
    ? [bits.exponential(), bits.exponential(), bits.exponential(), bits.exponential()]
    : [0, 0, 0, 0];
  const cropX = chromaFormat === 1 || chromaFormat === 2 ? 2 : 1;
  const cropY = (chromaFormat === 1 ? 2 : 1) * (2 - framesOnly);
  return {
    width: widthInBlocks * 16 - cropX * (left + right),
    height: heightInUnits * (2 - framesOnly) * 16 - cropY * (top + bottom),
  };
}

function skipChroma(bits: BitReader): number {
  const chromaFormat = bits.exponential();
  if (chromaFormat === 3) bits.read(1); // separate_colour_plane_flag
  bits.exponential(); // bit_depth_luma_minus8
  bits.exponential(); // bit_depth_chroma_minus8
  bits.read(1); // qpprime_y_zero_transform_bypass_flag
  const hasScalingLists = bits.read(1) === 1;
  if (hasScalingLists) {
    const lists = chromaFormat === 3 ? 12 : 8;
    for (let list = 0; list < lists; list += 1) if (bits.read(1) === 1) skipScalingList(bits, list < 6 ? 16 : 64);
  }
  return chromaFormat;
}

function skipScalingList(bits: BitReader, size: number): void {
  let last = 8;
  let next = 8;
  for (let index = 0; index < size && !bits.isExhausted; index += 1) {
    if (next !== 0) next = (last + bits.signedExponential() + 256) % 256;
    last = next === 0 ? last : next;
  }
}

function skipPictureOrder(bits: BitReader): void {
  const type = bits.exponential();
  if (type === 0) bits.exponential(); // log2_max_pic_order_cnt_lsb_minus4
  if (type !== 1) return;
  bits.read(1); // delta_pic_order_always_zero_flag
  bits.signedExponential(); // offset_for_non_ref_pic
  bits.signedExponential(); // offset_for_top_to_bottom_field
  const cycle = Math.min(255, bits.exponential());
  for (let index = 0; index < cycle; index += 1) bits.signedExponential();
}

/** The bytes of a NAL unit without its emulation prevention bytes (H.264 §7.4.1). */
function withoutEmulation(bytes: Uint8Array): readonly number[] {
  return [...bytes].filter((byte, index) => !(byte === 3 && bytes[index - 1] === 0 && bytes[index - 2] === 0));
}
