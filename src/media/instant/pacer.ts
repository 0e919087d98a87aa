/** Bounds of the pace of a replay, in bit/s: slow enough for a link of a few Mbit/s, fast enough to be live at once. */
const pace = { least: 6_000_000, most: 20_000_000, leastLater: 300_000 } as const;

/** So many times as fast as it was sent, a replay catches up at all. */
const leastGain = 1.2;

/** What a late timer may make up for, in milliseconds; more would be a burst. */
const catchUpMs = 10;

/**
 * How fast a GOP of a stream is replayed, in bit/s: four times as fast as it was sent. No bandwidth of the viewer is known when it joins, and a
 * burst that is too fast for it holds up its audio in the same queue.
 */
export function replayRate(streamBitsPerSecond: number): number {
  return gaining(streamBitsPerSecond, pace.least);
}

/**
 * How fast another GOP is replayed to the same viewer, in bit/s: mostly because the first was too much. Not faster than its network carries,
 * where that is known (`estimate`, in bit/s), but a little faster than it was sent, or the viewer would never be live.
 */
export function laterReplayRate(streamBitsPerSecond: number, estimate = Infinity): number {
  return Math.max(leastGain * streamBitsPerSecond, Math.min(gaining(streamBitsPerSecond, pace.leastLater), estimate));
}

function gaining(streamBitsPerSecond: number, least: number): number {
  return Math.min(pace.most, Math.max(least, 4 * streamBitsPerSecond));
}

/** Lets packets go at a rate. Has no clock: the time comes with each call. */
export class Pacer {
  readonly #bytesPerMs: number;
  #freeAtMs: number;

  /** `rate` in bit/s. */
  constructor(rate: number, nowMs: number) {
    this.#bytesPerMs = rate / 8000;
    this.#freeAtMs = nowMs;
  }

  /** Whether a packet may go now; if so, it is counted as gone. */
  admits(bytes: number, nowMs: number): boolean {
    if (this.#freeAtMs > nowMs) return false;
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs - catchUpMs) + bytes / this.#bytesPerMs;
    return true;
  }
}
