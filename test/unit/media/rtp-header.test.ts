import { expect, test } from 'vitest';
import { asTimestamp } from '../../../src/media/rtp-header.ts';

test.for([
  ['stays as it is', 90_000, 90_000],
  ['begins anew behind the highest', 2 ** 32 + 5, 5],
  ['goes back across zero', -3000, 2 ** 32 - 3000],
  ['goes back across zero twice', -(2 ** 32) - 1, 2 ** 32 - 1],
  ['of several rounds forgets them', 3 * 2 ** 32 + 7, 7],
] as const)('a timestamp %s', ([, ticks, timestamp]) => {
  expect(asTimestamp(ticks)).toBe(timestamp);
});
