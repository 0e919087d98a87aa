import type { Fragment } from '../fragment.ts';

/** A rendition without fragments for this long while another one has some is taken for gone, in milliseconds. */
const goneMs = 1_500;

/** A larger rendition that comes back must hold out for this long before it is recorded again, in milliseconds. */
const provenMs = 4_000;

/** How long the largest rendition of a run is waited for, in milliseconds; what the others bring meanwhile is kept. */
const openingMs = 1_500;

interface Seen {
  /** Where the present stretch without a hole began. */
  sinceMs: number;
  endMs: number;
}

/**
 * Which of the renditions of a run is recorded: the largest that flows. It changes at key frames only, and each change begins a new part,
 * because a file has one size.
 */
export class RenditionChoice {
  readonly #order: readonly string[];
  readonly #seen = new Map<string, Seen>();
  /** What came before the first choice. */
  #opening: Fragment[] = [];
  #chosen: string | undefined;

  /** `order`: names of the video renditions, the lowest first. */
  constructor(order: readonly string[]) {
    this.#order = order;
  }

  /** Takes a video fragment, and gives what belongs to the recording. */
  push(fragment: Fragment): readonly Fragment[] {
    this.#note(fragment);
    if (this.#chosen === undefined) return this.#open(fragment);
    if (fragment.independent && this.#isBetter(fragment)) this.#chosen = fragment.rendition;
    return fragment.rendition === this.#chosen ? [fragment] : [];
  }

  #note({ rendition, startMs, durationMs }: Fragment): void {
    const endMs = startMs + durationMs;
    const seen = this.#seen.get(rendition);
    if (seen === undefined || startMs - seen.endMs > goneMs) this.#seen.set(rendition, { sinceMs: startMs, endMs });
    else seen.endMs = endMs;
  }

  #open(fragment: Fragment): readonly Fragment[] {
    const isLargest = fragment.rendition === this.#order.at(-1);
    if (isLargest && !fragment.independent) return [];
    this.#opening.push(fragment);
    const sinceMs = fragment.startMs - (this.#opening[0]?.startMs ?? fragment.startMs);
    if (!isLargest && sinceMs < openingMs) return [];
    const best = this.#order.findLast((name) => this.#opening.some(({ rendition, independent }) => rendition === name && independent));
    if (best === undefined) return [];
    const ofBest = this.#opening.filter(({ rendition }) => rendition === best);
    this.#opening = [];
    this.#chosen = best;
    return ofBest.slice(ofBest.findIndex(({ independent }) => independent));
  }

  #isBetter({ rendition, startMs }: Fragment): boolean {
    const isAlive = (name: string): boolean => startMs - (this.#seen.get(name)?.endMs ?? -Infinity) <= goneMs;
    if (this.#chosen === undefined || !isAlive(this.#chosen)) return rendition === this.#order.findLast(isAlive);
    if (this.#order.indexOf(rendition) <= this.#order.indexOf(this.#chosen)) return false;
    return startMs - (this.#seen.get(rendition)?.sinceMs ?? startMs) >= provenMs;
  }
}
