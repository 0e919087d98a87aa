import { expect, test } from 'vitest';
import { drawHistory, heightOf, type LayerReading, remember } from '../../../src/web/layer-history.ts';

const reading = (at: number, received?: number, estimate?: number): LayerReading => ({ at, received, estimate });

test('what is older than a minute is forgotten', () => {
  expect(remember([reading(0, 1), reading(5000, 1)], reading(61_000, 1)).map(({ at }) => at)).toEqual([5000, 61_000]);
});

test('the newest reading is at the right, and every mark fits in', () => {
  const { top, received } = drawHistory([reading(0, 0), reading(30_000, 500_000), reading(60_000, 1_000_000)], [2_000_000]);
  expect(top).toBe(2_500_000);
  expect(received).toEqual([
    [0, 1],
    [0.5, 0.8],
    [1, 0.6],
  ]);
});

test('what is not known has no point, and a high estimate stays at the top', () => {
  const { received, estimate } = drawHistory([reading(0), reading(60_000, 100_000, 9e9)], []);
  expect(received).toHaveLength(1);
  expect(estimate).toEqual([[1, 0]]);
});

test('bit rates beyond the chart stay at its edge', () => {
  expect([heightOf(-1, 10), heightOf(5, 10), heightOf(20, 10)]).toEqual([1, 0.5, 0]);
});
