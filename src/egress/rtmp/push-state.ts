import type { OutputEnding, OutputState } from '../output.ts';

/** How long to wait after the first, second, … failure in a row, in milliseconds; the last counts for all that follow. */
const retryDelaysMs = [1_000, 2_000, 5_000, 10_000, 30_000] as const;

/** A push that went well for this long ends a row of failures, in milliseconds. */
const goodPushMs = 30_000;

/** What a target does now: what the API shows of it, and how many failures in a row there were. */
export interface PushState {
  readonly shown: OutputState;
  readonly failures: number;
}

/** What happens to a target. */
export type PushEvent =
  /** A run can be pushed: its codecs are right and its first key frame is here. */
  | { readonly type: 'ready' }
  /** The server took the first media. */
  | { readonly type: 'accepted' }
  /** The push ended, and nobody here wanted it to. */
  | { readonly type: 'broken'; readonly ending: OutputEnding }
  /** The run cannot be pushed as it is; another one may. */
  | { readonly type: 'unfit'; readonly ending: OutputEnding }
  /** The run is over, or there is none: `reason` says what is waited for. */
  | { readonly type: 'idle'; readonly reason: string }
  | { readonly type: 'stopped' };

/** A target before its first run. */
export function initialPushState(now: Date): PushState {
  return { shown: { name: 'waiting', since: now, reason: 'publisher' }, failures: 0 };
}

/** The delay after so many failures in a row (from 1), in milliseconds. */
export function retryDelayMs(failures: number): number {
  return retryDelaysMs[Math.min(failures, retryDelaysMs.length) - 1] ?? 0;
}

/** What an event makes of a target. Pure; a target that was stopped stays so. */
export function nextPushState(state: PushState, event: PushEvent, now: Date): PushState {
  if (state.shown.name === 'stopped') return state;
  switch (event.type) {
    case 'ready':
      return { ...state, shown: { name: 'starting', since: now } };
    case 'accepted':
      return state.shown.name === 'starting' ? { ...state, shown: { name: 'running', since: now } } : state;
    case 'broken': {
      const failures = wasGood(state, now) ? 1 : state.failures + 1;
      const retryAt = new Date(now.getTime() + retryDelayMs(failures));
      return { shown: { name: 'restarting', since: now, attempt: failures, ending: event.ending, retryAt }, failures };
    }
    case 'unfit':
      return { ...state, shown: { name: 'failed', since: now, ending: event.ending } };
    case 'idle':
      return { shown: { name: 'waiting', since: now, reason: event.reason }, failures: wasGood(state, now) ? 0 : state.failures };
    case 'stopped':
      return { ...state, shown: { name: 'stopped', since: now } };
  }
}

function wasGood({ shown: { name, since } }: PushState, now: Date): boolean {
  return name === 'running' && now.getTime() - since.getTime() >= goodPushMs;
}
