import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Space of the file system that recordings are on. */
export interface DiskSpace {
  /** What we may still write, in bytes. */
  readonly availableBytes: number;
  readonly totalBytes: number;
}

/** Reads the space of the file system that a folder is on, or will be. Rejects as `statfs` does. */
export async function readDiskSpace(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(existing(folder));
  return { availableBytes: bavail * bsize, totalBytes: blocks * bsize };
}

function existing(folder: string): string {
  const parent = dirname(folder);
  return existsSync(folder) || parent === folder ? folder : existing(parent);
}

/**
 * Whether there is room for recordings: what is kept free is, and where there was none, a tenth more, so that recordings do not stop and
 * begin all the time.
 */
export function hasRoom({ availableBytes }: DiskSpace, minFreeBytes: number, hadRoom: boolean): boolean {
  return availableBytes >= (hadRoom ? minFreeBytes : minFreeBytes + minFreeBytes / 10);
}
