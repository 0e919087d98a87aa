import { rtpPacket } from '../../../fixtures/rtp-packet.ts';

/** An RTP packet with a VP8 payload of one partition. */
export function vp8Packet(
  sequence: number,
  timestamp: number,
  { key = false, bytes = 20 }: { readonly key?: boolean; readonly bytes?: number } = {},
): Uint8Array {
  const packet = rtpPacket([0x10, key ? 0x10 : 0x11, ...Array<number>(bytes).fill(0)]);
  const view = new DataView(packet.buffer);
  view.setUint16(2, sequence & 0xffff);
  view.setUint32(4, timestamp >>> 0);
  return packet;
}
