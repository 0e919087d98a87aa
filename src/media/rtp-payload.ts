/** The payload of an RTP packet (RFC 3550 §5.1), undefined where it has none or the packet is shorter than it says. */
export function rtpPayload(packet: Uint8Array): Uint8Array | undefined {
  const [first = 0] = packet;
  let start = 12 + (first & 0x0f) * 4;
  if ((first & 0x10) !== 0) start += 4 + ((packet[start + 2] ?? 0) * 256 + (packet[start + 3] ?? 0)) * 4;
  const padding = (first & 0x20) === 0 ? 0 : (packet.at(-1) ?? 0);
  const payload = packet.subarray(start, packet.length - padding);
  return payload.length === 0 ? undefined : payload;
}

/** The SSRC of an RTP packet. */
export function rtpSsrc(packet: Uint8Array): number | undefined {
  return packet.length < 12 ? undefined : new DataView(packet.buffer, packet.byteOffset).getUint32(8);
}
