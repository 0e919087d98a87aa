import { codecOf, entriesOf, entryNamedBy, lossRatio, numberIn, perSecond, selectedPair, type StatsEntry, textIn } from './stats-report.ts';

/** What a player receives. Totals count from the start of its present session; a field is undefined while the browser does not know it. */
export interface PlayerStats {
  /** When this was read, in milliseconds on the clock of `performance.now()`. */
  readonly at: number;
  readonly videoCodec: string | undefined;
  readonly audioCodec: string | undefined;
  /** Pixels of the decoded picture. */
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly framesPerSecond: number | undefined;
  readonly framesDecoded: number;
  /** Media received over the last seconds, audio and video. */
  readonly bitsPerSecond: number | undefined;
  readonly audioBytesReceived: number;
  readonly videoBytesReceived: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  /** Lost part of the last seconds' packets, from 0 to 1. */
  readonly lossRatio: number | undefined;
  /** Of the video, or of the audio where there is no video. */
  readonly jitterMs: number | undefined;
  readonly roundTripMs: number | undefined;
  /** `udp` or `tcp`. */
  readonly protocol: string | undefined;
  /** From the POST to the first picture, of the present session. */
  readonly firstFrameMs: number | undefined;
}

/** What {@link describePlayback} cannot read from the report. */
export interface PlaybackContext {
  readonly at: number;
  readonly firstFrameMs: number | undefined;
  /** An earlier description of the same session, 1 to 3 seconds old, for the rates. */
  readonly before: PlayerStats | undefined;
}

/** Turns a peer connection's stats report into what people want to know. */
export function describePlayback(entries: readonly StatsEntry[], context: PlaybackContext): PlayerStats {
  const [video] = entriesOf(entries, 'inbound-rtp', 'video');
  const [audio] = entriesOf(entries, 'inbound-rtp', 'audio');
  const pair = selectedPair(entries);
  const totals = {
    framesDecoded: numberIn(video, 'framesDecoded') ?? 0,
    audioBytesReceived: numberIn(audio, 'bytesReceived') ?? 0,
    videoBytesReceived: numberIn(video, 'bytesReceived') ?? 0,
    packetsReceived: sum(audio, video, 'packetsReceived'),
    packetsLost: Math.max(0, sum(audio, video, 'packetsLost')),
  };
  const { at, firstFrameMs, before } = context;
  const bytes = (stats: Pick<PlayerStats, 'audioBytesReceived' | 'videoBytesReceived'>): number =>
    stats.audioBytesReceived + stats.videoBytesReceived;
  return {
    ...totals,
    at,
    firstFrameMs,
    videoCodec: codecOf(entries, video),
    audioCodec: codecOf(entries, audio),
    width: numberIn(video, 'frameWidth'),
    height: numberIn(video, 'frameHeight'),
    framesPerSecond: numberIn(video, 'framesPerSecond'),
    bitsPerSecond: scale(perSecond({ at, total: bytes(totals) }, before && { at: before.at, total: bytes(before) }), 8),
    lossRatio: lossRatio(packets(totals), before && packets(before)),
    jitterMs: scale(numberIn(video ?? audio, 'jitter'), 1000),
    roundTripMs: scale(numberIn(pair, 'currentRoundTripTime'), 1000),
    protocol: textIn(entryNamedBy(entries, pair, 'localCandidateId'), 'protocol'),
  };
}

function packets(stats: Pick<PlayerStats, 'packetsReceived' | 'packetsLost'>): { packetsPassed: number; packetsLost: number } {
  return { packetsPassed: stats.packetsReceived, packetsLost: stats.packetsLost };
}

function sum(audio: StatsEntry | undefined, video: StatsEntry | undefined, field: string): number {
  return (numberIn(audio, field) ?? 0) + (numberIn(video, field) ?? 0);
}

function scale(value: number | undefined, factor: number): number | undefined {
  return value === undefined ? undefined : value * factor;
}
