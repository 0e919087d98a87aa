/** How far behind an encoder may be, in milliseconds of media. */
const longestLagMs = 2_000;

/** How long it may be so far behind, in milliseconds: at its start it gets some seconds of media at once, and a busy moment passes. */
const patienceMs = 3_000;

/** Tells an encoder that cannot keep up from one that had a busy moment. */
export class LadderLag {
  #behindSince: number | undefined;

  /** Whether it is time to give up; call it with every fragment that is fed. `now`: of a steady clock, in milliseconds. */
  isTooLong(lagMs: number, now: number): boolean {
    if (lagMs <= longestLagMs) this.#behindSince = undefined;
    else this.#behindSince ??= now;
    return this.#behindSince !== undefined && now - this.#behindSince > patienceMs;
  }
}
