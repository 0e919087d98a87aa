import type { Fragment } from '../fragment.ts';
import { endOf, isWhole, keyNear, keyWithin } from './fragment-times.ts';
import type { VideoLane } from './video-lane.ts';

/** What a rung has for a step. */
export interface Share {
  readonly rung: Rung;
  readonly fragments: readonly Fragment[];
  /** One piece from a key frame to the next segment. */
  readonly whole: boolean;
  readonly endMs: number;
  /** The key frame that the next segment begins with. */
  readonly next: Fragment | undefined;
}

/** Two cuts, between which a segment lies. */
export interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Key frames that were asked for together come within this time, in milliseconds. */
export const momentMs = 400;

/** Key frames this near to the cuts are those that were asked for together, in milliseconds. */
const nearMs = 300;

/** A gap that players do not stop at, in milliseconds. */
const gapMs = 200;

/** How many steps an encoding that comes back waits for a key frame without a gap. */
const patientSteps = 4;

/** An encoding this far behind the others has vanished, in milliseconds. */
const vanishedMs = 1_500;

/** One encoding of a ladder: what has arrived of it and where its segments begin. */
export class Rung {
  readonly name: string;
  readonly lane: VideoLane;
  #queue: Fragment[] = [];
  /** Where its present segment begins; undefined: it has no key frame there. */
  #startMs: number | undefined;
  /** How far its key frames are from the cuts; undefined: not known yet. */
  #offsetMs: number | undefined;
  /** Steps in a row that it had nothing for. */
  #missed = 0;

  constructor(name: string, lane: VideoLane) {
    this.name = name;
    this.lane = lane;
  }

  get startMs(): number | undefined {
    return this.#startMs;
  }

  get endMs(): number {
    const last = this.#queue.at(-1);
    return last === undefined ? -Infinity : endOf(last);
  }

  push(fragments: readonly Fragment[]): void {
    this.#queue.push(...fragments);
  }

  /** Whether something arrives of it. `horizonMs`: where it would be then. */
  lives(horizonMs: number): boolean {
    return this.endMs > horizonMs - vanishedMs;
  }

  /** Its first key frame from a time on. */
  keyFrom(fromMs: number): Fragment | undefined {
    return this.#queue.find(({ independent, startMs }) => independent && startMs >= fromMs);
  }

  /** The first fragment after the present segment's beginning that satisfies a condition. */
  findNext(condition: (fragment: Fragment, first: Fragment) => boolean): Fragment | undefined {
    const segment = this.#queue.filter(({ startMs }) => startMs >= (this.#startMs ?? Infinity));
    const [first] = segment;
    return first && segment.find((fragment) => fragment !== first && condition(fragment, first));
  }

  /** Begins at a time, whatever it has there. */
  beginAt(startMs: number): void {
    this.#startMs = startMs;
  }

  /** Begins at its key frame nearest to the run's first cut. */
  beginNear({ fromMs, untilMs }: Span): void {
    this.#startMs ??= keyNear(this.#queue, fromMs, (untilMs - fromMs) / 2)?.startMs;
  }

  /** Whether it is known where its segment ends; `horizonMs`: where it would be if it were there. */
  isSettled({ fromMs, untilMs }: Span, horizonMs: number): boolean {
    if (keyNear(this.#queue, untilMs, nearMs) !== undefined) return true;
    const isAligned = this.#offsetMs !== undefined && Math.abs(this.#offsetMs) <= nearMs;
    const isAbsent = this.#startMs === undefined && this.#missed > 0;
    const waitMs = isAligned || isAbsent ? momentMs : Math.max(momentMs, (untilMs - fromMs) / 2);
    return horizonMs >= untilMs + waitMs;
  }

  /** What it has between two cuts. */
  share({ fromMs, untilMs }: Span): Share {
    const next = keyNear(this.#queue, untilMs, (untilMs - fromMs) / 2);
    const start = this.#startMs ?? Infinity;
    const fragments = this.#queue.filter((fragment) => {
      const isBefore = next === undefined ? fragment.startMs + fragment.durationMs / 2 < untilMs : fragment.startMs < next.startMs;
      return isBefore && fragment.startMs >= start;
    });
    const last = fragments.at(-1);
    const endMs = next?.startMs ?? (last === undefined ? untilMs : endOf(last));
    return { rung: this, fragments, endMs, next, whole: isWhole(fragments, start, next?.startMs ?? untilMs) };
  }

  /** Goes on after a step in which it was shown until `shownMs`, by what it had itself (`next` begins its next segment) or by what others lent. */
  advance({ fromMs, untilMs }: Span, { shownMs, own }: { readonly shownMs: number; readonly own: Share | undefined }): void {
    const windowMs = (untilMs - fromMs) / 2;
    this.#missed = own === undefined ? this.#missed + 1 : 0;
    // Who comes back begins where the lent segment ends; if it never does, a gap is better than never.
    const afterMs = this.#missed < patientSteps ? gapMs : windowMs;
    this.#startMs = (own === undefined ? keyWithin(this.#queue, shownMs, { beforeMs: windowMs, afterMs }) : own.next)?.startMs;
    if (this.#startMs !== undefined) this.#offsetMs = this.#startMs - untilMs;
    const neededFrom = Math.min(this.#startMs ?? Infinity, untilMs - windowMs);
    this.#queue = this.#queue.filter((fragment) => fragment.startMs >= neededFrom);
  }
}
