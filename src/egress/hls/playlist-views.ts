import type { Rendition } from '../fragment.ts';
import { audioName } from './packager.ts';
import type { ListedSegment, MediaPlaylist, RenditionReport } from './media-playlist.ts';
import type { MultivariantPlaylist, Variant } from './multivariant-playlist.ts';
import type { Presentation } from './presentation.ts';
import type { Part, Segment } from './segment.ts';

/** What a playlist shows besides the segments. */
export interface PlaylistTerms {
  /** How long segments should be, in milliseconds. */
  readonly segmentMs: number;
  /** How long parts should be, in milliseconds; undefined: parts are not for the readers of this playlist. */
  readonly partMs: number | undefined;
  /** Whether requests can wait for what is not there yet. */
  readonly blocksReload: boolean;
  /** Nothing follows. */
  readonly ended: boolean;
}

/** Parts are listed within this many target durations of the end, and in no more segments, the open one included (draft-pantos-hls-rfc8216bis §4.4.4.9). */
const targetsWithParts = 3;

/** Frames that come late make parts longer, but the target no longer than this, in shares of what was meant: players stay three targets behind. */
const longestPartShare = 3;

/** From one encoding of a simulcast to the next: twice the width and height, some three times the bits. */
const usualStep = { size: 2, bits: 3 };

/** Guess for a rendition of which nothing was measured, in bits per second. */
const unknownBandwidth = 500_000;

/** Where files are, seen from a media playlist. */
function mediaUri(name: string, extension: 'm4s' | 'mp4' = 'm4s'): string {
  return `../media/${name}.${extension}`;
}

/** The whole seconds that no segment of a presentation exceeds, when rounded (RFC 8216 §4.3.3.1); rises only when key frames come further apart than ever. */
export function targetDurationS(presentation: Presentation, segmentMs: number): number {
  return Math.max(1, Math.round(segmentMs / 1000), Math.round(presentation.longestMs / 1000));
}

/** The media playlist of one rendition. */
export function mediaPlaylistOf(presentation: Presentation, rendition: string, terms: PlaylistTerms): MediaPlaylist {
  const listed = presentation.listed(rendition);
  const targetS = targetDurationS(presentation, terms.segmentMs);
  const hasParts = terms.partMs !== undefined && !terms.ended && listed.some(({ segment }) => segment.listsParts);
  const first = listed[0];
  const endsOpen = listed.at(-1)?.segment.complete === false;
  const segments = listed.map(({ segment, discontinuity }, index): ListedSegment => {
    const sinceMs = listed.slice(index).reduce((sum, { segment: { durationMs } }) => sum + durationMs, 0);
    const isNear = sinceMs < targetsWithParts * targetS * 1000 && listed.length - index + (endsOpen ? 0 : 1) <= targetsWithParts;
    const showsParts = hasParts && segment.listsParts && (!segment.complete || isNear);
    return { ...listedSegment(segment, showsParts ? segment.parts : []), discontinuity };
  });
  const parts = segments.flatMap((segment) => segment.parts);
  return {
    targetDurationS: targetS,
    firstNumber: first?.number ?? 0,
    discontinuitySequence: (first?.discontinuities ?? 0) - (first?.discontinuity === true ? 1 : 0),
    segments: terms.partMs === undefined ? segments.filter(({ complete }) => complete) : segments,
    lowLatency:
      hasParts && terms.partMs !== undefined
        ? {
            partTargetMs: partTargetMs(terms.partMs, parts),
            hintUri: mediaUri(presentation.nextPartName(rendition)),
            reports: presentation.renditions.filter((other) => other !== rendition).flatMap((other) => reportOf(presentation, other)),
          }
        : undefined,
    blocksReload: terms.blocksReload,
    ended: terms.ended,
  };
}

function listedSegment(segment: Segment, parts: readonly Part[]): Omit<ListedSegment, 'discontinuity'> {
  return {
    uri: mediaUri(segment.name),
    initUri: mediaUri(segment.init.name, 'mp4'),
    startsAt: segment.startsAt,
    durationMs: segment.durationMs,
    parts: parts.map(({ name, durationMs, independent }) => ({ uri: mediaUri(name), durationMs, independent })),
    complete: segment.complete,
  };
}

function partTargetMs(partMs: number, parts: readonly { readonly durationMs: number }[]): number {
  const longestMs = Math.max(0, ...parts.map(({ durationMs }) => durationMs));
  return Math.min(Math.max(partMs, longestMs), partMs * longestPartShare);
}

function reportOf(presentation: Presentation, rendition: string): readonly RenditionReport[] {
  const last = presentation.listed(rendition).at(-1);
  if (last === undefined) return [];
  const { number, segment } = last;
  return [
    { uri: `${rendition}.m3u8`, lastNumber: number, lastPart: segment.listsParts ? Math.max(0, segment.parts.length - 1) : undefined },
  ];
}

/** What a multivariant playlist has to know of a video rendition. */
export type Listed = Pick<Rendition, 'name' | 'encoded'>;

/**
 * The multivariant playlist of a run whose video renditions are `videos`, from the lowest up. `directory`: where the media playlists are, seen
 * from it.
 */
export function multivariantPlaylistOf(presentation: Presentation, videos: readonly Listed[], directory: string): MultivariantPlaylist {
  const uri = (rendition: string): string => `${directory}/${rendition}.m3u8`;
  const sound = presentation.initOf(audioName);
  const soundRate = presentation.rate(audioName);
  if (videos.length === 0)
    return {
      variants:
        sound === undefined
          ? []
          : [variantOf(presentation, { name: audioName }, uri(audioName)) ?? guessVariant({ uri: uri(audioName) }, 0, [])],
      audio: undefined,
    };
  const seen = videos.map((rendition) => variantOf(presentation, rendition, uri(rendition.name)));
  const variants = videos.map((rendition, index) => seen[index] ?? guessVariant({ ...rendition, uri: uri(rendition.name) }, index, seen));
  if (sound === undefined) return { variants, audio: undefined };
  return {
    variants: variants.map((variant) => ({
      ...variant,
      codecs: variant.codecs && [...variant.codecs, sound.codec],
      bandwidth: variant.bandwidth + (soundRate?.peak ?? 0),
      averageBandwidth: variant.averageBandwidth + (soundRate?.average ?? 0),
    })),
    audio: { uri: uri(audioName), channels: sound.channels ?? 2 },
  };
}

/** Undefined: nothing was measured yet. */
function variantOf(presentation: Presentation, { name }: Listed, uri: string): Variant | undefined {
  const rate = presentation.rate(name);
  if (rate === undefined) return undefined;
  const init = presentation.initOf(name);
  return {
    uri,
    codecs: init && [init.codec],
    bandwidth: rate.peak,
    averageBandwidth: rate.average,
    size: init?.size,
    framesPerSecond: init?.size === undefined ? undefined : rate.framesPerSecond,
  };
}

/** An encoding that has not come yet, from what it will be or from the nearest that has come: players leave out what they know nothing of. */
function guessVariant(
  { uri, encoded }: Pick<Variant, 'uri'> & Pick<Listed, 'encoded'>,
  place: number,
  seen: readonly (Variant | undefined)[],
): Variant {
  const near = [...seen.keys()]
    .filter((index) => seen[index] !== undefined)
    .toSorted((a, b) => Math.abs(a - place) - Math.abs(b - place))[0];
  const model = near === undefined ? undefined : seen[near];
  const steps = place - (near ?? 0);
  const bandwidth = (model?.bandwidth ?? unknownBandwidth) * usualStep.bits ** steps;
  const scaled = (length: number): number => Math.max(2, Math.round((length * usualStep.size ** steps) / 2) * 2);
  const size = model?.size && { width: scaled(model.size.width), height: scaled(model.size.height) };
  const known = encoded && {
    bandwidth: encoded.bitrate,
    averageBandwidth: encoded.bitrate,
    size: { width: encoded.width, height: encoded.height },
  };
  return { uri, codecs: model?.codecs, bandwidth, averageBandwidth: bandwidth, size, framesPerSecond: model?.framesPerSecond, ...known };
}
