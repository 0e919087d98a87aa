import type { PathBest, PathReading } from './path-signs.ts';

/** How long the best is remembered at least, in milliseconds: a path that became longer for good is known as such after twice that. */
const spanMs = 30_000;

/** The least of the last 30 to 60 seconds, in two halves, so that nothing but two numbers must be kept. */
export interface BestWindow {
  readonly sinceMs: number;
  readonly present: PathBest;
  readonly before: PathBest;
}

const unknown: PathBest = { roundTripMs: Infinity, jitterMs: Infinity };

/** Before any reading. */
export const noBest: BestWindow = { sinceMs: -Infinity, present: unknown, before: unknown };

/** Takes one more reading into account. */
export function noteBest(window: BestWindow, reading: PathReading): BestWindow {
  const { sinceMs, present, before } = window;
  if (reading.atMs - sinceMs > spanMs) return { sinceMs: reading.atMs, present: least(unknown, reading), before: present };
  return { sinceMs, present: least(present, reading), before };
}

/** Forgets what was: the path is another one now. */
export function renewBest(readings: readonly PathReading[], nowMs: number): BestWindow {
  return { sinceMs: nowMs, present: readings.reduce(least, unknown), before: unknown };
}

/** The best of the window. */
export function bestOf({ present, before }: BestWindow): PathBest {
  return { roundTripMs: Math.min(present.roundTripMs, before.roundTripMs), jitterMs: Math.min(present.jitterMs, before.jitterMs) };
}

function least(best: PathBest, { roundTripMs = Infinity, jitterMs = Infinity }: PathReading): PathBest {
  return { roundTripMs: Math.min(best.roundTripMs, roundTripMs), jitterMs: Math.min(best.jitterMs, jitterMs) };
}
