import { expect, test } from 'vitest';
import { judgePush } from '../../../../src/egress/rtmp/push-watch.ts';

const well = { nowMs: 100_000, progressMs: 99_000, waitingSinceMs: 99_500, backlogBytes: 100_000 };

test.for([
  ['what flows is well', {}, undefined],
  ['4 MiB may wait', { backlogBytes: 4_194_304 }, undefined],
  ['more may not', { backlogBytes: 4_194_305 }, 'backlog'],
  ['10 s without progress are allowed', { progressMs: 90_000, waitingSinceMs: 90_000 }, undefined],
  ['more are a stall', { progressMs: 89_000, waitingSinceMs: 89_999 }, 'stalled'],
  ['the time counts from when there was something to take', { progressMs: 10_000, waitingSinceMs: 95_000 }, undefined],
  ['nothing to push is no stall', { progressMs: 10_000, waitingSinceMs: undefined }, undefined],
] as const)('%s', ([, changes, verdict]) => {
  expect(judgePush({ ...well, ...changes })).toBe(verdict);
});
