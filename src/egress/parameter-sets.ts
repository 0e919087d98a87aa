/** NAL units of an H264 stream that its decoder needs first, without start codes or lengths. */
export interface ParameterSets {
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
}

const naluSlice = 1;
const naluKeyFrameSlice = 5;
const naluSps = 7;
const naluPps = 8;

/** The parameter sets before the first slice of a frame whose NAL units have lengths of four bytes (ISO/IEC 14496-15 §5.3.3). */
export function readParameterSets(frame: Uint8Array): ParameterSets {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const sets = { sps: new Array<Uint8Array>(), pps: new Array<Uint8Array>() };
  for (let offset = 0; offset + 4 < frame.length;) {
    const size = view.getUint32(offset);
    const type = view.getUint8(offset + 4) & 0x1f;
    if (type >= naluSlice && type <= naluKeyFrameSlice) break;
    const unit = frame.subarray(offset + 4, offset + 4 + size);
    if (type === naluSps) sets.sps.push(unit);
    if (type === naluPps) sets.pps.push(unit);
    offset += 4 + size;
  }
  return sets;
}

/** What a decoder needs from `now` on, when it was given `before`; undefined when nothing has changed. */
export function changedSets(before: ParameterSets, now: ParameterSets): ParameterSets | undefined {
  if (now.sps.length === 0) return undefined;
  const pps = now.pps.length === 0 ? before.pps : now.pps;
  return sameUnits(before.sps, now.sps) && sameUnits(before.pps, pps) ? undefined : { sps: now.sps.map(own), pps: pps.map(own) };
}

function sameUnits(before: readonly Uint8Array[], now: readonly Uint8Array[]): boolean {
  return before.length === now.length && before.every((unit, index) => Buffer.compare(unit, now[index] ?? unit.subarray(1)) === 0);
}

/** A copy, so that a few bytes do not keep a fragment in memory. */
function own(unit: Uint8Array): Uint8Array {
  return Uint8Array.from(unit);
}
