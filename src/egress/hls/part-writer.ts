import type { Fragment, InitSegment } from '../fragment.ts';
import type { PackagerOptions } from './packager.ts';
import type { Step } from './segment.ts';

/** Parts have at least this share of their target length, except the last of a segment (draft-pantos-hls-rfc8216bis §4.4.4.9). */
const leastShare = 0.85;

/** Writes one rendition's segments part by part. */
export class PartWriter {
  readonly #rendition: string;
  readonly #options: Pick<PackagerOptions, 'presentation' | 'partMs' | 'epochMs'>;
  #step: Step | undefined;
  #init: InitSegment | undefined;
  #startMs = 0;
  /** The first fragment of the segment has come. */
  #hasBegun = false;
  #fragments: Fragment[] = [];
  #durationMs = 0;

  constructor(rendition: string, options: Pick<PackagerOptions, 'presentation' | 'partMs' | 'epochMs'>) {
    this.#rendition = rendition;
    this.#options = options;
  }

  get step(): Step | undefined {
    return this.#step;
  }

  get isOpen(): boolean {
    return this.#step !== undefined;
  }

  /** Nothing was added to the open segment. */
  get isEmpty(): boolean {
    return !this.#hasBegun;
  }

  get startMs(): number {
    return this.#startMs;
  }

  /** Opens the segment of a step; it begins with the first fragment. */
  begin(step: Step, startMs: number, init: InitSegment): void {
    this.#step = step;
    this.#init = init;
    this.#startMs = startMs;
    this.#hasBegun = false;
  }

  add(fragment: Fragment): void {
    const { partMs, presentation, epochMs } = this.#options;
    if (this.#step === undefined || this.#init === undefined) throw new TypeError('there is no open segment');
    if (!this.#hasBegun) {
      this.#hasBegun = true;
      this.#startMs = fragment.startMs;
      presentation.start(this.#step, {
        rendition: this.#rendition,
        init: this.#init,
        startsAt: epochMs + fragment.startMs,
        listsParts: true,
      });
    }
    if (this.#durationMs + fragment.durationMs > partMs) this.#flush();
    this.#fragments.push(fragment);
    this.#durationMs += fragment.durationMs;
    if (this.#durationMs >= partMs * leastShare) this.#flush();
  }

  /** Completes the open segment; `atMs`: where the next one begins. */
  end(atMs?: number): void {
    this.#flush();
    if (this.#step !== undefined && this.#hasBegun) {
      this.#options.presentation.complete(this.#step, this.#rendition, atMs === undefined ? undefined : atMs - this.#startMs);
    }
    this.#step = undefined;
  }

  #flush(): void {
    if (this.#step === undefined || this.#fragments.length === 0) return;
    this.#options.presentation.add(this.#step, this.#rendition, this.#fragments);
    this.#fragments = [];
    this.#durationMs = 0;
  }
}
