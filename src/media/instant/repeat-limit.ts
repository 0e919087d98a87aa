/** How often a GOP is replayed again for one newcomer: who asks more often than that has another trouble than a late beginning. */
const mostRepeats = 2;

/** What a player asks for so soon after a replay has begun again, it asked for before the key frame could reach it; in milliseconds. */
const onItsWayMs = 300;

/**
 * Which of a newcomer's requests for a key frame are answered by the replay of a GOP. The first is at once: players ask when they have received
 * something that they cannot decode, because the key frame before it came too early for them. Has no clock: the time comes with each call.
 */
export class RepeatLimit {
  #left = mostRepeats;
  #notBeforeMs = -Infinity;

  /** Whether a request is answered; if so, it counts. */
  admits(nowMs: number): boolean {
    if (this.#left === 0 || nowMs < this.#notBeforeMs) return false;
    this.#left -= 1;
    this.#notBeforeMs = nowMs + onItsWayMs;
    return true;
  }
}
