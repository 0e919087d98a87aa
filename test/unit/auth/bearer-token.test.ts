import { expect, test } from 'vitest';
import { bearerToken } from '../../../src/auth/bearer-token.ts';

test.for([
  ['Bearer abc', 'abc'],
  ['bearer abc', 'abc'],
  ['BEARER    abc', 'abc'],
  ['Bearer a.b-c_d~e+f/g==', 'a.b-c_d~e+f/g=='],
  ['  Bearer abc ', 'abc'],
  ['Bearer undefined', 'undefined'],
  ['Bearer', undefined],
  ['Bearer ', undefined],
  ['Bearer a b', undefined],
  ['Basic YTpi', undefined],
  ['abc', undefined],
  ['', undefined],
  [undefined, undefined],
] as const)('%j holds the token %j (K05)', ([header, token]) => {
  expect(bearerToken(header)).toBe(token);
});

test.for([
  ['abc', 'abc'],
  ['Bearer abc', 'abc'],
  ['Bearer', undefined],
  ['Basic YTpi', undefined],
  ['', undefined],
] as const)('where raw tokens are allowed, %j holds %j (K06)', ([header, token]) => {
  expect(bearerToken(header, { allowRaw: true })).toBe(token);
});
