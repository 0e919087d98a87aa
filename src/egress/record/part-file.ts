import { open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { GrowingFile } from '../storage/disk-sync.ts';
import { syncFolder } from '../storage/folder-sync.ts';

/** A file that only grows. What was handed to the kernel survives the end of this process, however it ends; what was synced, that of the machine. */
export class PartFile implements GrowingFile, AsyncDisposable {
  readonly path: string;
  readonly #handle: FileHandle;
  #bytes = 0;
  /** Undefined: not even its name is on the disk. */
  #syncedBytes: number | undefined;
  #closing: Promise<void> | undefined;

  /** Creates the file in a folder that there is. Rejects with `EEXIST` when it is there, and as `open` does otherwise. */
  static async open(path: string): Promise<PartFile> {
    return new PartFile(path, await open(path, 'ax'));
  }

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  /** Written so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Appends in one go. Rejects as `write` does, for example with `ENOSPC`; what was written of it stays. */
  async append(chunks: readonly Uint8Array[]): Promise<void> {
    let rest: readonly Uint8Array[] = chunks.filter(({ length }) => length > 0);
    while (rest.length > 0) {
      const { bytesWritten } = await this.#handle.writev([...rest.slice(0, maxVectors)]);
      this.#bytes += bytesWritten;
      rest = after(rest, bytesWritten);
    }
  }

  /** Cuts off what follows so many bytes: the beginning of a fragment whose end did not fit. */
  async truncate(bytes: number): Promise<void> {
    await this.#handle.truncate(bytes);
    this.#bytes = bytes;
  }

  async sync(): Promise<void> {
    const bytes = this.#bytes;
    if (bytes === this.#syncedBytes || this.#closing !== undefined) return;
    await this.#handle.datasync();
    if (this.#syncedBytes === undefined) await syncFolder(dirname(this.path));
    this.#syncedBytes = bytes;
  }

  /** Brings everything to the disk and closes. Idempotent. */
  async close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    try {
      await this.#handle.datasync();
    } finally {
      await this.#handle.close();
    }
  }
}

/** The kernel takes 1024 pieces at once. */
const maxVectors = 512;

/** What is left when the first `bytes` of some pieces are gone. */
function after(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  let gone = bytes;
  const index = chunks.findIndex(({ length }) => {
    if (gone < length) return true;
    gone -= length;
    return false;
  });
  const [first, ...others] = index === -1 ? [] : chunks.slice(index);
  return first === undefined ? [] : [first.subarray(gone), ...others];
}
