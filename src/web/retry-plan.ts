/** Why an exchange with the gateway failed, as far as a decision about a retry needs it. */
export interface Setback {
  /** The HTTP status, or undefined when no answer arrived at all. */
  readonly status: number | undefined;
  /** The answer's `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;
}

/** What to do after a setback. */
export type RetryPlan = { readonly retry: false } | { readonly retry: true; readonly delayMs: number };

/** A delay is never longer than this, so that a viewer is back soon after the gateway is. */
const longestDelayMs = 15_000;

/** Statuses that a later, identical request may not meet again (RFC 9110 §15). */
const passingStatuses: readonly number[] = [408, 425, 429];

/**
 * The exponential back-off before a retry: 250–500 ms, then twice that, up to 15 s.
 *
 * @param attempt how many attempts failed before, from 0
 * @param jitter in [0, 1), from the caller, so that a thousand viewers do not come back in the same instant
 */
export function backOffMs(attempt: number, jitter: number): number {
  return Math.min(longestDelayMs, 500 * 2 ** attempt) * (0.5 + jitter / 2);
}

/**
 * Decides whether to try again, and when.
 *
 * A `Retry-After` always invites a retry and sets the shortest delay; so do answers that never came and failures of the server (5xx).
 * Every other refusal would only be repeated.
 */
export function planRetry(setback: Setback, attempt: number, jitter: number): RetryPlan {
  if (setback.retryAfterSeconds !== undefined) {
    const askedMs = Math.min(setback.retryAfterSeconds, 3600) * 1000;
    return { retry: true, delayMs: askedMs + jitter * Math.max(300, askedMs / 4) };
  }
  const passing = setback.status === undefined || setback.status >= 500 || passingStatuses.includes(setback.status);
  return passing ? { retry: true, delayMs: backOffMs(attempt, jitter) } : { retry: false };
}
