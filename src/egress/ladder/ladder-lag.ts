/** How far behind an encoder may be, in milliseconds of media. */
const longestLagMs = 4_000;

/** How long it may be so far behind without catching up, in milliseconds: at its start it gets some seconds of media at once. */
const patienceMs = 5_000;

/** What counts as catching up within that time, in milliseconds of media. */
const progressMs = 200;

/** Tells an encoder that cannot keep up from one that catches up, or had a busy moment. */
export class LadderLag {
  /** The least lag of late, and when it was. */
  #least: { readonly lagMs: number; readonly at: number } | undefined;

  /** Whether it is time to give up; call it with every fragment that is fed. `now`: of a steady clock, in milliseconds. */
  isTooLong(lagMs: number, now: number): boolean {
    if (lagMs <= longestLagMs) this.#least = undefined;
    else if (this.#least === undefined || lagMs < this.#least.lagMs - progressMs) this.#least = { lagMs, at: now };
    return this.#least !== undefined && now - this.#least.at > patienceMs;
  }
}
