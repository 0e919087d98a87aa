/** One `EXT-X-PART`. */
export interface ListedPart {
  readonly uri: string;
  readonly durationMs: number;
  readonly independent: boolean;
}

/** One segment of a playlist, with the parts that it may be had in. */
export interface ListedSegment {
  readonly uri: string;
  readonly initUri: string;
  readonly discontinuity: boolean;
  /** Milliseconds since the epoch. */
  readonly startsAt: number;
  readonly durationMs: number;
  readonly parts: readonly ListedPart[];
  /** Only the last one may be open: it has parts and is no segment yet. */
  readonly complete: boolean;
}

/** Where another playlist of the same stream stands. */
export interface RenditionReport {
  readonly uri: string;
  readonly lastNumber: number;
  /** Undefined where it has no parts. */
  readonly lastPart: number | undefined;
}

/** Everything in a media playlist. */
export interface MediaPlaylist {
  /** Whole seconds; no segment is longer, when rounded. */
  readonly targetDurationS: number;
  readonly firstNumber: number;
  readonly discontinuitySequence: number;
  readonly segments: readonly ListedSegment[];
  /** Undefined: it has no parts. */
  readonly lowLatency:
    { readonly partTargetMs: number; readonly hintUri: string | undefined; readonly reports: readonly RenditionReport[] } | undefined;
  /** Whether a request can wait for what is not there yet. */
  readonly blocksReload: boolean;
  /** Nothing follows. */
  readonly ended: boolean;
}

/** What players keep away from the end of the playlist, in parts; and in target durations where there are none (the least that RFC 8216bis allows). */
const heldBack = { parts: 3, targets: 3 };

/**
 * Writes a media playlist.
 *
 * Written here rather than by a library: the one that is kept (hls-parser) refuses two equal lines, such as two parts of one length, and
 * leaves out a segment that has parts but no end yet. Tests read the result with it.
 *
 * @see RFC 8216; draft-pantos-hls-rfc8216bis for parts
 */
export function writeMediaPlaylist(playlist: MediaPlaylist): string {
  const { targetDurationS, firstNumber, discontinuitySequence, segments, lowLatency, ended } = playlist;
  const hint = lowLatency?.hintUri;
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:6',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    `#EXT-X-TARGETDURATION:${targetDurationS}`,
    ...serverControl(playlist),
    ...(lowLatency === undefined ? [] : [`#EXT-X-PART-INF:PART-TARGET=${seconds(lowLatency.partTargetMs)}`]),
    `#EXT-X-MEDIA-SEQUENCE:${firstNumber}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence}`,
    ...segments.flatMap((segment, index) => segmentLines(segment, segments[index - 1])),
    ...(hint === undefined || ended ? [] : [`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${hint}"`]),
    ...(ended ? [] : (lowLatency?.reports ?? []).map(reportLine)),
    ...(ended ? ['#EXT-X-ENDLIST'] : []),
    '',
  ].join('\n');
}

function serverControl({ blocksReload, ended, lowLatency, targetDurationS }: MediaPlaylist): readonly string[] {
  if (!blocksReload || ended) return [];
  const partHoldBack = lowLatency === undefined ? '' : `,PART-HOLD-BACK=${seconds(lowLatency.partTargetMs * heldBack.parts)}`;
  return [`#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK=${seconds(targetDurationS * 1000 * heldBack.targets)}${partHoldBack}`];
}

function segmentLines(segment: ListedSegment, previous: ListedSegment | undefined): readonly string[] {
  const { uri, initUri, discontinuity, startsAt, durationMs, parts, complete } = segment;
  if (!complete && parts.length === 0) return [];
  return [
    ...(discontinuity ? ['#EXT-X-DISCONTINUITY'] : []),
    ...(discontinuity || initUri !== previous?.initUri ? [`#EXT-X-MAP:URI="${initUri}"`] : []),
    `#EXT-X-PROGRAM-DATE-TIME:${new Date(startsAt).toISOString()}`,
    ...parts.map(partLine),
    ...(complete ? [`#EXTINF:${seconds(durationMs)},`, uri] : []),
  ];
}

function partLine({ uri, durationMs, independent }: ListedPart): string {
  return `#EXT-X-PART:DURATION=${seconds(durationMs)},URI="${uri}"${independent ? ',INDEPENDENT=YES' : ''}`;
}

function reportLine({ uri, lastNumber, lastPart }: RenditionReport): string {
  return `#EXT-X-RENDITION-REPORT:URI="${uri}",LAST-MSN=${lastNumber}${lastPart === undefined ? '' : `,LAST-PART=${lastPart}`}`;
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(5);
}
