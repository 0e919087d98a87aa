import { expect, test } from 'vitest';
import { RateLimit } from '../../../src/http/rate-limit.ts';

test('a minute holds so many requests at once, and then as many as there is room for again', () => {
  const limit = new RateLimit({ perMinute: 6 });
  for (let count = 0; count < 6; count += 1) expect(limit.take('a', 1_000)).toBe(0);
  expect(limit.take('a', 1_000)).toBeCloseTo(10_000);
  expect(limit.take('a', 10_999)).toBeCloseTo(1);
  expect(limit.take('a', 11_000)).toBe(0);
  expect(limit.take('a', 11_000)).toBeCloseTo(10_000);
});

test('who is refused loses nothing by asking', () => {
  const limit = new RateLimit({ perMinute: 1 });
  expect(limit.take('a', 0)).toBe(0);
  for (let nowMs = 1; nowMs < 60_000; nowMs += 500) expect(limit.take('a', nowMs)).toBeGreaterThan(0);
  expect(limit.take('a', 60_000)).toBe(0);
});

test('keys do not share', () => {
  const limit = new RateLimit({ perMinute: 1 });
  expect([limit.take('a', 0), limit.take('b', 0)]).toEqual([0, 0]);
  expect(limit.take('a', 0)).toBeGreaterThan(0);
});

test('in a long time no more than the rate gets through', () => {
  const limit = new RateLimit({ perMinute: 60 });
  let taken = 0;
  for (let nowMs = 0; nowMs < 600_000; nowMs += 100) if (limit.take('a', nowMs) === 0) taken += 1;
  expect(taken).toBeGreaterThanOrEqual(600);
  expect(taken).toBeLessThanOrEqual(660);
});

test('the key that was seen longest ago is forgotten when there are too many', () => {
  const limit = new RateLimit({ perMinute: 1, keys: 2 });
  for (const key of ['a', 'b', 'c']) expect(limit.take(key, 0)).toBe(0);
  expect(limit.take('c', 0)).toBeGreaterThan(0);
  expect(limit.take('a', 0)).toBe(0);
});
