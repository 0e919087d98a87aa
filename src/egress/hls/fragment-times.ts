import type { Fragment } from '../fragment.ts';

/** Fragments that lie apart by less than this follow each other, in milliseconds. */
const holeMs = 200;

/** Where a fragment ends. */
export function endOf({ startMs, durationMs }: Fragment): number {
  return startMs + durationMs;
}

/** The key frame nearest to a time, at most so far away. */
export function keyNear(fragments: readonly Fragment[], atMs: number, windowMs: number): Fragment | undefined {
  return keyWithin(fragments, atMs, { beforeMs: windowMs, afterMs: windowMs });
}

/** The same, with different distances before and after. */
export function keyWithin(
  fragments: readonly Fragment[],
  atMs: number,
  { beforeMs, afterMs }: { readonly beforeMs: number; readonly afterMs: number },
): Fragment | undefined {
  return fragments
    .filter(({ independent, startMs }) => independent && startMs >= atMs - beforeMs && startMs <= atMs + afterMs)
    .toSorted((a, b) => Math.abs(a.startMs - atMs) - Math.abs(b.startMs - atMs))[0];
}

/** Whether fragments are one piece from one time to another: no hole, no change of the decoder, a key frame first. */
export function isWhole(fragments: readonly Fragment[], fromMs: number, untilMs: number): boolean {
  const [first] = fragments;
  const last = fragments.at(-1);
  if (first === undefined || last === undefined || !first.independent) return false;
  if (first.startMs > fromMs + holeMs || endOf(last) < untilMs - holeMs) return false;
  return fragments.every((fragment, index) => {
    const before = fragments[index - 1];
    return fragment.init === first.init && (before === undefined || fragment.startMs - endOf(before) <= holeMs);
  });
}
