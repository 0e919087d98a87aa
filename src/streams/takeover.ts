/** What a name remembers of its publishers replacing each other. Times in milliseconds on one clock. */
export interface TakeoverHistory {
  /** When publishers were replaced, of late. */
  readonly at: readonly number[];
  /** Until when the present publisher keeps the name. */
  readonly heldUntil: number;
}

/** Nothing has happened yet. */
export const noTakeovers: TakeoverHistory = { at: [], heldUntil: 0 };

const windowMs = 30_000;
const allowedInWindow = 3;
const holdMs = 60_000;

/**
 * One more publisher was replaced.
 *
 * Two encoders on one name would evict each other for ever, because a replaced OBS is back after 2 s. So the third takeover in 30 s
 * leaves the name with its present publisher for 60 s.
 */
export function afterTakeover(history: TakeoverHistory, now: number): TakeoverHistory {
  const at = [...history.at.filter((time) => now - time < windowMs), now];
  return at.length < allowedInWindow ? { at, heldUntil: history.heldUntil } : { at: [], heldUntil: now + holdMs };
}

/** How long newcomers must wait, in milliseconds; 0: they may take over. */
export function heldForMs(history: TakeoverHistory, now: number): number {
  return Math.max(0, history.heldUntil - now);
}
