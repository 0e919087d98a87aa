import type { Fragment, InitSegment } from './fragment.ts';
import { writeBoxes } from './init-segment.ts';
import { boxSize, parseBoxes } from './moof.ts';

/** One `ftyp` + `moov` for a file with both: the video is track 1, the audio track 2. Either may be missing, not both. */
export function joinInits(video: InitSegment | undefined, audio: InitSegment | undefined): Uint8Array {
  const first = video ?? audio;
  if (first === undefined) throw new TypeError('a file has a track');
  if (video === undefined || audio === undefined) return first.bytes;
  const file = parseBoxes(video.bytes);
  const moov = file.moov;
  const other = parseBoxes(audio.bytes).moov;
  const track = other.traks[0];
  const extension = other.mvex?.trexs[0];
  if (moov.mvex === undefined || track === undefined || extension === undefined) throw new RangeError('not two init segments of one track');
  track.tkhd.track_id = 2;
  extension.track_id = 2;
  moov.mvhd.next_track_id = 3;
  moov.mvex.boxes?.push(extension);
  const boxes = moov.boxes ?? [];
  boxes.splice(boxes.findLastIndex(({ type }) => type === 'trak') + 1, 0, track);
  return writeBoxes(file);
}

/** Where a fragment goes in a file. */
export interface Placement {
  /** As {@link joinInits} counts them: 1, or 2 for the audio of a file with both. */
  readonly trackId: number;
  /** Of the fragment in its file, from 1. */
  readonly sequence: number;
  /** What counts as 0 in the file, on the clock of the run; default 0. Fragments must not begin before. */
  readonly zeroMs?: number;
}

/** The bytes of a fragment for its place in a file: a new `moof`, and the `mdat` as it is, uncopied. */
export function placeFragment(fragment: Fragment, { trackId, sequence, zeroMs = 0 }: Placement): readonly [Uint8Array, Uint8Array] {
  const moofBytes = boxSize(fragment.bytes);
  const moof = Uint8Array.from(fragment.bytes.subarray(0, moofBytes));
  const view = new DataView(moof.buffer);
  const traf = findBox(view, 'traf', { start: headerBytes, end: moofBytes });
  const inside = { start: traf + headerBytes, end: traf + view.getUint32(traf) };
  view.setUint32(findBox(view, 'mfhd', { start: headerBytes, end: moofBytes }) + fullHeaderBytes, sequence);
  view.setUint32(findBox(view, 'tfhd', inside) + fullHeaderBytes, trackId);
  shiftDecodeTime(view, findBox(view, 'tfdt', inside), Math.round((zeroMs * fragment.init.timescale) / 1000));
  return [moof, fragment.bytes.subarray(moofBytes)];
}

const headerBytes = 8;
const fullHeaderBytes = 12;

function findBox(view: DataView, type: string, { start, end }: { readonly start: number; readonly end: number }): number {
  const wanted = Buffer.from(type, 'latin1').readUInt32BE(0);
  for (let offset = start; offset + headerBytes <= end; offset += Math.max(headerBytes, view.getUint32(offset))) {
    if (view.getUint32(offset + 4) === wanted) return offset;
  }
  throw new RangeError(`no ${type} in this fragment`);
}

function shiftDecodeTime(view: DataView, tfdt: number, units: number): void {
  const isLong = view.getUint8(tfdt + headerBytes) === 1;
  const time = isLong ? Number(view.getBigUint64(tfdt + fullHeaderBytes)) : view.getUint32(tfdt + fullHeaderBytes);
  const shifted = Math.max(0, time - units);
  if (isLong) view.setBigUint64(tfdt + fullHeaderBytes, BigInt(shifted));
  else view.setUint32(tfdt + fullHeaderBytes, shifted);
}
