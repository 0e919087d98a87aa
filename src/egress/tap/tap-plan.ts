import type { CodecName, TrackDescription } from '../../sdp/model.ts';
import type { Rendition } from '../fragment.ts';
import type { FfmpegAbilities } from './ffmpeg-abilities.ts';

/** A track of a live stream, as a plan sees it. */
export interface TapTrack {
  readonly description: TrackDescription;
  /** Whether media arrives on it now. FFmpeg writes nothing at all while it waits for a track that is silent. */
  readonly flows: boolean;
}

/** One RTP stream that FFmpeg gets. */
export interface TapLegPlan {
  /** Index of its track among those that were given. */
  readonly track: number;
  readonly kind: 'audio' | 'video';
  readonly codec: CodecName;
  /** Index of its simulcast encoding. */
  readonly encoding: number | undefined;
}

/** What a tap does: RTP in, renditions out. */
export interface TapPlan {
  readonly legs: readonly TapLegPlan[];
  /** One for each leg, in their order; a single one of WebM. */
  readonly renditions: readonly Rendition[];
  readonly container: 'mp4' | 'webm';
  /** Video is encoded anew as H264. */
  readonly transcodes: boolean;
}

/** Whether a kind of output can be made of a stream, and why not. */
export type Feasibility = { readonly possible: true } | { readonly possible: false; readonly reason: string };

/** What can be made of a stream. */
export interface Feasibilities {
  readonly hls: Feasibility;
  readonly rtmp: Feasibility;
  readonly record: Feasibility;
}

/** What a plan depends on besides the tracks. */
export interface TapTerms {
  readonly abilities: FfmpegAbilities;
  /** What HLS and RTMP cannot carry is encoded anew. */
  readonly transcode: boolean;
}

/** How the video of a stream is tapped, or why it cannot be. */
type VideoWay = { readonly container: 'mp4' | 'webm'; readonly transcodes: boolean } | { readonly refused: string };

/** Plans a tap of the tracks that flow; a sentence when nothing can be tapped. Undefined: none flows now. */
export function planTap(tracks: readonly TapTrack[], terms: TapTerms): TapPlan | { readonly refused: string } | undefined {
  const flowing = tracks.map((track, index) => ({ ...track, index })).filter(({ flows }) => flows);
  const video = flowing.find(({ description }) => description.kind === 'video');
  const audio = flowing.find(({ description }) => description.kind === 'audio');
  if (video === undefined && audio === undefined) return undefined;
  const way = video === undefined ? { container: 'mp4' as const, transcodes: false } : videoWay(video.description.codec, terms);
  if ('refused' in way) return way;
  const audioLeg =
    audio === undefined ? [] : [{ track: audio.index, kind: 'audio', codec: audio.description.codec, encoding: undefined } as const];
  const videoLegs = video === undefined ? [] : legsOfVideo(video, way);
  return {
    legs: [...videoLegs, ...audioLeg],
    renditions: renditionsOf(videoLegs, audioLeg.length > 0, { way, rids: video?.description.rids ?? [] }),
    ...way,
  };
}

/** What can be made of a stream with this video codec (undefined: audio only). */
export function feasibilityOf(videoCodec: CodecName | undefined, terms: TapTerms): Feasibilities {
  const way = videoCodec === undefined ? { container: 'mp4' as const, transcodes: false } : videoWay(videoCodec, terms);
  if ('refused' in way) return all({ possible: false, reason: way.refused });
  if (way.container === 'mp4') {
    const rtmp: Feasibility =
      videoCodec === 'AV1' && !way.transcodes
        ? { possible: false, reason: 'RTMP servers do not take AV1; let the publisher send H264, or set streams.default.transcode.' }
        : { possible: true };
    return { hls: { possible: true }, rtmp, record: { possible: true } };
  }
  const reason = 'VP8 goes into WebM recordings only; let the publisher send H264, or set streams.default.transcode.';
  return { hls: { possible: false, reason }, rtmp: { possible: false, reason }, record: { possible: true } };
}

const all = (feasibility: Feasibility): Feasibilities => ({ hls: feasibility, rtmp: feasibility, record: feasibility });

function videoWay(codec: CodecName, { abilities, transcode }: TapTerms): VideoWay {
  if (codec === 'H264') return { container: 'mp4', transcodes: false };
  const isReadable = codec !== 'AV1' || abilities.readsAv1;
  if (isReadable && transcode && abilities.encodesH264) return { container: 'mp4', transcodes: true };
  if (codec === 'VP8') return { container: 'webm', transcodes: false };
  if (codec === 'AV1' && isReadable) return { container: 'mp4', transcodes: false };
  if (codec === 'AV1')
    return { refused: `This FFmpeg (${abilities.version}) cannot receive AV1; use a newer one (9 can), or let the publisher send H264.` };
  const remedy = transcode ? 'use an FFmpeg with libx264' : 'set streams.default.transcode';
  return { refused: `FFmpeg cannot take ${codec} as it comes, only encode it anew: ${remedy}, or let the publisher send H264.` };
}

interface FlowingTrack extends TapTrack {
  readonly index: number;
}

/** Every encoding is a rendition where it is copied; the best one where it costs an encoder, or where one file takes one picture. */
function legsOfVideo(
  { description, index }: FlowingTrack,
  { container, transcodes }: Pick<TapPlan, 'container' | 'transcodes'>,
): TapLegPlan[] {
  const leg = { track: index, kind: 'video', codec: description.codec } as const;
  const encodings = description.rids.map((_rid, encoding) => encoding);
  if (encodings.length < 2) return [{ ...leg, encoding: undefined }];
  const taken = container === 'webm' || transcodes ? encodings.slice(-1) : encodings;
  return taken.map((encoding) => ({ ...leg, encoding }));
}

function renditionsOf(
  videoLegs: readonly TapLegPlan[],
  hasAudio: boolean,
  { way, rids }: { readonly way: Pick<TapPlan, 'container'>; readonly rids: readonly string[] },
): Rendition[] {
  const ridOf = ({ encoding }: TapLegPlan): string | undefined => (encoding === undefined ? undefined : rids[encoding]);
  if (way.container === 'webm') return videoLegs.map((leg) => ({ name: 'webm', kind: 'video', rid: ridOf(leg) }));
  const videos = videoLegs.map((leg, index): Rendition => ({ name: `video-${index}`, kind: 'video', rid: ridOf(leg) }));
  return hasAudio ? [...videos, { name: 'audio', kind: 'audio', rid: undefined }] : videos;
}
