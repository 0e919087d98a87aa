import { uint16At } from '../rtp-header.ts';
import { rtpPayload } from '../rtp-payload.ts';

/** Codecs whose key frames are found in RTP here. */
export type GopCodec = 'H264' | 'VP8';

/**
 * Whether a key frame begins in an RTP packet. By the same rule as mediasoup, so that a consumer begins where a cache does: with H264 at the
 * sequence parameter set (RFC 6184 §5: alone, in a STAP-A, or the first fragment of an FU-A), with VP8 at the first partition of a key frame
 * (RFC 7741 §4.2, §4.3).
 */
export function beginsKeyFrame(codec: GopCodec, packet: Uint8Array): boolean {
  const payload = rtpPayload(packet);
  if (payload === undefined) return false;
  return codec === 'H264' ? beginsH264KeyFrame(payload) : beginsVp8KeyFrame(payload);
}

const nalu = { sps: 7, stapA: 24, fuA: 28 } as const;

function beginsH264KeyFrame(payload: Uint8Array): boolean {
  const first = payload[0] ?? 0;
  const second = payload[1] ?? 0;
  const type = first & 0x1f;
  if (type === nalu.fuA) return (second & 0x80) !== 0 && (second & 0x1f) === nalu.sps;
  return type === nalu.sps || (type === nalu.stapA && aggregatesSps(payload));
}

function aggregatesSps(payload: Uint8Array): boolean {
  for (let offset = 1; offset + 2 < payload.length;) {
    if (((payload[offset + 2] ?? 0) & 0x1f) === nalu.sps) return true;
    offset += 2 + uint16At(payload, offset);
  }
  return false;
}

function beginsVp8KeyFrame(payload: Uint8Array): boolean {
  const first = payload[0] ?? 0;
  const isFirstPartition = (first & 0x10) !== 0 && (first & 0x0f) === 0;
  const header = payload[vp8DescriptorLength(payload)];
  return isFirstPartition && header !== undefined && (header & 1) === 0;
}

/** Length of the VP8 payload descriptor, in bytes (RFC 7741 §4.2). */
export function vp8DescriptorLength(payload: Uint8Array): number {
  const [first = 0, extensions = 0, picture = 0] = payload;
  if ((first & 0x80) === 0) return 1;
  const pictureId = (extensions & 0x80) === 0 ? 0 : (picture & 0x80) === 0 ? 1 : 2;
  const layers = ((extensions & 0x40) === 0 ? 0 : 1) + ((extensions & 0x30) === 0 ? 0 : 1);
  return 2 + pictureId + layers;
}
