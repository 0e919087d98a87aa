import { expect, test } from 'vitest';
import { backOffMs, planRetry } from '../../../src/web/retry-plan.ts';

test.for([
  [0, 0, 250],
  [0, 1, 500],
  [1, 0, 500],
  [3, 0.5, 3000],
  [5, 0, 7500],
  [5, 1, 15_000],
  [1000, 1, 15_000],
] as const)('after %i failed attempts and with a jitter of %f the next one is made in %i ms', ([attempt, jitter, delayMs]) => {
  expect(backOffMs(attempt, jitter)).toBe(delayMs);
});

test.for([undefined, 408, 425, 429, 500, 502, 503, 504])('status %s may pass, so another attempt is made after the back-off', (status) => {
  expect(planRetry({ status, retryAfterSeconds: undefined }, 2, 0)).toEqual({ retry: true, delayMs: backOffMs(2, 0) });
});

test.for([0, 201, 400, 401, 403, 404, 406, 409, 415, 422])('status %i is final', (status) => {
  expect(planRetry({ status, retryAfterSeconds: undefined }, 0, 0)).toEqual({ retry: false });
});

test.for([
  [409, 1, 0, 1000],
  [409, 1, 1, 1300],
  [503, 8, 0, 8000],
  [503, 8, 1, 10_000],
  [404, 0, 0, 0],
  [404, 0, 1, 300],
  [503, 86_400, 0, 3_600_000],
  [undefined, 2, 0, 2000],
] as const)('status %s with Retry-After: %i and a jitter of %f is tried again in %i ms', ([status, retryAfterSeconds, jitter, delayMs]) => {
  expect(planRetry({ status, retryAfterSeconds }, 7, jitter)).toEqual({ retry: true, delayMs });
});
