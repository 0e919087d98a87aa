/** What was received at one moment. */
export interface LayerReading {
  /** In milliseconds, on the clock of `performance.now()`. */
  readonly at: number;
  /** In bit/s; undefined while unknown. */
  readonly received: number | undefined;
  readonly estimate: number | undefined;
}

/** A point of a drawing that is 1 wide and 1 high, from its top left corner. */
export type Point = readonly [x: number, y: number];

/** The lines of a chart, and the bit rate at its top. */
export interface ChartLines {
  readonly top: number;
  readonly received: readonly Point[];
  readonly estimate: readonly Point[];
}

/** How far back a chart goes, in milliseconds. */
const spanMs = 60_000;

/** Adds a reading and forgets those that have left the chart. */
export function remember(history: readonly LayerReading[], reading: LayerReading): readonly LayerReading[] {
  return [...history.filter(({ at }) => reading.at - at <= spanMs), reading];
}

/** Draws the last minute; `marks` are bit rates that must fit in. An estimate far above everything does not shrink the rest. */
export function drawHistory(history: readonly LayerReading[], marks: readonly number[]): ChartLines {
  const now = history.at(-1)?.at ?? 0;
  const highest = Math.max(...marks, ...history.map(({ received = 0 }) => received), 100_000);
  const top = highest * 1.25;
  const line = (value: (reading: LayerReading) => number | undefined): readonly Point[] =>
    history.flatMap((reading) => {
      const bitrate = value(reading);
      return bitrate === undefined ? [] : [[1 - (now - reading.at) / spanMs, heightOf(bitrate, top)] as const];
    });
  return { top, received: line(({ received }) => received), estimate: line(({ estimate }) => estimate) };
}

/** Where a bit rate lies between the bottom (1) and the top (0). */
export function heightOf(bitrate: number, top: number): number {
  return 1 - Math.min(1, Math.max(0, bitrate / top));
}
