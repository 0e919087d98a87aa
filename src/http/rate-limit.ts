/** How many requests each key may make. */
export interface RateLimitOptions {
  /** In the long run; as many may come at once. */
  readonly perMinute: number;
  /** How many keys are remembered; the one that was seen longest ago is forgotten first. Default 100 000. */
  readonly keys?: number;
}

const minuteMs = 60_000;

/**
 * A rate for each of many keys, by the generic cell rate algorithm: it keeps one number for each, the time at which its bucket is full
 * again. Times in milliseconds on one clock.
 */
export class RateLimit {
  readonly #intervalMs: number;
  readonly #mostKeys: number;
  readonly #fullAt = new Map<string, number>();

  constructor({ perMinute, keys = 100_000 }: RateLimitOptions) {
    this.#intervalMs = minuteMs / perMinute;
    this.#mostKeys = keys;
  }

  /** Takes a place if there is one; gives for how many milliseconds there is none. */
  take(key: string, nowMs: number): number {
    const fullAt = Math.max(this.#fullAt.get(key) ?? 0, nowMs) + this.#intervalMs;
    const waitMs = fullAt - nowMs - minuteMs;
    if (waitMs > 1e-6) return waitMs;
    this.#fullAt.delete(key);
    this.#fullAt.set(key, fullAt);
    const [oldest] = this.#fullAt.keys();
    if (this.#fullAt.size > this.#mostKeys && oldest !== undefined) this.#fullAt.delete(oldest);
    return 0;
  }
}
