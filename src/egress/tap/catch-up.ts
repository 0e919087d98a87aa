import type { Fragment } from '../fragment.ts';

/** How near to the present a rendition must come to have caught up, in milliseconds: two fragments. */
const nearMs = 450;

/** How long a fragment waits for those of other renditions that belong before it, in milliseconds. */
const patienceMs = 1_000;

/** How long all this may take, in milliseconds: a rendition that has nothing by then is silent. */
const longestMs = 4_000;

/**
 * Puts the fragments of a run that begins in the past into the order of their times, until it has caught up with the present: FFmpeg hands out the
 * picture of two seconds within a few milliseconds, and the sound after it, and readers would take the sound for silent. All times in milliseconds
 * on the clock of the run.
 */
export class CatchUp {
  readonly #reached: Map<string, number>;
  #waiting: { readonly fragment: Fragment; readonly cameMs: number }[] = [];
  #beganMs: number | undefined;
  #isOver = false;

  /** `renditions`: names of all that the run has. */
  constructor(renditions: readonly string[]) {
    this.#reached = new Map(renditions.map((name) => [name, -Infinity]));
  }

  /** Takes what came, and gives those whose turn it is; `nowMs`: what would come now of a run without delay. */
  push(fragment: Fragment, nowMs: number): readonly Fragment[] {
    if (this.#isOver) return [fragment];
    this.#beganMs ??= nowMs;
    this.#reached.set(fragment.rendition, fragment.startMs + fragment.durationMs);
    this.#waiting.push({ fragment, cameMs: nowMs });
    this.#waiting.sort((one, other) => one.fragment.startMs - other.fragment.startMs);
    const reachedMs = Math.min(...this.#reached.values());
    this.#isOver = reachedMs >= nowMs - nearMs || nowMs - this.#beganMs >= longestMs;
    if (this.#isOver) return this.flush();
    const end = this.#waiting.findIndex(({ fragment: { startMs }, cameMs }) => startMs > reachedMs && nowMs - cameMs < patienceMs);
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end).map(({ fragment: due }) => due);
  }

  /** Gives what still waits: nothing more comes. */
  flush(): readonly Fragment[] {
    return this.#waiting.splice(0).map(({ fragment }) => fragment);
  }
}
