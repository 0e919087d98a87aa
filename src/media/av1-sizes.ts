import { BitReader } from './bit-reader.ts';
import type { FrameSize } from './h264-sps.ts';
import { rtpExtension, rtpPayload } from './rtp-payload.ts';

/**
 * The picture size of every spatial layer, smallest first, in an RTP packet of AV1 that tells: the dependency structure in the header
 * extension `descriptorId`, which comes with every key picture, or else the sequence header, which knows the largest size only and is
 * believed where there is no extension. Undefined for any other packet.
 *
 * @see RTP Payload Format For AV1, appendix A; AV1 specification §5.5
 */
export function readAv1Sizes(packet: Uint8Array, descriptorId: number): readonly FrameSize[] | undefined {
  const descriptor = rtpExtension(packet, descriptorId);
  if (descriptor !== undefined) return readDependencyStructure(descriptor);
  const payload = rtpPayload(packet);
  const size = payload === undefined ? undefined : inSequenceHeader(payload);
  return size === undefined ? undefined : [size];
}

/** Sizes in the template dependency structure of a dependency descriptor; undefined where it has no structure, or one without sizes. */
function readDependencyStructure(descriptor: Uint8Array): readonly FrameSize[] | undefined {
  const bits = new BitReader(descriptor);
  bits.read(24); // start and end of frame, template id, frame number
  const hasStructure = descriptor.length > 3 && bits.flag();
  if (!hasStructure) return undefined;
  bits.read(4); // what else is there
  bits.read(6); // template id offset
  const decodeTargets = bits.read(5) + 1;
  const { templates, spatialLayers } = readTemplateLayers(bits);
  for (let indication = 0; indication < templates * decodeTargets; indication += 1) bits.read(2);
  for (let template = 0; template < templates; template += 1) skipFrameDifferences(bits);
  skipChains(bits, { templates, decodeTargets });
  const hasSizes = bits.flag();
  const sizes = hasSizes ? Array.from({ length: spatialLayers }, () => ({ width: bits.read(16) + 1, height: bits.read(16) + 1 })) : [];
  return sizes.length === 0 || bits.isExhausted ? undefined : sizes;
}

/** `template_layers()`: how many templates and spatial layers there are. */
function readTemplateLayers(bits: BitReader): { readonly templates: number; readonly spatialLayers: number } {
  let spatialLayers = 1;
  let templates = 0;
  let next: number;
  do {
    templates += 1;
    next = bits.read(2);
    if (next === nextSpatialLayer) spatialLayers += 1;
  } while (next !== noMoreTemplates && templates < mostTemplates);
  return { templates, spatialLayers };
}

const nextSpatialLayer = 2;
const noMoreTemplates = 3;
const mostTemplates = 64;

/** `template_fdiffs()` of one template. */
function skipFrameDifferences(bits: BitReader): void {
  while (bits.flag() && !bits.isExhausted) bits.read(4);
}

/** `template_chains()`. */
function skipChains(bits: BitReader, { templates, decodeTargets }: { readonly templates: number; readonly decodeTargets: number }): void {
  const chains = bits.nonSymmetric(decodeTargets + 1);
  if (chains === 0) return;
  for (let target = 0; target < decodeTargets; target += 1) bits.nonSymmetric(chains);
  for (let difference = 0; difference < templates * chains; difference += 1) bits.read(4);
}

const sequenceHeader = 1;

/** The first OBU of a packet, if it is a sequence header: a new coded video sequence begins with it. */
function inSequenceHeader(payload: Uint8Array): FrameSize | undefined {
  const [aggregation = 0] = payload;
  const [continues, elements] = [(aggregation & 0x80) !== 0, (aggregation & 0x30) >> 4];
  if (continues) return undefined;
  let offset = 1;
  if (elements !== 1) while (((payload[offset++] ?? 0) & 0x80) !== 0); // length of the first element
  const header = payload[offset] ?? 0;
  if (((header >> 3) & 0x0f) !== sequenceHeader) return undefined;
  offset += (header & 0x04) === 0 ? 1 : 2; // with an extension
  if ((header & 0x02) !== 0) while (((payload[offset++] ?? 0) & 0x80) !== 0); // its own length
  const bits = new BitReader(payload.subarray(offset));
  const size = readSequenceHeader(bits);
  return bits.isExhausted ? undefined : size;
}

function readSequenceHeader(bits: BitReader): FrameSize {
  bits.read(4); // profile, still picture
  const isReduced = bits.flag();
  if (isReduced) bits.read(5);
  else skipOperatingPoints(bits);
  const [widthBits, heightBits] = [bits.read(4) + 1, bits.read(4) + 1];
  return { width: bits.read(widthBits) + 1, height: bits.read(heightBits) + 1 };
}

function skipOperatingPoints(bits: BitReader): void {
  const hasTiming = bits.flag();
  if (hasTiming) {
    bits.read(32);
    bits.read(32);
    if (bits.flag()) bits.exponential(); // ticks per picture: uvlc() is ue(v)
  }
  const delayBits = hasTiming && bits.flag() ? bits.read(5) + 1 : 0;
  if (delayBits > 0) bits.read(42);
  const hasDisplayDelay = bits.flag();
  const points = bits.read(5) + 1;
  for (let point = 0; point < points; point += 1) {
    bits.read(12); // layers of the operating point
    if (bits.read(5) > 7) bits.read(1); // level, tier
    if (delayBits > 0 && bits.flag()) {
      bits.read(delayBits);
      bits.read(delayBits + 1);
    }
    if (hasDisplayDelay && bits.flag()) bits.read(4);
  }
}
