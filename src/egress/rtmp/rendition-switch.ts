import type { Fragment, Rendition } from '../fragment.ts';
import { endOf, type GopMemory } from './gop-memory.ts';

/** A rendition of which nothing came for this time, while others went on, is gone, in milliseconds. */
const goneMs = 2_500;

/** How long the first picture waits for the wanted encoding, in milliseconds. */
const firstWaitMs = 2_000;

/** How long a key frame waits for the same moment of a better encoding, in milliseconds. */
const momentMs = 1_000;

/** Fragments may overlap by the rounding of their clocks, in milliseconds. */
const toleranceMs = 50;

/** The video renditions of a run, the wanted one first: `highest`, or the encoding with that rid; then the next lower ones, then the others. */
export function byPreference(renditions: readonly Rendition[], encoding: string): readonly string[] {
  const downwards = renditions.filter(({ kind }) => kind === 'video').toReversed();
  const wanted = downwards.findIndex(({ rid }) => rid === encoding);
  const ordered = wanted <= 0 ? downwards : [...downwards.slice(wanted), ...downwards.slice(0, wanted).toReversed()];
  return ordered.map(({ name }) => name);
}

/**
 * Chooses which rendition of a run is pushed, and changes at key frames only: down when the present one has vanished, up when a better one is
 * there. All renditions have one clock, so the picture goes on where it was.
 */
export class RenditionSwitch {
  readonly #order: readonly string[];
  readonly #memory: GopMemory;
  #current: string | undefined;
  /** End of what was pushed. */
  #pushedMs = -Infinity;
  /** From a key frame on that waits for a better rendition. */
  #held: Fragment[] = [];

  /** `order`: see {@link byPreference}. The memory must have kept each fragment before it is given to {@link take}. */
  constructor(order: readonly string[], memory: GopMemory) {
    this.#order = order;
    this.#memory = memory;
  }

  /** The rendition that is pushed; undefined before the first key frame. */
  get current(): string | undefined {
    return this.#current;
  }

  /** What is to be pushed first, from a key frame on; empty while the first picture is waited for. */
  begin(): readonly Fragment[] {
    const first = this.#choose();
    return first === undefined ? [] : this.#changeTo(first);
  }

  /** What is to be pushed of the video, now that this fragment has come. */
  take(fragment: Fragment): readonly Fragment[] {
    const better = this.#choose();
    if (better !== undefined) return this.#changeTo(better);
    const isCurrent = fragment.rendition === this.#current;
    if (isCurrent && this.#held.length === 0 && !(fragment.independent && this.#isClimbing())) return this.#push([fragment]);
    if (isCurrent) this.#held.push(fragment);
    return this.#release();
  }

  /** The rendition to change to now. */
  #choose(): string | undefined {
    const best = this.#best();
    if (best === undefined || best === this.#current) return undefined;
    if (this.#current === undefined) {
      const waitedMs = this.#memory.newestMs - (this.#memory.beganMs ?? Infinity);
      return best === this.#order[0] || waitedMs > firstWaitMs ? best : undefined;
    }
    const isNeeded = this.#isAlive(this.#current) ? this.#isClimbing() : true;
    const startMs = this.#memory.gop(best)[0]?.startMs ?? -Infinity;
    return isNeeded && startMs >= this.#pushedMs - toleranceMs ? best : undefined;
  }

  #isClimbing(): boolean {
    const best = this.#best();
    return best !== undefined && this.#order.indexOf(best) < this.#order.indexOf(this.#current ?? '');
  }

  #best(): string | undefined {
    return this.#order.find((rendition) => this.#isAlive(rendition));
  }

  #isAlive(rendition: string): boolean {
    const last = this.#memory.gop(rendition).at(-1);
    return last !== undefined && endOf(last) > this.#memory.newestMs - goneMs;
  }

  #changeTo(rendition: string): readonly Fragment[] {
    const gop = this.#memory.gop(rendition);
    const startMs = gop[0]?.startMs ?? -Infinity;
    const held = this.#held.filter((fragment) => endOf(fragment) <= startMs + toleranceMs);
    this.#current = rendition;
    this.#held = [];
    return this.#push([...held, ...gop]);
  }

  /** Gives out what was held when the better rendition did not come in time. */
  #release(): readonly Fragment[] {
    const [first] = this.#held;
    if (first === undefined || this.#memory.newestMs - first.startMs <= momentMs) return [];
    return this.#push(this.#held.splice(0));
  }

  #push(fragments: readonly Fragment[]): readonly Fragment[] {
    for (const fragment of fragments) this.#pushedMs = Math.max(this.#pushedMs, endOf(fragment));
    return fragments;
  }
}
