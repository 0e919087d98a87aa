import type { Fragment } from '../fragment.ts';

/** What one rendition was measured to send. */
export interface MeasuredRate {
  /** Bits per second of the segment that had most. */
  readonly peak: number;
  /** Bits per second over all of them. */
  readonly average: number;
  readonly framesPerSecond: number;
}

interface Measured {
  readonly bytes: number;
  readonly frames: number;
  readonly durationMs: number;
}

/** Segments that are remembered. */
const remembered = 30;

/** Shorter ones tell nothing of a rate (the last of a run), in milliseconds. */
const tooShortMs = 300;

/** Measures a rendition over its last segments. */
export class RateMeter {
  #segments: Measured[] = [];
  #bytes = 0;
  #frames = 0;

  add(fragments: readonly Fragment[]): void {
    for (const { bytes, frames } of fragments) {
      this.#bytes += bytes.length;
      this.#frames += frames;
    }
  }

  endSegment(durationMs: number): void {
    if (this.#bytes > 0 && durationMs >= tooShortMs) {
      this.#segments.push({ bytes: this.#bytes, frames: this.#frames, durationMs });
      if (this.#segments.length > remembered) this.#segments.shift();
    }
    this.#bytes = 0;
    this.#frames = 0;
  }

  /** Undefined before the first segment. */
  get measured(): MeasuredRate | undefined {
    if (this.#segments.length === 0) return undefined;
    const sum = (key: keyof Measured): number => this.#segments.reduce((total, segment) => total + segment[key], 0);
    const seconds = sum('durationMs') / 1000;
    return {
      peak: Math.max(...this.#segments.map(({ bytes, durationMs }) => (bytes * 8000) / durationMs)),
      average: (sum('bytes') * 8) / seconds,
      framesPerSecond: sum('frames') / seconds,
    };
  }
}
