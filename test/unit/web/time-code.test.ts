import { expect, test } from 'vitest';
import { cellsOfTime, timeCodePeriodMs, timeOfCells } from '../../../src/web/time-code.ts';

const now = Date.parse('2026-11-26T10:00:00.120Z');

test.for([0, 10, 999, 12_345, timeCodePeriodMs - 1])('%i ms later the code tells the time to a hundredth of a second', (laterMs) => {
  const told = timeOfCells(cellsOfTime(now + laterMs)) ?? Number.NaN;
  expect((((now + laterMs - told) % timeCodePeriodMs) + timeCodePeriodMs) % timeCodePeriodMs).toBeLessThan(10);
});

test('one cell that is read wrong is noticed', () => {
  const cells = cellsOfTime(now);
  for (const index of cells.keys()) expect(timeOfCells(cells.map((cell, at) => (at === index ? !cell : cell)))).toBeUndefined();
});

test('what is no row of cells is no time', () => {
  expect(timeOfCells([])).toBeUndefined();
});
