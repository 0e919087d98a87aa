/** The SSRC of an RTP packet (RFC 3550 §5.1). */
export function rtpSsrc(packet: Uint8Array): number | undefined {
  return packet.length < 12 ? undefined : uint32At(packet, 8);
}

/** The sequence number of an RTP packet; 0 for what is too short to be one. */
export function rtpSequence(packet: Uint8Array): number {
  return packet.length < 12 ? 0 : uint16At(packet, 2);
}

/** The timestamp of an RTP packet; 0 for what is too short to be one. */
export function rtpTimestamp(packet: Uint8Array): number {
  return packet.length < 12 ? 0 : uint32At(packet, 4);
}

/** Whether a 32-bit RTP timestamp lies after another one, across a wrap-around. */
export function isAfter(timestamp: number, other: number): boolean {
  return timestampStep(timestamp, other) > 0;
}

/** How far a 32-bit RTP timestamp lies after another one, across a wrap-around; negative where it lies before. */
export function timestampStep(timestamp: number, from: number): number {
  return (timestamp - from) | 0;
}

/** A whole number of ticks, of either sign, as a 32-bit RTP timestamp: what is added to one or taken from it may lead across a wrap-around. */
export function asTimestamp(ticks: number): number {
  return ticks >>> 0;
}

/** The number nearest to the highest so far that has these 16 low bits (RFC 3711 §3.3.1). */
export function unwrap(sequence: number, highest: number | undefined): number {
  if (highest === undefined) return sequence;
  const forward = (sequence - highest) & 0xffff;
  return highest + (forward < 0x8000 ? forward : forward - 0x10000);
}

/** Two bytes in network order, 0 for those behind the end. Read one by one: a DataView of each packet costs ten times as much. */
export function uint16At(packet: Uint8Array, at: number): number {
  return ((packet[at] ?? 0) << 8) | (packet[at + 1] ?? 0);
}

function uint32At(packet: Uint8Array, at: number): number {
  return uint16At(packet, at) * 2 ** 16 + uint16At(packet, at + 2);
}
