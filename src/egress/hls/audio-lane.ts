import type { Fragment, InitSegment } from '../fragment.ts';
import { soundsAlike, tapSound } from '../tap-sound.ts';
import { silence, silentFragmentMs } from './silence.ts';

/** Fragments that overlap by no more follow each other, in milliseconds: a few frames of AAC. */
const toleranceMs = 50;

/** A longer hole is none that silence should fill: everything paused. In milliseconds. */
const longestFillMs = 10_000;

/** How far audio may be behind before it counts as silent, in milliseconds. */
const patienceMs = 500;

/** The same for audio that is known to come, only late: as late as the last that came too late, and a little more, but no later than this. */
const longestPatienceMs = 2_000;
const marginMs = 100;

/** How far behind it is kept while it is silent, in milliseconds. */
const silentLagMs = 150;

/** What arrived before the picture and is kept for it, in fragments. */
const mostEarly = 100;

/**
 * Makes audio continuous: what arrives, and silence where nothing does.
 *
 * Audio that was muted at its source stops altogether, and what an encoder sends later for that time comes too late.
 */
export class AudioLane {
  /** Undefined before {@link begin}. */
  #endMs: number | undefined;
  #init: InitSegment | undefined;
  /** Waits for a discontinuity. */
  #nextInit: InitSegment | undefined;
  #early: readonly Fragment[] = [];
  #isSilent = false;
  #patienceMs = patienceMs;
  #pictureEndMs = -Infinity;

  /** `init`: what the rendition used so far; undefined where it is new. */
  constructor(init: InitSegment | undefined) {
    this.#init = init;
  }

  /** Up to where there is sound, or silence; -Infinity before {@link begin}. */
  get endMs(): number {
    return this.#endMs ?? -Infinity;
  }

  /** Where the audio begins that waits for {@link begin}. */
  get earlyMs(): number | undefined {
    return this.#early[0]?.startMs;
  }

  /** What players decode it with. */
  get init(): InitSegment {
    return this.#init ?? tapSound;
  }

  /** What arrives cannot be decoded with the present init segment; it is left out until {@link changeInit}. */
  get wantsChange(): boolean {
    return this.#nextInit !== undefined;
  }

  /** Begins at a time; gives what arrived before and belongs to it. */
  begin(startMs: number): readonly Fragment[] {
    this.#endMs = startMs;
    const early = this.#early;
    const init = early[0]?.init ?? this.init;
    this.#init = this.#init !== undefined && soundsAlike(this.#init, init) ? this.#init : init;
    this.#early = [];
    return early.flatMap((fragment) => this.accept(fragment));
  }

  /** What to show of a fragment that has arrived: silence up to it where there is a hole, nothing where it comes too late. */
  accept(fragment: Fragment): readonly Fragment[] {
    if (this.#endMs === undefined) {
      this.#early = [...this.#early, fragment].slice(-mostEarly);
      return [];
    }
    const { startMs, durationMs, init } = fragment;
    if (!soundsAlike(this.init, init)) {
      this.#nextInit = init;
      return [];
    }
    if (startMs < this.#endMs - toleranceMs) {
      // It is there, only late: without silence for a while, it catches up.
      this.#isSilent = false;
      this.#patienceMs = Math.min(longestPatienceMs, Math.max(patienceMs, this.#pictureEndMs - startMs + marginMs));
      return [];
    }
    const filling = startMs - this.#endMs > longestFillMs ? [] : this.fill(startMs);
    this.#isSilent = false;
    this.#endMs = startMs + durationMs;
    return [...filling, fragment];
  }

  /** Takes the init segment that waits. Call it at a discontinuity. */
  changeInit(): void {
    this.#init = this.#nextInit ?? this.#init;
    this.#nextInit = undefined;
  }

  /** Leaves a hole: nothing was there up to a time. */
  skipTo(startMs: number): void {
    if (this.#endMs !== undefined) this.#endMs = Math.max(this.#endMs, startMs);
  }

  /** Whole fragments of silence, if audio is so far behind the picture that it must have stopped; nothing otherwise. */
  keepUp(pictureEndMs: number): readonly Fragment[] {
    this.#pictureEndMs = pictureEndMs;
    if (pictureEndMs - (this.#endMs ?? pictureEndMs) > longestFillMs) this.skipTo(pictureEndMs - patienceMs);
    const endMs = this.#endMs ?? pictureEndMs;
    if (!this.#isSilent && pictureEndMs - endMs < this.#patienceMs) return [];
    this.#isSilent = true;
    const wholeMs = silentFragmentMs(this.init);
    return this.fill(endMs + Math.floor((pictureEndMs - silentLagMs - endMs) / wholeMs) * wholeMs);
  }

  /** Silence up to a time. */
  fill(untilMs: number): readonly Fragment[] {
    if (this.#endMs === undefined) return [];
    const filling = silence(this.init, this.#endMs, untilMs);
    this.#endMs = filling.reduce((end, { durationMs }) => end + durationMs, this.#endMs);
    return filling;
  }
}
