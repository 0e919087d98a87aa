import { rtpPayload } from '../rtp-payload.ts';

/** What is different in a packet that is sent on. */
export interface RewrittenHeader {
  readonly ssrc: number;
  readonly payloadType: number;
  /** Its low 16 bits are written. */
  readonly sequence: number;
  /** Its low 32 bits are written. */
  readonly timestamp: number;
}

/**
 * A packet with another header (RFC 3550 §5.1): marker and payload stay; extensions, whose numbers mean something else where it goes, CSRCs and
 * padding do not. Undefined for a packet without payload, which nobody misses.
 */
export function rewritten(packet: Uint8Array, header: RewrittenHeader): Buffer | undefined {
  const payload = rtpPayload(packet);
  return payload && withHeader((packet[1] ?? 0) & 0x80, header, payload);
}

/** What takes the place of a packet without payload where its number would be waited for. */
export function emptyPacket(header: RewrittenHeader): Buffer {
  return withHeader(0, header, new Uint8Array());
}

function withHeader(marker: number, { ssrc, payloadType, sequence, timestamp }: RewrittenHeader, payload: Uint8Array): Buffer {
  const packet = Buffer.allocUnsafe(12 + payload.length);
  packet[0] = 0x80;
  packet[1] = marker | payloadType;
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE(timestamp >>> 0, 4);
  packet.writeUInt32BE(ssrc, 8);
  packet.set(payload, 12);
  return packet;
}
