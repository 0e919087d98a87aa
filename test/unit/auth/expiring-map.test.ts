import { expect, test } from 'vitest';
import { ExpiringMap } from '../../../src/auth/expiring-map.ts';

test('an entry is there until its time', () => {
  const map = new ExpiringMap<string>(2);
  map.set('a', 'x', 10);
  expect(map.get('a', 9)).toBe('x');
  expect(map.get('a', 10)).toBeUndefined();
});

test('the oldest entry gives way to a new one, and setting it anew makes it young', () => {
  const map = new ExpiringMap<number>(2);
  map.set('a', 1, 10);
  map.set('b', 2, 10);
  map.set('a', 3, 10);
  map.set('c', 4, 10);
  expect(['a', 'b', 'c'].map((key) => map.get(key, 0))).toEqual([3, undefined, 4]);
});
