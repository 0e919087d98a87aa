import { rtpPayload } from './rtp-payload.ts';
import { readVp9Descriptor } from './vp9-descriptor.ts';

const fixedHeaderBytes = 12;

/** Flags of a payload descriptor (RFC 9628 §4.2): a frame begins, and ends. */
const beginsFlag = 0x08;
const endsFlag = 0x04;

/**
 * An RTP packet of VP9 with the shortest payload descriptor that there is. FFmpeg's receiver takes the one that browsers send (flexible mode)
 * for something else, and gives its decoder rubbish. Writes into the packet and gives a part of it.
 *
 * `several layers`: the packet belongs to a higher spatial layer. Undefined: it holds no VP9.
 */
export function plainVp9(packet: Uint8Array): Uint8Array | 'several layers' | undefined {
  const payload = rtpPayload(packet);
  const descriptor = payload && readVp9Descriptor(payload);
  if (payload === undefined || descriptor === undefined) return undefined;
  const { begins, ends, spatial, bytes } = descriptor;
  if (spatial > 0) return 'several layers';
  const start = payload.byteOffset - packet.byteOffset + bytes - 1 - fixedHeaderBytes;
  const [first = 0] = packet;
  packet.copyWithin(start, 0, fixedHeaderBytes);
  packet[start] = first & 0xc0; // version; no padding, extension and sources
  packet[start + fixedHeaderBytes] = (begins ? beginsFlag : 0) | (ends ? endsFlag : 0);
  return packet.subarray(start, start + fixedHeaderBytes + 1 + payload.length - bytes);
}
