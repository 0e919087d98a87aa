import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { isStreamName, isStreamPattern, matchesStreamPattern } from '../../../src/auth/stream-pattern.ts';

test.for([
  ['show', 'show', true],
  ['show', 'Show', false],
  ['show', 'show2', false],
  ['*', 'show', true],
  ['show-*', 'show-', true],
  ['show-*', 'show', false],
  ['*-cam', 'a-cam', true],
  ['*-cam', 'a-camera', false],
  ['a*b', 'ab', true],
  ['aba*aba', 'aba', false],
  ['a*a', 'a', false],
  ['*x*y*', '-x-y-', true],
  ['*x*y*', '-y-x-', false],
  ['a*bc*c', 'abc', false],
  ['**', 'a', true],
] as const)('pattern %s is for %s: %s', ([pattern, streamId, expected]) => {
  expect(matchesStreamPattern(pattern, streamId)).toBe(expected);
});

test('patterns match as the regular expression would that they stand for', () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
  const name = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
  fc.assert(
    fc.property(pattern, name, (glob, streamId) => {
      const expression = new RegExp(`^${glob.replaceAll(/\*+/g, '.*')}$`);
      expect(matchesStreamPattern(glob, streamId)).toBe(expression.test(streamId));
    }),
    { numRuns: 500 },
  );
});

test('a pattern that would choke a backtracking matcher costs nothing', () => {
  const startedMs = performance.now();
  for (let round = 0; round < 100; round += 1) matchesStreamPattern(`${'*a'.repeat(31)}*b`, 'a'.repeat(64));
  expect(performance.now() - startedMs).toBeLessThan(100);
});

test('names have no star, patterns may, and neither has anything else', () => {
  expect(
    ['show', 'a-b_C9', '*', 'a*', '', 'a b', 'ä', 'a/b', 'a'.repeat(65)].map((text) => [isStreamName(text), isStreamPattern(text)]),
  ).toEqual([[true, true], [true, true], [false, true], [false, true], ...Array.from({ length: 5 }, () => [false, false])]);
});
