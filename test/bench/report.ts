import { renderColumns } from './table.ts';
import { availableParallelism, cpus, loadavg } from 'node:os';

/** One line of the result. */
export interface Row {
  readonly what: string;
  readonly unit: 'ms' | 'MB' | 'packets';
  readonly p50: number;
  readonly p95?: number;
  readonly p99?: number;
  readonly perSecond?: number;
  /** CPU time of the gateway and its workers for each, which other processes on the machine do not change much. */
  readonly cpuMs?: number;
  /** What it should be at most, or for `perSecond` at least. */
  readonly aims?: { readonly p50?: number; readonly p95?: number; readonly perSecond?: number };
  /** How many measurements. */
  readonly count: number;
}

/** Where and when it was measured. */
export interface Circumstances {
  readonly at: string;
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  /** Others who want the cores: 0 to 0.5 is a quiet machine. */
  readonly load: number;
}

/** Looks at this machine now. */
export function circumstances(): Circumstances {
  const [load = 0] = loadavg();
  return { at: new Date().toISOString(), node: process.version, cpu: cpus()[0]?.model ?? '', cores: availableParallelism(), load };
}

/** The value below which a share of the sorted values lies (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** The middle value. */
export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}

/** The rows for people. */
export function renderTable(rows: readonly Row[]): string {
  const head = ['', 'p50', 'p95', 'p99', 'per second', 'CPU', 'n', 'aim'];
  const lines = rows.map((row) => [
    row.what,
    withUnit(row.p50, row.unit),
    withUnit(row.p95, row.unit),
    withUnit(row.p99, row.unit),
    row.perSecond === undefined ? '' : row.perSecond.toFixed(0),
    withUnit(row.cpuMs, 'ms'),
    row.count.toString(),
    verdict(row),
  ]);
  return renderColumns(head, lines);
}

function withUnit(value: number | undefined, unit: string): string {
  return value === undefined ? '' : `${value.toFixed(value < 100 ? 1 : 0)} ${unit}`;
}

/** What was aimed at, and whether it was met. */
function verdict({ unit, p50, p95 = 0, perSecond, aims }: Row): string {
  const parts = [
    ...(aims?.p50 === undefined ? [] : [{ text: `p50 ≤ ${aims.p50} ${unit}`, isMet: p50 <= aims.p50 }]),
    ...(aims?.p95 === undefined ? [] : [{ text: `p95 ≤ ${aims.p95} ${unit}`, isMet: p95 <= aims.p95 }]),
    ...(aims?.perSecond === undefined ? [] : [{ text: `≥ ${aims.perSecond} a second`, isMet: (perSecond ?? 0) >= aims.perSecond }]),
  ];
  return parts.map(({ text, isMet }) => `${text}: ${isMet ? 'met' : 'MISSED'}`).join(', ');
}
