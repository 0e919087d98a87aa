/** Where the time code is in a picture, in shares of its width and height: a row of cells that a small and blurred picture still shows. */
export const timeCodePlace = { left: 0.1, top: 0.6, cellWidth: 0.05, cellHeight: 0.04, cells: 16 } as const;

/** Time is told in hundredths of a second, and begins anew after 327.68 s. */
const unitMs = 10;
const bits = timeCodePlace.cells - 1;

/** How long it takes until the same code comes again, in milliseconds. */
export const timeCodePeriodMs = unitMs * 2 ** bits;

/** The cells of a time, in milliseconds since the epoch: bright ones are true. The last one makes their number even. */
export function cellsOfTime(timeMs: number): readonly boolean[] {
  const count = Math.floor((timeMs % timeCodePeriodMs) / unitMs);
  const cells = Array.from({ length: bits }, (_, bit) => Math.floor(count / 2 ** bit) % 2 === 1);
  return [...cells, cells.filter(Boolean).length % 2 === 1];
}

/** The time that cells tell, in milliseconds within the period; undefined: they are no time code. */
export function timeOfCells(cells: readonly boolean[]): number | undefined {
  if (cells.length !== timeCodePlace.cells || cells.filter(Boolean).length % 2 === 1) return undefined;
  return cells.slice(0, bits).reduce((count, cell, bit) => count + (cell ? 2 ** bit : 0), 0) * unitMs;
}
