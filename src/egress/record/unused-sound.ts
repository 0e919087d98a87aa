import { open, type FileHandle } from 'node:fs/promises';
import { parseBoxes } from '../moof.ts';

/** What a box is called that players pass over (ISO/IEC 14496-12 §8.1.2). */
const passedOver = Buffer.from('free', 'latin1');

const headerBytes = 8;

/**
 * Has players pass over the sound track of a fragmented MP4 to which no sound came: they would look for it up to the end of the file.
 *
 * Changes the names of boxes in place, so that the file is whole at any time. Rejects as the file system does.
 */
export async function hideSound(path: string): Promise<void> {
  await using file = await open(path, 'r+');
  const ftyp = (await read(file, 0, headerBytes)).readUInt32BE(0);
  const moov = await read(file, ftyp, (await read(file, ftyp, headerBytes)).readUInt32BE(0));
  for (const offset of soundBoxes(moov)) await file.write(passedOver, 0, passedOver.length, ftyp + offset + 4);
}

/** Where the boxes about sound begin. */
function soundBoxes(bytes: Buffer): readonly number[] {
  const { moov } = parseBoxes(bytes);
  const tracks = moov.traks.filter(({ mdia }) => mdia.hdlr.handler === 'soun');
  const ids = new Set(tracks.map(({ tkhd }) => tkhd.track_id));
  return [...tracks, ...(moov.mvex?.trexs ?? []).filter(({ track_id }) => ids.has(track_id))].flatMap(({ start }) => start ?? []);
}

async function read(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const { buffer } = await file.read(Buffer.alloc(length), 0, length, offset);
  return buffer;
}
