import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { hasRoom } from '../../../../src/egress/storage/free-space.ts';
import { partBytesFor, planParts } from '../../../../src/egress/storage/part-plan.ts';
import { uploadRetryDelayMs } from '../../../../src/egress/storage/upload-retry.ts';

const mebibyte = 2 ** 20;

test.for([
  ['as wanted', 100 * mebibyte, 8 * mebibyte, 8 * mebibyte],
  ['at least 5 MiB', 100 * mebibyte, 1, 5 * mebibyte],
  ['large enough for 10 000 parts', 500_000 * mebibyte, 8 * mebibyte, 50 * mebibyte],
] as const)('parts are %s', ([, file, wanted, expected]) => {
  expect(partBytesFor(file, wanted)).toBe(expected);
});

test('parts follow each other and make the whole file', () => {
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.integer({ min: 1_000, max: 100_000 }), (file, size) => {
      const parts = planParts(file, size);
      expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(file);
      for (const [index, { number, offset, bytes }] of parts.entries()) {
        expect({ number, offset }).toEqual({ number: index + 1, offset: index * size });
        expect(bytes).toBeGreaterThan(0);
      }
    }),
  );
});

test('attempts come ever more rarely, up to five minutes', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 100].map((failures) => uploadRetryDelayMs(failures, 0.5))).toEqual(
    [1, 2, 5, 10, 30, 60, 300, 300].map((seconds) => seconds * 1_000),
  );
  expect([0, 0.999].map((random) => Math.round(uploadRetryDelayMs(1, random)))).toEqual([900, 1_100]);
});

test.for([
  [100, true, true],
  [99, true, false],
  [100, false, false],
  [109, false, false],
  [110, false, true],
] as const)('with %i of 100 bytes that are kept free, and room before: %s, there is room: %s', ([availableBytes, had, expected]) => {
  expect(hasRoom({ availableBytes, totalBytes: 1_000 }, 100, had)).toBe(expected);
});
