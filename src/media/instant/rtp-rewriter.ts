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
export function rewritten(packet: Uint8Array, { ssrc, payloadType, sequence, timestamp }: RewrittenHeader): Buffer | undefined {
  const payload = rtpPayload(packet);
  if (payload === undefined) return undefined;
  const copy = Buffer.allocUnsafe(12 + payload.length);
  copy[0] = 0x80;
  copy[1] = ((packet[1] ?? 0) & 0x80) | payloadType;
  copy.writeUInt16BE(sequence & 0xffff, 2);
  copy.writeUInt32BE(timestamp >>> 0, 4);
  copy.writeUInt32BE(ssrc, 8);
  copy.set(payload, 12);
  return copy;
}
