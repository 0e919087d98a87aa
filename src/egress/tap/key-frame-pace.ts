/** How often a publisher that does not obey is asked all the same, in milliseconds: it may be replaced by one that does. */
const disobedientMs = 10_000;

/** How long an answer may take, in milliseconds. */
const answerMs = 1_000;

/** How many requests without an answer make a publisher one that does not obey. */
const patience = 3;

/** How early a request is made, in milliseconds, so that the key frame comes in time. */
const leadMs = 60;

/** Decides when a publisher is asked for a key frame, so that they come at even distances; encoders that do so by themselves are left alone. */
export class KeyFramePace {
  readonly #intervalMs: number;
  /** Until the next one. */
  #nextMs: number;
  #lastKeyFrame: number;
  #lastRequest = -Infinity;
  #unanswered = 0;

  /** `now` is when the first key frame was asked for; the second is due `secondMs` later, if that is earlier than others would be. */
  constructor(intervalMs: number, now: number, secondMs: number = intervalMs) {
    this.#intervalMs = intervalMs;
    this.#nextMs = Math.min(intervalMs, secondMs);
    this.#lastKeyFrame = now;
  }

  keyFrame(now: number): void {
    // Packets of one key frame come one after the other, and those of several encodings around the same time.
    if (now - this.#lastKeyFrame > this.#nextMs / 4) {
      this.#lastKeyFrame = now;
      this.#nextMs = this.#intervalMs;
    }
    if (this.#lastRequest <= now) this.#unanswered = 0;
  }

  /** Whether to ask now; asking is taken for done. Call it every 50 ms or so. */
  wants(now: number): boolean {
    const answerDue = this.#unanswered === 0 ? 0 : this.#unanswered >= patience ? disobedientMs : answerMs;
    if (now < this.#lastKeyFrame + this.#nextMs - leadMs || now < this.#lastRequest + answerDue) return false;
    this.#lastRequest = now;
    this.#unanswered += 1;
    return true;
  }
}
