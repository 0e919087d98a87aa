import type { Fragment } from '../fragment.ts';

/** A rendition without fragments for this long while another one has some is taken for gone, in milliseconds. */
const goneMs = 1_500;

/** A larger rendition that comes back must hold out for this long before it is recorded again, in milliseconds. */
const provenMs = 4_000;

/** How long a rendition with a larger picture replaces what was recorded of a run so far, in milliseconds: their first key frames come apart. */
const openingMs = 1_500;

/** How long the largest one is waited for before anything is recorded, in milliseconds: a crash loses that. */
const patienceMs = 400;

/** What belongs to the recording. */
export interface Choice {
  readonly fragments: readonly Fragment[];
  /** What was given of the run before is to be forgotten: a larger picture has come. */
  readonly replaces: boolean;
}

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
  #openedMs: number | undefined;
  #chosen: string | undefined;
  #isSettled = false;

  /** `order`: names of the video renditions, the lowest first. */
  constructor(order: readonly string[]) {
    this.#order = order;
  }

  /** Whether nothing is replaced any more. */
  get isSettled(): boolean {
    return this.#isSettled;
  }

  /** Takes a video fragment. */
  push(fragment: Fragment): Choice {
    this.#note(fragment);
    this.#openedMs ??= fragment.startMs;
    if (this.#chosen === undefined) return { fragments: this.#open(fragment, this.#openedMs), replaces: false };
    if (fragment.startMs - this.#openedMs >= openingMs) this.#isSettled = true;
    const replaces = !this.#isSettled && fragment.independent && this.#isLarger(fragment);
    if (replaces || (fragment.independent && this.#isBetter(fragment))) this.#choose(fragment.rendition);
    return { fragments: fragment.rendition === this.#chosen ? [fragment] : [], replaces };
  }

  #note({ rendition, startMs, durationMs }: Fragment): void {
    const endMs = startMs + durationMs;
    const seen = this.#seen.get(rendition);
    if (seen === undefined || startMs - seen.endMs > goneMs) this.#seen.set(rendition, { sinceMs: startMs, endMs });
    else seen.endMs = endMs;
  }

  #open(fragment: Fragment, openedMs: number): readonly Fragment[] {
    const isLargest = fragment.rendition === this.#order.at(-1);
    if (isLargest && !fragment.independent) return [];
    this.#opening.push(fragment);
    if (!isLargest && fragment.startMs - openedMs < patienceMs) return [];
    const best = this.#order.findLast((name) => this.#opening.some(({ rendition, independent }) => rendition === name && independent));
    if (best === undefined) return [];
    const ofBest = this.#opening.filter(({ rendition }) => rendition === best);
    this.#opening = [];
    this.#choose(best);
    return ofBest.slice(ofBest.findIndex(({ independent }) => independent));
  }

  #choose(rendition: string): void {
    this.#chosen = rendition;
    if (rendition === this.#order.at(-1)) this.#isSettled = true;
  }

  #isLarger({ rendition }: Fragment): boolean {
    return this.#chosen !== undefined && this.#order.indexOf(rendition) > this.#order.indexOf(this.#chosen);
  }

  #isBetter(fragment: Fragment): boolean {
    const { rendition, startMs } = fragment;
    const isAlive = (name: string): boolean => startMs - (this.#seen.get(name)?.endMs ?? -Infinity) <= goneMs;
    if (this.#chosen === undefined || !isAlive(this.#chosen)) return rendition === this.#order.findLast(isAlive);
    return this.#isLarger(fragment) && startMs - (this.#seen.get(rendition)?.sinceMs ?? startMs) >= provenMs;
  }
}
