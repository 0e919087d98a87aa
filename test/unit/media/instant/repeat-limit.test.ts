import { expect, test } from 'vitest';
import { RepeatLimit } from '../../../../src/media/instant/repeat-limit.ts';

test('the first request is answered at once, and one that was on its way meanwhile is not', () => {
  const limit = new RepeatLimit();
  expect([0, 1, 299, 300].map((atMs) => limit.admits(atMs))).toEqual([true, false, false, true]);
});

test('two are answered at most', () => {
  const limit = new RepeatLimit();
  expect([0, 1000, 2000, 3000].map((atMs) => limit.admits(atMs))).toEqual([true, true, false, false]);
});
