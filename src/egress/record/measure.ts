import { open, type FileHandle } from 'node:fs/promises';
import { parseBoxes, readMoof } from '../moof.ts';

/** What is whole of a file that grew until somebody was killed. */
export interface WholePart {
  /** Up to the end of the last whole fragment. */
  readonly bytes: number;
  readonly durationMs: number;
}

/** How many of the last fragments are read for their times: more than lie between the ends of picture and sound. */
const lastFragments = 32;

/** Measures a file that grew, without reading its media. Rejects as the file system does. */
export async function measurePart(path: string): Promise<WholePart> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const moofs: BoxPlace[] = [];
  let timescales = new Map<number, number>();
  let bytes = 0;
  for (let offset = 0; ;) {
    const box = await readBoxPlace(file, offset);
    if (box === undefined || offset + box.size > size) break;
    offset += box.size;
    if (box.type === 'moov') timescales = timescalesIn(await readBox(file, box));
    if (box.type === 'moof') moofs.push(box);
    if (box.type === 'mdat') bytes = offset;
  }
  const whole = moofs.filter(({ offset }) => offset < bytes).slice(-lastFragments);
  const ends = await Promise.all(whole.map(async (box) => endOf(await readBox(file, box), timescales)));
  return { bytes, durationMs: Math.max(0, ...ends) };
}

interface BoxPlace {
  readonly type: string;
  readonly offset: number;
  readonly size: number;
}

const headerBytes = 8;

async function readBoxPlace(file: FileHandle, offset: number): Promise<BoxPlace | undefined> {
  const { bytesRead, buffer } = await file.read(Buffer.alloc(headerBytes), 0, headerBytes, offset);
  if (bytesRead < headerBytes) return undefined;
  const size = buffer.readUInt32BE(0);
  return size < headerBytes ? undefined : { type: buffer.toString('latin1', 4, headerBytes), offset, size };
}

async function readBox(file: FileHandle, { offset, size }: BoxPlace): Promise<Uint8Array> {
  const { buffer } = await file.read(Buffer.alloc(size), 0, size, offset);
  return buffer;
}

function timescalesIn(moov: Uint8Array): Map<number, number> {
  return new Map(parseBoxes(moov).moov.traks.map(({ tkhd, mdia }) => [tkhd.track_id, mdia.mdhd.timescale]));
}

function endOf(moof: Uint8Array, timescales: ReadonlyMap<number, number>): number {
  const trackId = parseBoxes(moof).moofs[0]?.trafs[0]?.tfhd.track_id ?? 0;
  const { decodeTime, duration } = readMoof(moof);
  return ((decodeTime + duration) * 1000) / (timescales.get(trackId) ?? Infinity);
}
