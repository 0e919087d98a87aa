import { open, type FileHandle } from 'node:fs/promises';
import { parseBoxes, readMoof } from '../moof.ts';
import { WebmParser } from '../webm-parser.ts';

/** What is whole of a file that grew until somebody was killed. */
export interface WholePart {
  /** Up to the end of the last whole fragment. */
  readonly bytes: number;
  readonly durationMs: number;
  /** False: its sound never came. */
  readonly hasSound: boolean;
}

/** How many of the last fragments are read for their times: more than lie between the ends of picture and sound. */
const lastFragments = 32;

/** What a file is by its first bytes: EBML (RFC 8794 §11.2.1), or else ISO base media. Rejects as the file system does. */
export async function containerOf(path: string): Promise<'mp4' | 'webm'> {
  await using file = await open(path, 'r');
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
  return buffer.readUInt32BE(0) === 0x1a45dfa3 ? 'webm' : 'mp4';
}

/** Measures a file that grew. Rejects as the file system does, and with `RangeError` when it is not one of ours. */
export async function measurePart(path: string): Promise<WholePart> {
  return (await containerOf(path)) === 'webm' ? measureWebm(path) : measureMp4(path);
}

async function measureWebm(path: string): Promise<WholePart> {
  const parser = new WebmParser('webm');
  let bytes = 0;
  let endMs = 0;
  await using file = await open(path, 'r');
  for await (const chunk of file.createReadStream({ autoClose: false, highWaterMark: 2 ** 20 })) {
    for (const fragment of parser.push(chunk as Buffer)) {
      bytes = (bytes || fragment.init.bytes.length) + fragment.bytes.length;
      endMs = Math.max(endMs, fragment.startMs + fragment.durationMs);
    }
  }
  return { bytes, durationMs: endMs, hasSound: true };
}

/** Walks over the media. */
async function measureMp4(path: string): Promise<WholePart> {
  await using file = await open(path, 'r');
  const { size } = await file.stat();
  const moofs: BoxPlace[] = [];
  let tracks: readonly Track[] = [];
  let bytes = 0;
  for (let offset = 0; ;) {
    const box = await readBoxPlace(file, offset);
    if (box === undefined || offset + box.size > size) break;
    offset += box.size;
    if (box.type === 'moov') tracks = tracksIn(await readBox(file, box));
    if (box.type === 'moof') moofs.push(box);
    if (box.type === 'mdat') bytes = offset;
  }
  const whole = moofs.filter(({ offset }) => offset < bytes);
  const ends = await Promise.all(whole.slice(-lastFragments).map(async (box) => endOf(await readBox(file, box), tracks)));
  return { bytes, durationMs: Math.max(0, ...ends), hasSound: await holds(file, whole, tracks.find(({ isSound }) => isSound)?.id) };
}

async function holds(file: FileHandle, moofs: readonly BoxPlace[], trackId: number | undefined): Promise<boolean> {
  for (const box of moofs) if (trackOf(await readBox(file, box)) === trackId) return true;
  return false;
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

interface Track {
  readonly id: number;
  readonly timescale: number;
  readonly isSound: boolean;
}

function tracksIn(moov: Uint8Array): readonly Track[] {
  return parseBoxes(moov).moov.traks.map(({ tkhd, mdia }) => ({
    id: tkhd.track_id,
    timescale: mdia.mdhd.timescale,
    isSound: mdia.hdlr.handler === 'soun',
  }));
}

function trackOf(moof: Uint8Array): number | undefined {
  return parseBoxes(moof).moofs[0]?.trafs[0]?.tfhd.track_id;
}

function endOf(moof: Uint8Array, tracks: readonly Track[]): number {
  const trackId = trackOf(moof);
  const { decodeTime, duration } = readMoof(moof);
  return ((decodeTime + duration) * 1000) / (tracks.find(({ id }) => id === trackId)?.timescale ?? Infinity);
}
