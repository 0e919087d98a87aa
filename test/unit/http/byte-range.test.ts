import { expect, test } from 'vitest';
import { parseRange, sliceChunks } from '../../../src/http/hls/byte-range.ts';

test.for([
  [undefined, 'whole'],
  ['bytes=0-99', { first: 0, last: 99 }],
  ['bytes=0-0', { first: 0, last: 0 }],
  ['bytes=50-', { first: 50, last: 99 }],
  ['bytes=-10', { first: 90, last: 99 }],
  ['bytes=-200', { first: 0, last: 99 }],
  ['bytes=90-1000', { first: 90, last: 99 }],
  ['bytes=100-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  ['bytes=9-3', 'whole'],
  ['bytes=0-1,5-6', 'whole'],
  ['items=0-1', 'whole'],
  ['bytes=-', 'whole'],
] as const)('of 100 bytes, %s is %o', ([header, range]) => {
  expect(parseRange(header, 100)).toEqual(range);
});

test('a range may begin and end within chunks', () => {
  const chunks = [[0, 1, 2], [3], [4, 5, 6, 7]].map((bytes) => Uint8Array.from(bytes));
  const bytes = (first: number, last: number) => sliceChunks(chunks, { first, last }).flatMap((chunk) => [...chunk]);
  expect(bytes(0, 7)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(bytes(2, 4)).toEqual([2, 3, 4]);
  expect(bytes(3, 3)).toEqual([3]);
  expect(sliceChunks(chunks, { first: 0, last: 2 })[0]?.buffer).toBe(chunks[0]?.buffer);
});
