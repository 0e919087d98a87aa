/** What was sent to a viewer and what it reported, in totals since its track began. */
export interface PathReading {
  /** On a clock that never jumps, in milliseconds. */
  readonly atMs: number;
  /** Sent, without retransmissions. */
  readonly packets: number;
  readonly bytes: number;
  /** Sent again, because NACKs asked for it (RFC 4585 §6.2.1): once for each round trip in which it stayed away. */
  readonly retransmitted: number;
  /** Missing at the viewer, by its receiver reports (RFC 3550 §6.4.1), repaired or not. */
  readonly lost: number;
  /** From SR to RR and back; undefined while the viewer has not told. */
  readonly roundTripMs: number | undefined;
  /** Interarrival jitter; undefined while the viewer has not told. */
  readonly jitterMs: number | undefined;
}

/** What the last readings say about the path. */
export interface PathSigns {
  /** Share of packets that were lost in the last second, at least (a lower bound, so that a few packets prove nothing), 0 to 1. */
  readonly lossNow: number;
  /** The same over all these readings. */
  readonly lossLately: number;
  /** What was lost in the last second, and over all these readings, as it was counted. */
  readonly lossShare: number;
  readonly lossShareLately: number;
  /** Share of the packets since the reading before that had to be sent again. */
  readonly repairedShare: number;
  /** How much longer than at its best the path takes now, in milliseconds: what waits in its queues. */
  readonly queueMs: number;
  /** The shortest queue of the last two reports: one alone may be a hiccup of the network, or of this machine. */
  readonly raisedMs: number;
  /** The shortest queue that a report of the last 1.5 s told: what a busy machine or radio delays for a moment is no queue. */
  readonly lastingMs: number;
  /** The shortest queue of the last three reports: one that bursts fill and that empties again is no trouble (CoDel's insight). */
  readonly standingMs: number;
  /** How fast the queue grows, in milliseconds per second; negative while it shrinks. */
  readonly growth: number;
  /** Sent since the reading before, in bit/s. */
  readonly rate: number;
  /** When the last report was seen; -Infinity: there is none among these readings. */
  readonly toldMs: number;
}

/** The best that a path was seen to do, in milliseconds. */
export interface PathBest {
  readonly roundTripMs: number;
  readonly jitterMs: number;
}

/** What signs are read from. */
export interface PathHistory {
  /** The reading before the first one: tells whether a report came in between. */
  readonly context: PathReading | undefined;
  /** In order of time. */
  readonly readings: readonly PathReading[];
  readonly best: PathBest;
}

interface Queue {
  readonly atMs: number;
  readonly ms: number;
}

/** How sure a loss must be: 1.5 standard deviations, or one chance in fifteen to be wrong. */
const deviations = 1.5;

/** Losses are reported about once a second: between readings that are closer they would be set against too few packets. */
const reportMs = 900;

/** mediasoup sends reports every 1 to 1.5 s, by which players tell the round trip: all that come in this time tell of two of them. */
const lastingMs = 1500;

/**
 * Interprets readings, as far as reports came with them. The queue is measured with round trips, and with twice the jitter where a viewer tells none: a queue
 * that grows by `x` ms a frame shows as a jitter of `x`.
 */
export function readSigns({ context, readings, best }: PathHistory): PathSigns {
  const [last, before] = [readings.at(-1), readings.at(-2)];
  const told = readings.filter((reading, index) => isNews(readings[index - 1] ?? context, reading));
  const first = told[0];
  const latest = told.at(-1);
  const previous = told.findLast(({ atMs }) => latest !== undefined && latest.atMs - atMs >= reportMs);
  const queues = told.map((reading) => ({ atMs: reading.atMs, ms: queueOf(reading, best) }));
  return {
    lossNow: lossBetween(previous, latest),
    lossLately: lossBetween(first, latest),
    lossShare: Math.min(
      1,
      share(previous, latest, ({ lost }) => lost),
    ),
    lossShareLately: Math.min(
      1,
      share(first, latest, ({ lost }) => lost),
    ),
    repairedShare: share(before, last, ({ retransmitted }) => retransmitted),
    queueMs: queues.at(-1)?.ms ?? 0,
    raisedMs: least(queues, 2),
    lastingMs: leastSince(queues, (last?.atMs ?? 0) - lastingMs),
    standingMs: least(queues, 3),
    growth: growthOf(queues.slice(-3)),
    rate: rateBetween(before, last),
    toldMs: latest?.atMs ?? -Infinity,
  };
}

/** Bits per second between two readings; 0 where there are none. */
function rateBetween(from: PathReading | undefined, to: PathReading | undefined): number {
  if (from === undefined || to === undefined || to.atMs <= from.atMs) return 0;
  return ((to.bytes - from.bytes) * 8000) / (to.atMs - from.atMs);
}

/** What waits in the path's queues, in milliseconds. */
function queueOf({ roundTripMs, jitterMs = 0 }: PathReading, best: PathBest): number {
  if (roundTripMs !== undefined) return Math.max(0, roundTripMs - best.roundTripMs);
  return Math.max(0, 2 * (jitterMs - best.jitterMs));
}

/** A report has come since: of two in a row, jitter or round trip all but surely differ in some digit. */
function isNews(before: PathReading | undefined, now: PathReading): boolean {
  if (now.roundTripMs === undefined && now.jitterMs === undefined) return false;
  return before === undefined || before.lost !== now.lost || before.jitterMs !== now.jitterMs || before.roundTripMs !== now.roundTripMs;
}

function lossBetween(from: PathReading | undefined, to: PathReading | undefined): number {
  if (from === undefined || to === undefined) return 0;
  const sent = to.packets - from.packets;
  return lowerBound(Math.min(sent, Math.max(0, to.lost - from.lost)), sent);
}

/** Wilson's lower bound of a share, which a few packets cannot raise. */
function lowerBound(hits: number, count: number): number {
  if (count <= 0 || hits <= 0) return 0;
  const rate = hits / count;
  const square = deviations ** 2;
  const spread = deviations * Math.sqrt((rate * (1 - rate)) / count + square / (4 * count ** 2));
  return Math.max(0, (rate + square / (2 * count) - spread) / (1 + square / count));
}

function share(from: PathReading | undefined, to: PathReading | undefined, of: (reading: PathReading) => number): number {
  if (from === undefined || to === undefined || to.packets <= from.packets) return 0;
  return Math.max(0, of(to) - of(from)) / (to.packets - from.packets);
}

/** The least of the last few; 0 while there are fewer. */
function least(queues: readonly Queue[], count: number): number {
  return queues.length < count ? 0 : Math.min(...queues.slice(-count).map(({ ms }) => ms));
}

/** The least since a time; 0 where nothing was told. */
function leastSince(queues: readonly Queue[], sinceMs: number): number {
  const late = queues.filter(({ atMs }) => atMs >= sinceMs).map(({ ms }) => ms);
  return late.length === 0 ? 0 : Math.min(...late);
}

function growthOf(queues: readonly Queue[]): number {
  const [from, to] = [queues[0], queues.at(-1)];
  if (from === undefined || to === undefined || to.atMs <= from.atMs) return 0;
  return ((to.ms - from.ms) * 1000) / (to.atMs - from.atMs);
}
