/** One reading of a track's clock against ours, both in milliseconds from wherever they began. */
export interface ClockReading {
  readonly arrivedMs: number;
  readonly mediaMs: number;
}

/** A shorter look cannot tell drift from a network that slows down, in milliseconds. */
const shortestSpanMs = 120_000;

const fewestReadings = 5;

/** Crystals are a tenth as wrong; this is 3 s in 100 minutes. */
const tolerance = 0.0005;

/** What a queue on the way may gain or lose meanwhile, in milliseconds. */
const leastDriftMs = 150;

/** A jump (a paused source) is no drift: readings must lie on a line, up to this share of the whole drift. */
const largestResidual = 0.25;

/**
 * How much faster than ours a track's clock runs, as a share (0.001: a millisecond per second). Undefined when it runs well enough, and while
 * there are too few readings.
 */
export function driftOf(readings: readonly ClockReading[]): number | undefined {
  const [first, last] = [readings[0], readings.at(-1)];
  if (first === undefined || last === undefined || readings.length < fewestReadings) return undefined;
  const spanMs = last.arrivedMs - first.arrivedMs;
  if (spanMs < shortestSpanMs) return undefined;
  const points = readings.map(({ arrivedMs, mediaMs }) => ({
    x: arrivedMs - first.arrivedMs,
    y: mediaMs - first.mediaMs - (arrivedMs - first.arrivedMs),
  }));
  const { slope, intercept } = leastSquares(points);
  const totalMs = Math.abs(slope * spanMs);
  const residualMs = Math.max(...points.map(({ x, y }) => Math.abs(y - intercept - slope * x)));
  const drifts = Math.abs(slope) >= tolerance && totalMs >= leastDriftMs && residualMs <= totalMs * largestResidual;
  return drifts ? slope : undefined;
}

function leastSquares(points: readonly { readonly x: number; readonly y: number }[]): {
  readonly slope: number;
  readonly intercept: number;
} {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))];
  const covariance = mean(points.map(({ x, y }) => (x - meanX) * (y - meanY)));
  const variance = mean(points.map(({ x }) => (x - meanX) ** 2));
  const slope = covariance / variance;
  return { slope, intercept: meanY - slope * meanX };
}
