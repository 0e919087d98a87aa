/** How a push does, in milliseconds of one clock. */
export interface PushObservation {
  readonly nowMs: number;
  /** When the server last took something; when the push began, before that. */
  readonly progressMs: number;
  /** When the first media was handed over that nothing was taken after; undefined: all that there was has gone out. */
  readonly waitingSinceMs: number | undefined;
  /** What waits to go out. */
  readonly backlogBytes: number;
}

/** More than this waits: the line is too slow, or the server does not read, in bytes. */
const longestBacklog = 4 * 2 ** 20;

/** How long a server may take nothing while there is something for it, in milliseconds. */
const longestPauseMs = 10_000;

/** Why a push has to be ended; undefined: it does well, or there is nothing to push, which is no fault of its own. */
export function judgePush({ nowMs, progressMs, waitingSinceMs, backlogBytes }: PushObservation): 'backlog' | 'stalled' | undefined {
  if (backlogBytes > longestBacklog) return 'backlog';
  if (waitingSinceMs === undefined) return undefined;
  return nowMs - Math.max(progressMs, waitingSinceMs) > longestPauseMs ? 'stalled' : undefined;
}
