/** Waits before a new attempt, in milliseconds: the first one comes at once, for a program that was killed; a broken one is not tried for ever. */
const delays: readonly number[] = [0, 500, 1_000, 2_000, 5_000, 10_000, 30_000];

/** A run that was good for this long lets the count begin anew, in milliseconds. */
export const goodRunMs = 30_000;

/** How long to wait before attempt `attempt` (from 1). */
export function restartDelayMs(attempt: number): number {
  return delays[Math.min(attempt, delays.length) - 1] ?? 0;
}
