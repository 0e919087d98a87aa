import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Makes a folder with its parents where they are missing, so that they are there after a power failure, too. Rejects as the file system does. */
export async function makeFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true });
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Brings to the disk which files a folder has. Rejects as the file system does. */
export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}
