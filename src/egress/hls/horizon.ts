import type { Fragment, TapRun } from '../fragment.ts';
import { endOf } from './fragment-times.ts';

/** How far behind its original what is encoded here may be before it is shown no more, in milliseconds. */
const encoderDelayMs = 2_000;

/**
 * The newest time of a run, by which a rendition that is behind is told from one that has vanished.
 *
 * What is encoded here is always later than its original, by more on a busy machine, and its pictures come out one after the other: it is
 * compared with its like, as long as it is not too late altogether.
 */
export class Horizon {
  readonly #encoded: ReadonlySet<string>;
  #newestMs = -Infinity;
  #newestEncodedMs = -Infinity;

  constructor({ renditions }: TapRun) {
    this.#encoded = new Set(renditions.flatMap(({ name, encoded }) => (encoded === undefined ? [] : [name])));
  }

  saw(fragment: Fragment): void {
    const endMs = endOf(fragment);
    this.#newestMs = Math.max(this.#newestMs, endMs);
    if (this.#encoded.has(fragment.rendition)) this.#newestEncodedMs = Math.max(this.#newestEncodedMs, endMs);
  }

  /** Of everything, in milliseconds of the run's clock. */
  get newestMs(): number {
    return this.#newestMs;
  }

  /** Where a rendition would be if it were there, in milliseconds of the run's clock. */
  expectedOf(rendition: string): number {
    if (!this.#encoded.has(rendition)) return this.#newestMs;
    return Math.max(this.#newestEncodedMs, this.#newestMs - encoderDelayMs);
  }
}
