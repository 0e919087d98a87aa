import type { Fragment } from '../fragment.ts';
import { stillPicture } from './still-picture.ts';

/** Fragments that overlap by no more follow each other, in milliseconds. */
const toleranceMs = 50;

/** How far video may be behind the sound before it counts as paused, in milliseconds: shared screens send a picture a second. */
const patienceMs = 2_000;

/** How far behind it is kept while it is paused, in milliseconds. */
const pausedLagMs = 300;

/** A longer hole is none that a still picture should fill, in milliseconds. */
const longestFillMs = 30_000;

/** Makes video go on while none arrives, with its last key frame as a still picture. */
export class VideoLane {
  readonly #stillMs: number;
  #endMs: number | undefined;
  #key: Fragment | undefined;
  /** Nothing can be decoded before the next key frame. */
  #needsKey = true;
  #isPaused: boolean;
  /** It is back after a pause, but behind the still picture: without more of that it catches up. */
  #isLate = false;
  /** Since when there is sound without any picture. */
  #soundSinceMs: number | undefined;

  /** `stillMs`: length of a fragment with a still picture. `key`: a key frame of the run before, to go on with while there is no other. */
  constructor({
    stillMs,
    key,
    isExpected,
  }: {
    readonly stillMs: number;
    readonly key: Fragment | undefined;
    readonly isExpected: boolean;
  }) {
    this.#stillMs = stillMs;
    this.#key = key;
    this.#isPaused = !isExpected;
  }

  /** Up to where there is a picture; undefined before the first. */
  get endMs(): number | undefined {
    return this.#endMs;
  }

  /** The last fragment that begins with a key frame. */
  get key(): Fragment | undefined {
    return this.#key;
  }

  /** What to show of a fragment that has arrived: a still picture up to it after a pause, nothing where it comes too late. */
  accept(fragment: Fragment): readonly Fragment[] {
    const { startMs, durationMs, independent } = fragment;
    const isLate = this.#endMs !== undefined && startMs < this.#endMs - toleranceMs;
    this.#isLate ||= isLate;
    if (isLate || (this.#needsKey && !independent)) return [];
    const pauseMs = startMs - (this.#endMs ?? startMs);
    const filling = this.#isPaused && pauseMs < longestFillMs ? this.#stills(startMs) : [];
    if (independent) this.#key = fragment;
    this.#needsKey = false;
    this.#isPaused = false;
    this.#isLate = false;
    this.#endMs = startMs + durationMs;
    return [...filling, fragment];
  }

  /** A still picture, if video is so far behind the sound that it must have paused; nothing otherwise. */
  keepUp(soundEndMs: number): readonly Fragment[] {
    if (this.#key === undefined || !Number.isFinite(soundEndMs)) return [];
    this.#soundSinceMs ??= soundEndMs;
    const behindMs = soundEndMs - (this.#endMs ?? this.#soundSinceMs);
    if (behindMs < (this.#isPaused && !this.#isLate ? pausedLagMs + this.#stillMs : patienceMs)) return [];
    this.#endMs ??= this.#soundSinceMs;
    this.#needsKey = true;
    this.#isPaused = true;
    this.#isLate = false;
    return this.#stills(soundEndMs - pausedLagMs);
  }

  /** Fragments with a still picture up to `untilMs`. */
  #stills(untilMs: number): readonly Fragment[] {
    const stills: Fragment[] = [];
    const key = this.#key;
    if (key === undefined) return stills;
    let from = this.#endMs ?? untilMs;
    while (untilMs - from > toleranceMs) {
      const end = Math.min(from + this.#stillMs, untilMs);
      stills.push(stillPicture(key, from, end));
      from = end;
    }
    this.#endMs = from;
    return stills;
  }
}
