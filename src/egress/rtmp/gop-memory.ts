import type { Fragment } from '../fragment.ts';

/** More than this is not kept, in bytes: a stream without key frames would fill the memory. */
const longestGop = 16 * 2 ** 20;

/** How much audio is kept where there is no video, and how much at most where there is, in milliseconds. */
const audioOnlyMs = 1_000;
const audioMs = 30_000;

/** The fragments of a run since the last key frame of each rendition: what a push that begins now has to begin with. Holds references only. */
export class GopMemory {
  readonly #gops = new Map<string, Fragment[]>();
  #audio: Fragment[] = [];
  #newestMs = -Infinity;
  #oldestMs = Infinity;
  #beganMs: number | undefined;

  /** Start of the first key frame of any rendition; undefined before it. */
  get beganMs(): number | undefined {
    return this.#beganMs;
  }

  /** Start of what came first, on the clock of the run. */
  get oldestMs(): number {
    return this.#oldestMs;
  }

  /** End of what came last, on the clock of the run. */
  get newestMs(): number {
    return this.#newestMs;
  }

  /** The last audio that came; undefined before the first. */
  get lastAudio(): Fragment | undefined {
    return this.#audio.at(-1);
  }

  /** The video renditions of which a key frame is here. */
  get renditions(): readonly string[] {
    return [...this.#gops.keys()];
  }

  /** A rendition's fragments since its last key frame, oldest first; empty before its first. */
  gop(rendition: string): readonly Fragment[] {
    return this.#gops.get(rendition) ?? [];
  }

  /** The audio that goes with the picture from `startMs` on. */
  audioFrom(startMs: number): readonly Fragment[] {
    return this.#audio.filter((fragment) => endOf(fragment) > startMs);
  }

  keep(fragment: Fragment): void {
    this.#newestMs = Math.max(this.#newestMs, endOf(fragment));
    this.#oldestMs = Math.min(this.#oldestMs, fragment.startMs);
    if (fragment.rendition === 'audio') this.#keepAudio(fragment);
    else this.#keepVideo(fragment);
  }

  #keepVideo(fragment: Fragment): void {
    const { rendition, independent, startMs } = fragment;
    if (independent) this.#beganMs ??= startMs;
    const gop = independent ? [] : this.#gops.get(rendition);
    if (gop === undefined) return; // nothing can begin here
    gop.push(fragment);
    this.#gops.set(rendition, gop);
    if (gop.reduce((sum, { bytes }) => sum + bytes.length, 0) > longestGop) this.#gops.delete(rendition);
  }

  #keepAudio(fragment: Fragment): void {
    const starts = [...this.#gops.values()].flatMap(([first]) => (first === undefined ? [] : [first.startMs]));
    const fromMs = Math.max(this.#newestMs - audioMs, Math.min(this.#newestMs - audioOnlyMs, ...starts));
    this.#audio = [...this.#audio.filter((kept) => endOf(kept) > fromMs), fragment];
  }
}

/** Where a fragment ends on the clock of the run, in milliseconds. */
export function endOf({ startMs, durationMs }: Fragment): number {
  return startMs + durationMs;
}
