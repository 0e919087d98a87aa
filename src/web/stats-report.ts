/** One entry of an `RTCStatsReport`, unread. */
export type StatsEntry = Readonly<Record<string, unknown>>;

/** The report as a list. */
export function listStats(report: RTCStatsReport): readonly StatsEntry[] {
  const entries: StatsEntry[] = [];
  report.forEach((entry: StatsEntry) => entries.push(entry));
  return entries;
}

/** A numeric field, if the browser gave it. */
export function numberIn(entry: StatsEntry | undefined, name: string): number | undefined {
  const value = entry?.[name];
  return typeof value === 'number' ? value : undefined;
}

/** A text field, if the browser gave it. */
export function textIn(entry: StatsEntry | undefined, name: string): string | undefined {
  const value = entry?.[name];
  return typeof value === 'string' ? value : undefined;
}

/** The entries of a type, in the report's order. */
export function entriesOf(entries: readonly StatsEntry[], type: string, kind?: 'audio' | 'video'): readonly StatsEntry[] {
  return entries.filter((entry) => entry['type'] === type && (kind === undefined || entry['kind'] === kind));
}

/** The entry that another one names in a field such as `codecId`. */
export function entryNamedBy(entries: readonly StatsEntry[], entry: StatsEntry | undefined, field: string): StatsEntry | undefined {
  const id = textIn(entry, field);
  return id === undefined ? undefined : entries.find((candidate) => candidate['id'] === id);
}

/** The codec of an RTP stream as people call it: `VP8`, `H264`, `opus`. */
export function codecOf(entries: readonly StatsEntry[], stream: StatsEntry | undefined): string | undefined {
  return textIn(entryNamedBy(entries, stream, 'codecId'), 'mimeType')?.split('/')[1];
}

/** The candidate pair that carries the media. */
export function selectedPair(entries: readonly StatsEntry[]): StatsEntry | undefined {
  const [transport] = entriesOf(entries, 'transport');
  // Firefox names no selected pair in its transport; there the nominated one counts.
  return (
    entryNamedBy(entries, transport, 'selectedCandidatePairId') ??
    entriesOf(entries, 'candidate-pair').find((pair) => pair['nominated'] === true)
  );
}

/** The growth of a total per second between two readings, or undefined while there is only one. */
export function perSecond(now: Reading, before: Reading | undefined): number | undefined {
  if (before === undefined || now.at - before.at < 200 || now.total < before.total) return undefined;
  return ((now.total - before.total) * 1000) / (now.at - before.at);
}

/** A counter at a time. */
export interface Reading {
  /** Milliseconds on the clock of `performance.now()`. */
  readonly at: number;
  readonly total: number;
}

/** Of all packets since the earlier reading, the part that was lost, from 0 to 1. */
export function lossRatio(now: PacketTotals, before: PacketTotals | undefined): number | undefined {
  const lost = Math.max(0, now.packetsLost - (before?.packetsLost ?? 0));
  const passed = Math.max(0, now.packetsPassed - (before?.packetsPassed ?? 0));
  return lost + passed === 0 ? undefined : lost / (lost + passed);
}

/** Packets that arrived, or were sent, and those that were lost on the way. */
export interface PacketTotals {
  readonly packetsPassed: number;
  readonly packetsLost: number;
}
