import { expect, test } from 'vitest';
import { parseDuration } from '../../../src/config/duration.ts';

test.for([
  ['500ms', 500],
  ['60s', 60_000],
  ['2m', 120_000],
  ['1h', 3_600_000],
  ['0s', 0],
] as const)('%s is %d milliseconds', ([text, milliseconds]) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.for(['', '60', 's', '1.5s', '-1s', '60 s', '60S', '1d', '60s '])('"%s" is no duration', (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
