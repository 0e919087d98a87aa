/** A recording as retention sees it. */
export interface Kept {
  readonly id: string;
  /** When its last picture was taken. */
  readonly endedAt: Date;
  readonly bytes: number;
  /** It may be deleted: it has ended, and where recordings are uploaded, the bucket has confirmed it. */
  readonly isSettled: boolean;
}

/** How much is kept; undefined: everything. */
export interface RetentionLimits {
  readonly maxAgeMs: number | undefined;
  /** Of all recordings together. */
  readonly maxBytes: number | undefined;
}

/**
 * Which recordings have to go: those that are too old, then the oldest until the rest is small enough. What is not settled counts, but stays.
 */
export function expiredOf<Entry extends Kept>(recordings: readonly Entry[], limits: RetentionLimits, now: Date): readonly Entry[] {
  const { maxAgeMs = Infinity, maxBytes = Infinity } = limits;
  const oldestFirst = recordings.toSorted((one, other) => one.endedAt.getTime() - other.endedAt.getTime());
  const tooOld = oldestFirst.filter(({ endedAt, isSettled }) => isSettled && now.getTime() - endedAt.getTime() > maxAgeMs);
  const expired = new Set(tooOld);
  let bytes = oldestFirst.reduce((sum, entry) => (expired.has(entry) ? sum : sum + entry.bytes), 0);
  for (const entry of oldestFirst) {
    if (bytes <= maxBytes) break;
    if (!entry.isSettled || expired.has(entry)) continue;
    expired.add(entry);
    bytes -= entry.bytes;
  }
  return [...expired];
}
