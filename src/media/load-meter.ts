/** Sessions that were placed on a worker, and what they are expected to cost there. */
interface Placed {
  sessions: number;
  share: number;
}

/**
 * What one worker carries: what it was measured to use, and what was placed there since.
 *
 * A measurement shows a session in full only once the whole of its period came after it. So what is placed counts as an estimate for the
 * rest of its period and for the next one. Without that, a burst of joins between two measurements would go to one worker.
 */
export class LoadMeter {
  readonly #sessions = { publisher: 0, viewer: 0 };
  #measured = 0;
  #last: { readonly cpuMs: number; readonly atMs: number };
  #placed: { readonly now: Placed; readonly before: Placed } = { now: nothing(), before: nothing() };
  #missed: number | undefined;

  /** `cpuMs` is what the worker has used up to now, `atMs`. */
  constructor(cpuMs: number, atMs: number) {
    this.#last = { cpuMs, atMs };
  }

  /** Publishers that are here, or being placed here. */
  get publishers(): number {
    return this.#sessions.publisher;
  }

  get viewers(): number {
    return this.#sessions.viewer;
  }

  get sessions(): number {
    return this.publishers + this.viewers;
  }

  /** Share of a core that was used in the last whole period. */
  get measured(): number {
    return this.#measured;
  }

  /** Sessions that were there for all of that period. */
  get settled(): number {
    return Math.max(0, this.sessions - this.#placed.now.sessions - this.#placed.before.sessions);
  }

  /** CPU time that the worker had used when it was last asked, in milliseconds. */
  get cpuMs(): number {
    return this.#last.cpuMs;
  }

  /** Share of a core: measured, and expected of what is not in the measurement yet. */
  get share(): number {
    return this.#measured + this.#placed.now.share + this.#placed.before.share;
  }

  /** Counts a session from before it exists. Returns its idempotent release. */
  place(kind: 'publisher' | 'viewer', share: number): () => void {
    const mine = this.#placed.now; // once it is forgotten, taking back from it does no harm
    this.#sessions[kind] += 1;
    mine.sessions += 1;
    mine.share += share;
    let isPlaced = true;
    return () => {
      if (!isPlaced) return;
      isPlaced = false;
      this.#sessions[kind] -= 1;
      mine.sessions -= 1;
      mine.share -= share;
    };
  }

  /** The worker was asked what it uses. */
  asked(): void {
    this.#missed ??= 0;
  }

  /** Somebody looks whether the worker has answered. Gives how many looks in a row have found that it has not; undefined: it was not asked. */
  look(): number | undefined {
    if (this.#missed !== undefined) this.#missed += 1;
    return this.#missed;
  }

  /** How many looks in a row have found the answer missing. */
  get missed(): number {
    return this.#missed ?? 0;
  }

  /** The worker has answered. */
  sample(cpuMs: number, atMs: number): void {
    const elapsedMs = atMs - this.#last.atMs;
    this.#missed = undefined;
    if (elapsedMs <= 0) return;
    this.#measured = Math.max(0, (cpuMs - this.#last.cpuMs) / elapsedMs);
    this.#last = { cpuMs, atMs };
    this.#placed = { now: nothing(), before: this.#placed.now };
  }
}

function nothing(): Placed {
  return { sessions: 0, share: 0 };
}
