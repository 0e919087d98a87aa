/** What FFmpeg tells every second (`-progress`). */
export interface PushProgress {
  /** What was written to the server since the start, in bytes. */
  readonly bytes: number;
  /** The last report of a process that ends. */
  readonly isLast: boolean;
}

/** Puts the lines of `-progress` together. */
export class ProgressReader {
  #bytes = 0;

  /** Takes a line; a report is complete with its line `progress=…`. */
  take(line: string): PushProgress | undefined {
    const [key, value = ''] = line.trim().split('=', 2);
    if (key === 'total_size' && /^\d+$/.test(value)) this.#bytes = Number(value);
    return key === 'progress' ? { bytes: this.#bytes, isLast: value === 'end' } : undefined;
  }
}
