import { timestampStep } from '../rtp-header.ts';

/** One moment on two clocks: RTP timestamps, and milliseconds. */
export interface Moment {
  readonly timestamp: number;
  readonly ms: number;
}

/** How long the quickest packet counts, in milliseconds: clocks drift. */
const windowMs = 10_000;

/**
 * What the arrival of a track's packets tells of its clock: the one that was the quickest of late stands for the moment when it arrived, because
 * others were held up somewhere.
 */
export class ArrivalClock {
  readonly #clockRate: number;
  #quickest: Moment | undefined;
  #before: Moment | undefined;
  #sinceMs = -Infinity;

  /** `clockRate` in Hz. */
  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /** Undefined before the first packet. */
  get moment(): Moment | undefined {
    if (this.#quickest === undefined || this.#before === undefined) return this.#quickest;
    return this.#isQuicker(this.#before, this.#quickest) ? this.#before : this.#quickest;
  }

  hear({ timestamp, arrivedMs }: { readonly timestamp: number; readonly arrivedMs: number }): void {
    if (arrivedMs - this.#sinceMs > windowMs) {
      this.#before = this.#quickest;
      this.#quickest = undefined;
      this.#sinceMs = arrivedMs;
    }
    const heard = { timestamp, ms: arrivedMs };
    if (this.#quickest === undefined || this.#isQuicker(heard, this.#quickest)) this.#quickest = heard;
  }

  #isQuicker(one: Moment, other: Moment): boolean {
    return one.ms - other.ms < (timestampStep(one.timestamp, other.timestamp) * 1000) / this.#clockRate;
  }
}
