import { uint16At } from './rtp-header.ts';

/** The payload of an RTP packet (RFC 3550 §5.1), undefined where it has none or the packet is shorter than it says. */
export function rtpPayload(packet: Uint8Array): Uint8Array | undefined {
  const first = packet[0] ?? 0;
  let start = 12 + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) start += 4 + uint16At(packet, start + 2) * 4;
  const padding = (first & 0x20) === 0 ? 0 : (packet[packet.length - 1] ?? 0);
  const payload = packet.subarray(start, packet.length - padding);
  return payload.length === 0 ? undefined : payload;
}

/** The value of a header extension of an RTP packet, in the one-byte and the two-byte form (RFC 8285 §4.2, §4.3). Undefined without it. */
export function rtpExtension(packet: Uint8Array, id: number): Uint8Array | undefined {
  const [first = 0] = packet;
  if ((first & 0x10) === 0) return undefined;
  const start = 12 + (first & 0x0f) * 4;
  const profile = uint16At(packet, start);
  const end = start + 4 + uint16At(packet, start + 2) * 4;
  const isShort = profile === 0xbede;
  for (let offset = start + 4; offset < Math.min(end, packet.length);) {
    const byte = packet[offset] ?? 0;
    if (byte === 0) {
      offset += 1; // padding
      continue;
    }
    const found = isShort ? byte >> 4 : byte;
    const length = isShort ? (byte & 0x0f) + 1 : (packet[offset + 1] ?? 0);
    const value = offset + (isShort ? 1 : 2);
    if (found === id) return packet.subarray(value, value + length);
    offset = value + length;
  }
  return undefined;
}
