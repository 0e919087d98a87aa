import { codecOf, entriesOf, entryNamedBy, lossRatio, numberIn, perSecond, selectedPair, type StatsEntry, textIn } from './stats-report.ts';

/** One video encoding: the only one, or one of a simulcast. */
export interface EncodingStats {
  /** Undefined when there is only one. */
  readonly rid: string | undefined;
  /** False while the browser holds it back, for example until its bandwidth estimate has grown. */
  readonly active: boolean;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly framesPerSecond: number | undefined;
  readonly bitsPerSecond: number | undefined;
  readonly bytesSent: number;
  /** Such as `L3T3_KEY`. */
  readonly scalabilityMode: string | undefined;
  /** Why it is worse than asked for: `cpu`, `bandwidth`, `other`; `none` if it is not. */
  readonly limitation: string | undefined;
}

/** What a publisher sends. Totals count from the start of its present session; a field is undefined while the browser does not know it. */
export interface PublisherStats {
  /** When this was read, in milliseconds on the clock of `performance.now()`. */
  readonly at: number;
  readonly videoCodec: string | undefined;
  readonly audioCodec: string | undefined;
  /** Of the largest encoding that is being sent. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly framesPerSecond: number | undefined;
  /** Sent over the last seconds: audio and every video encoding. */
  readonly bitsPerSecond: number | undefined;
  readonly bytesSent: number;
  readonly packetsSent: number;
  readonly packetsLost: number;
  /** Lost part of the last seconds' packets, from 0 to 1, as the server reports it. */
  readonly lossRatio: number | undefined;
  readonly roundTripMs: number | undefined;
  /** `udp` or `tcp`. */
  readonly protocol: string | undefined;
  /** Smallest first. */
  readonly encodings: readonly EncodingStats[];
}

/** Turns a peer connection's stats report into what people want to know; `before` is a description 1 to 3 seconds old, for the rates. */
export function describePublishing(entries: readonly StatsEntry[], at: number, before: PublisherStats | undefined): PublisherStats {
  const outbound = entriesOf(entries, 'outbound-rtp');
  const encodings = outbound
    .filter((stream) => stream['kind'] === 'video')
    .map((stream) => describeEncoding(stream, at, before))
    .toSorted((one, other) => (one.width ?? 0) - (other.width ?? 0));
  const largest = encodings.findLast((encoding) => encoding.active) ?? encodings.at(-1);
  const pair = selectedPair(entries);
  const totals = {
    bytesSent: sum(outbound, 'bytesSent'),
    packetsSent: sum(outbound, 'packetsSent'),
    packetsLost: Math.max(0, sum(entriesOf(entries, 'remote-inbound-rtp'), 'packetsLost')),
  };
  const roundTrip = numberIn(pair, 'currentRoundTripTime');
  return {
    ...totals,
    at,
    encodings,
    videoCodec: codecOf(entries, entriesOf(entries, 'outbound-rtp', 'video')[0]),
    audioCodec: codecOf(entries, entriesOf(entries, 'outbound-rtp', 'audio')[0]),
    width: largest?.width,
    height: largest?.height,
    framesPerSecond: largest?.framesPerSecond,
    bitsPerSecond: bitRate(totals.bytesSent, at, before?.bytesSent, before?.at),
    lossRatio: lossRatio(packets(totals), before && packets(before)),
    roundTripMs: roundTrip === undefined ? undefined : roundTrip * 1000,
    protocol: textIn(entryNamedBy(entries, pair, 'localCandidateId'), 'protocol'),
  };
}

function describeEncoding(stream: StatsEntry, at: number, before: PublisherStats | undefined): EncodingStats {
  const rid = textIn(stream, 'rid');
  const bytesSent = numberIn(stream, 'bytesSent') ?? 0;
  const bitsPerSecond = bitRate(bytesSent, at, before?.encodings.find((encoding) => encoding.rid === rid)?.bytesSent, before?.at);
  return {
    rid,
    active: stream['active'] !== false && bitsPerSecond !== 0,
    width: numberIn(stream, 'frameWidth'),
    height: numberIn(stream, 'frameHeight'),
    framesPerSecond: numberIn(stream, 'framesPerSecond'),
    bitsPerSecond,
    bytesSent,
    scalabilityMode: textIn(stream, 'scalabilityMode'),
    limitation: textIn(stream, 'qualityLimitationReason'),
  };
}

function packets(stats: Pick<PublisherStats, 'packetsSent' | 'packetsLost'>): { packetsPassed: number; packetsLost: number } {
  return { packetsPassed: Math.max(0, stats.packetsSent - stats.packetsLost), packetsLost: stats.packetsLost };
}

function bitRate(bytes: number, at: number, bytesBefore: number | undefined, atBefore: number | undefined): number | undefined {
  if (bytesBefore === undefined || atBefore === undefined) return undefined;
  const bytesPerSecond = perSecond({ at, total: bytes }, { at: atBefore, total: bytesBefore });
  return bytesPerSecond === undefined ? undefined : bytesPerSecond * 8;
}

function sum(entries: readonly StatsEntry[], field: string): number {
  return entries.reduce((total, entry) => total + (numberIn(entry, field) ?? 0), 0);
}
