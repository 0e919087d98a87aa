/** How much more than its limit a sender may send for how long: encoders overshoot in busy scenes. */
const tolerance = 1.25;
const patienceMs = 10_000;

/** Tells whether a sender exceeds its bitrate, in bits per second, and keeps doing so. */
export class BitrateWatch {
  readonly #mostBytesPerMs: number;
  #last: { readonly bytes: number; readonly atMs: number } | undefined;
  #overSinceMs: number | undefined;

  constructor(maxBitrate: number) {
    this.#mostBytesPerMs = (maxBitrate * tolerance) / 8_000;
  }

  /** Takes a total of bytes and the time, in milliseconds; true once every sample of the last ten seconds was too much. */
  sample(bytes: number, nowMs: number): boolean {
    const last = this.#last;
    this.#last = { bytes, atMs: nowMs };
    if (last === undefined || nowMs <= last.atMs) return false;
    const isOver = (bytes - last.bytes) / (nowMs - last.atMs) > this.#mostBytesPerMs;
    this.#overSinceMs = isOver ? (this.#overSinceMs ?? last.atMs) : undefined;
    return this.#overSinceMs !== undefined && nowMs - this.#overSinceMs >= patienceMs;
  }
}
