import { expect, test } from 'vitest';
import { planFallback, planReturn } from '../../../src/web/hls-fallback.ts';
import type { PlayerState } from '../../../src/web/player-state.ts';

const refused = { name: 'failed', reason: 'No.', code: 'ERR_NO_COMMON_CODEC' } as const;

test.for<[PlayerState, string]>([
  [{ name: 'connecting' }, 'later'],
  [{ name: 'reconnecting', reason: 'Lost.', attempt: 1, retryAt: 0 }, 'later'],
  [{ name: 'waiting', reason: 'Nobody publishes.' }, 'never'],
  [{ name: 'playing' }, 'never'],
  [{ ...refused, status: 422 }, 'now'],
  [{ ...refused, status: 401 }, 'never'],
  [{ ...refused, status: 0, code: 'ERR_BROWSER' }, 'now'],
  [{ name: 'closed' }, 'never'],
])('of %o HLS is tried %s', ([state, when]) => {
  const { name, because } = planFallback(state, false);
  expect(name).toBe(when);
  expect(because !== '').toBe(when !== 'never');
});

test.for<PlayerState>([{ name: 'connecting' }, { name: 'reconnecting', reason: 'Lost.', attempt: 1, retryAt: 0 }])(
  'of %o with a connection that is up HLS is not tried',
  (state) => {
    expect(planFallback(state, true).name).toBe('never');
  },
);

test.for<[PlayerState, string]>([
  [{ name: 'connecting' }, 'later'],
  [{ name: 'reconnecting', reason: 'Lost.', attempt: 1, retryAt: 0 }, 'later'],
  [{ name: 'waiting', reason: 'Nothing arrives.' }, 'later'],
  [{ name: 'playing' }, 'never'],
  [{ ...refused, status: 401 }, 'never'],
  [{ name: 'closed' }, 'never'],
])('of %o of HLS WebRTC is tried again %s', ([state, when]) => {
  expect(planReturn(state)).toBe(when);
});
