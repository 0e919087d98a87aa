import { expect, test } from 'vitest';
import { planFallback } from '../../../src/web/hls-fallback.ts';
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
  const { name, because } = planFallback(state);
  expect(name).toBe(when);
  expect(because !== '').toBe(when !== 'never');
});
