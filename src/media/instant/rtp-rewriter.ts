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

/** A packet in two parts, to be sent one behind the other. */
export type RtpParts = readonly [header: Uint8Array, payload: Uint8Array];

/**
 * A packet with another header (RFC 3550 §5.1): marker and payload stay; extensions, whose numbers mean something else where it goes, CSRCs and
 * padding do not. Undefined for a packet without payload, which nobody misses. The payload is that of `packet` itself.
 */
export function rewrittenParts(packet: Uint8Array, header: RewrittenHeader): RtpParts | undefined {
  const payload = rtpPayload(packet);
  return payload && [headerOf((packet[1] ?? 0) & 0x80, header), payload];
}

/** The same in one piece, and with a payload of its own. */
export function rewritten(packet: Uint8Array, header: RewrittenHeader): Buffer | undefined {
  const parts = rewrittenParts(packet, header);
  return parts && Buffer.concat(parts);
}

/** What takes the place of a packet without payload where its number would be waited for. */
export function emptyPacket(header: RewrittenHeader): Buffer {
  return headerOf(0, header);
}

function headerOf(marker: number, { ssrc, payloadType, sequence, timestamp }: RewrittenHeader): Buffer {
  const header = Buffer.allocUnsafe(12);
  header[0] = 0x80;
  header[1] = marker | payloadType;
  header.writeUInt16BE(sequence & 0xffff, 2);
  header.writeUInt32BE(timestamp >>> 0, 4);
  header.writeUInt32BE(ssrc, 8);
  return header;
}
