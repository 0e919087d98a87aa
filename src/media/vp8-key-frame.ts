import type { FrameSize } from './h264-sps.ts';
import { vp8DescriptorLength } from './instant/key-frame.ts';
import { rtpPayload } from './rtp-payload.ts';

/** The size in the header of the VP8 key frame that begins in an RTP packet (RFC 7741 §4.2, RFC 6386 §9.1). Undefined without one. */
export function readVp8KeyFrameSize(packet: Uint8Array): FrameSize | undefined {
  const payload = rtpPayload(packet);
  if (payload === undefined) return undefined;
  const [first = 0] = payload;
  const beginsPartition = (first & 0x10) !== 0 && (first & 0x0f) === 0;
  if (!beginsPartition) return undefined;
  const frame = payload.subarray(vp8DescriptorLength(payload));
  const isKeyFrame = frame.length >= 10 && ((frame[0] ?? 1) & 1) === 0 && frame[3] === 0x9d && frame[4] === 0x01 && frame[5] === 0x2a;
  if (!isKeyFrame) return undefined;
  return { width: (frame[6] ?? 0) + ((frame[7] ?? 0) & 0x3f) * 256, height: (frame[8] ?? 0) + ((frame[9] ?? 0) & 0x3f) * 256 };
}
