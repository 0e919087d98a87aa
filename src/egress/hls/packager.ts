import type { Fragment, TapRun } from '../fragment.ts';
import type { Presentation } from './presentation.ts';

/** Turns the fragments of one run into segments of a presentation. */
export interface Packager {
  push(fragment: Fragment): void;
  /** The run is over: completes what is open. */
  end(): void;
}

/** What a packager works with. */
export interface PackagerOptions {
  readonly run: TapRun;
  readonly presentation: Presentation;
  /** How long segments should be: they end at the first key frame after three quarters of it. In milliseconds. */
  readonly segmentMs: number;
  /** How long parts should be, in milliseconds. */
  readonly partMs: number;
  /** The wall clock at the run's 0, in milliseconds since the epoch. */
  readonly epochMs: number;
  /** The last key frame of each rendition of the runs before; packagers write into it. */
  readonly keys: Map<string, Fragment>;
}

/**
 * The rendition that has the sound: silence while there is none. Every stream has it, because players read once which renditions there are, and
 * the next publisher may send sound.
 */
export const audioName = 'audio';

/**
 * How long the first segment of a run in parts should be at most, in milliseconds: nothing can be played before its end, and players that read
 * parts stay less behind than that.
 */
export const firstSegmentMs = 1_500;

/** Without a key frame for this long, a segment ends anywhere, in milliseconds: memory is bounded. */
const longestSegmentMs = 15_000;

/** Whether a segment that began at `startMs` ends before this fragment. */
export function cutsAt({ startMs, independent }: Fragment, segmentStartMs: number, segmentMs: number): boolean {
  const ageMs = startMs - segmentStartMs;
  return independent ? ageMs >= segmentMs * 0.75 : ageMs >= Math.max(longestSegmentMs, segmentMs * 2);
}

/** The video renditions that a run has, or that there were before, from the lowest up. */
export function videoRenditions({ renditions }: TapRun, presentation: Presentation): readonly string[] {
  const names = new Set([...renditions.map(({ name }) => name), ...presentation.renditions]);
  names.delete(audioName);
  return [...names].toSorted();
}
