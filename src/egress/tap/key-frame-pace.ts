/** How often a publisher that does not obey is asked all the same, in milliseconds: it may be replaced by one that does. */
const disobedientMs = 10_000;

/** How long an answer may take, in milliseconds. */
const answerMs = 1_000;

/** How many requests without an answer make a publisher one that does not obey. */
const patience = 3;

/** How early a request is made, in milliseconds, so that the key frame comes in time. */
const leadMs = 60;

/** How late an encoder's own key frame may be before one is asked for after all, in milliseconds. */
const ownLateMs = 100;

/** Segments end at the first key frame after this share of the interval: one that comes earlier changes nothing. */
const countsFrom = 0.75;

/** Decides when a publisher is asked for a key frame, so that they come at even distances; encoders that do so by themselves are left alone. */
export class KeyFramePace {
  readonly #intervalMs: number;
  /** Until the next one. */
  #nextMs: number;
  /** The last one that ends a segment. */
  #lastCounted: number;
  #lastSeen: number;
  /** Between the last two, where nobody was asked for the last one. */
  #ownMs: number | undefined;
  #lastRequest = -Infinity;
  #unanswered = 0;

  /** `now` is when the first key frame was asked for; the second is due `secondMs` later, if that is earlier than others would be. */
  constructor(intervalMs: number, now: number, secondMs: number = intervalMs) {
    this.#intervalMs = intervalMs;
    this.#nextMs = Math.min(intervalMs, secondMs);
    this.#lastCounted = now;
    this.#lastSeen = now;
  }

  keyFrame(now: number): void {
    // Packets of one key frame come one after the other, and those of several encodings around the same time.
    if (now - this.#lastSeen > this.#nextMs / 4) {
      this.#ownMs = this.#unanswered === 0 ? now - this.#lastSeen : undefined;
      this.#lastSeen = now;
    }
    if (now - this.#lastCounted >= this.#nextMs * countsFrom) {
      this.#lastCounted = now;
      this.#nextMs = this.#intervalMs;
    }
    if (this.#lastRequest <= now) this.#unanswered = 0;
  }

  /** Whether to ask now; asking is taken for done. Call it every 50 ms or so. */
  wants(now: number): boolean {
    const answerDue = this.#unanswered === 0 ? 0 : this.#unanswered >= patience ? disobedientMs : answerMs;
    const dueAt = this.#lastCounted + this.#nextMs;
    if (now < dueAt - leadMs || now < this.#lastRequest + answerDue) return false;
    const ownUntil = this.#lastSeen + (this.#ownMs ?? Infinity) + ownLateMs;
    if (ownUntil <= dueAt + 2 * ownLateMs && now < ownUntil) return false;
    this.#lastRequest = now;
    this.#unanswered += 1;
    return true;
  }
}
