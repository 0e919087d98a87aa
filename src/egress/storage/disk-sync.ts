/** What grows on a disk. */
export interface GrowingFile {
  /** Brings to the disk what was written so far; at once where there is nothing new. */
  sync(): Promise<void>;
}

/** What a power failure costs at most, beside what is on its way to the file, in milliseconds. */
const everyMs = 2_000;

interface Entry {
  readonly file: GrowingFile;
  readonly failed: (error: unknown) => void;
}

/**
 * Brings files that grow to the disk every two seconds: left alone, the kernel would keep half a minute of them in memory.
 *
 * One after the other, so that a slow disk holds up one of Node's four threads for files and no more. Whoever writes does not wait.
 */
export class DiskSync implements Disposable {
  readonly #entries = new Set<Entry>();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** Looks after a file until disposed. `failed` hears of a disk that does not take it, and nothing of the file is tried again. */
  add(file: GrowingFile, failed: (error: unknown) => void): Disposable {
    const entry = { file, failed };
    this.#entries.add(entry);
    this.#schedule();
    return { [Symbol.dispose]: () => void this.#entries.delete(entry) };
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#entries.clear();
  }

  #schedule(): void {
    if (this.#closed || this.#entries.size === 0 || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => void this.#round(), everyMs).unref();
  }

  /** Never rejects. */
  async #round(): Promise<void> {
    for (const entry of [...this.#entries]) {
      if (!this.#entries.has(entry)) continue;
      try {
        await entry.file.sync();
      } catch (error) {
        if (this.#entries.delete(entry)) entry.failed(error);
      }
    }
    this.#timer = undefined;
    this.#schedule();
  }
}
