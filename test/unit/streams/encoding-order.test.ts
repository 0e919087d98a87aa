import { expect, test } from 'vitest';
import { ascendingOrder } from '../../../src/streams/encoding-order.ts';

const [small, medium, large] = [
  { width: 320, height: 180 },
  { width: 640, height: 360 },
  { width: 1280, height: 720 },
];

test('encodings that grow are left alone', () => {
  expect(ascendingOrder([small, medium, large])).toBeUndefined();
  expect(ascendingOrder([small])).toBeUndefined();
  expect(ascendingOrder([medium, medium, large])).toBeUndefined();
});

test('encodings in any other order are put smallest first', () => {
  expect(ascendingOrder([large, medium, small])).toEqual([2, 1, 0]);
  expect(ascendingOrder([medium, small, large])).toEqual([1, 0, 2]);
});
