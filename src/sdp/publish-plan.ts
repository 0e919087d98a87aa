import { GatewayError } from '../errors.ts';
import {
  answeredFeedback,
  answeredVideoFmtp,
  bandwidthFeedback,
  extensionUris,
  forwardable,
  pickFmtp,
  servesBandwidth,
  type BandwidthFeedback,
  type ForwardableCodec,
} from './codecs.ts';
import { normaliseProfile } from './h264.ts';
import type {
  AnsweredSection,
  CodecName,
  Fmtp,
  MediaKind,
  Offer,
  OfferedCodec,
  OfferedExtension,
  OfferedSection,
  PublishTrack,
  RemoteTransport,
  TrackDescription,
  VideoCodec,
} from './model.ts';
import { produceParameters } from './produce-parameters.ts';
import { lowestFirst } from './simulcast-order.ts';
import { remoteTransport } from './transport-plan.ts';

/** How a publisher's offer will be served: nothing is open yet, and nothing is left to decide. */
export interface PublishPlan {
  readonly remote: RemoteTransport;
  /** One audio track, one video track, or both, in the offered order. */
  readonly tracks: readonly PublishTrack[];
  readonly offer: Offer;
  /** What the answer accepts, in the order of `tracks`. */
  readonly sections: readonly AnsweredSection[];
}

/** What decides about a publisher besides its offer. */
export interface PublishOptions {
  /** Video codecs by preference; `offer` stands for all of them in the publisher's own order. */
  readonly codecs: readonly ('offer' | VideoCodec)[];
  readonly userAgent: string;
}

type Kinded = OfferedSection & { readonly type: MediaKind };

/**
 * Decides how to receive a publisher.
 *
 * All or nothing (RFC 9725 §4.4.3): an offer of which one active section cannot be served is refused, so that nobody publishes
 * half a stream. That includes data channels, which WHIP does not have.
 */
export function planPublish(offer: Offer, options: PublishOptions): PublishPlan {
  const active = offer.sections.filter(({ rejected }) => !rejected).map(checkSection);
  checkTracks(active);
  const planned = active.map((section) => planSection(section, offer, options));
  checkSsrcs(active);
  return {
    remote: remoteTransport(offer),
    tracks: planned.map(({ track }) => track),
    offer,
    sections: planned.map(({ answered }) => answered),
  };
}

function checkSection(section: OfferedSection): Kinded {
  const { index, type, direction } = section;
  if (type !== 'audio' && type !== 'video') {
    throw new GatewayError('ERR_OFFER_TRACKS', `Section ${index} is of type ${type}; publish audio and video only.`);
  }
  if (direction === 'recvonly' || direction === 'inactive') {
    throw new GatewayError('ERR_OFFER_DIRECTION', `Section ${index} (${type}) is ${direction}; a publisher offers sendonly.`);
  }
  return { ...section, type };
}

function checkTracks(sections: readonly Kinded[]): void {
  for (const kind of ['audio', 'video'] as const) {
    if (sections.filter(({ type }) => type === kind).length > 1) {
      throw new GatewayError('ERR_OFFER_TRACKS', `The offer has more than one ${kind} section; publish one audio and one video track.`);
    }
  }
  if (new Set(sections.flatMap(({ msidStreams }) => msidStreams)).size > 1) {
    throw new GatewayError('ERR_OFFER_TRACKS', 'The offer has tracks of more than one MediaStream; publish one.');
  }
}

/** mediasoup routes by SSRC first, so one SSRC cannot belong to two sections. */
function checkSsrcs(sections: readonly Kinded[]): void {
  const ssrcs = sections
    .flatMap((section) => section.ssrcs.slice(0, 1))
    .flatMap(({ ssrc, rtxSsrc }) => (rtxSsrc === undefined ? [ssrc] : [ssrc, rtxSsrc]));
  if (new Set(ssrcs).size !== ssrcs.length) throw new GatewayError('ERR_OFFER_TRACKS', 'The offer names the same SSRC twice.');
}

function planSection(section: Kinded, offer: Offer, options: PublishOptions): { track: PublishTrack; answered: AnsweredSection } {
  const chosen = section.type === 'audio' ? chooseAudio(section) : chooseVideo(section, options.codecs);
  const { name, offered } = chosen;
  const rids = acceptedRids(section, name, { userAgent: options.userAgent, originUser: offer.originUser });
  const bandwidth = bandwidthFeedback(offered, sendable(section));
  const extensions = receivedExtensions(section, rids, bandwidth).filter(({ uri }) => readsDescriptor(name) || !isDescriptor(uri));
  checkRouting(section, rids, extensions);
  const rtx = acceptedRtx(section, offered, rids, extensions);
  const answered: AnsweredSection = {
    index: section.index,
    mid: section.mid,
    kind: section.type,
    codecs: [{ name, offered, rtx, fmtp: answeredFmtp(name, offered), feedback: answeredFeedback(offered, section.type, bandwidth) }],
    extensions,
    rids: section.simulcastRids.filter((rid) => rids.includes(rid)),
  };
  const layered = rids.length > 1 || name === 'VP9' || (name === 'AV1' && describesLayers(extensions));
  const description: TrackDescription = { kind: section.type, codec: name, fmtp: describedFmtp(name, offered), rids, layered };
  return { track: { mid: section.mid, description, rtpParameters: produceParameters(section, answered, description) }, answered };
}

function chooseAudio(section: Kinded): ForwardableCodec {
  const [opus] = forwardable(section);
  if (opus === undefined) throw new GatewayError('ERR_CODEC_UNSUPPORTED', `Audio must be opus; offered: ${offeredNames(section)}.`);
  return opus;
}

function chooseVideo(section: Kinded, wanted: PublishOptions['codecs']): ForwardableCodec {
  const candidates = forwardable(section);
  const names = wanted.flatMap((codec): readonly CodecName[] => (codec === 'offer' ? candidates.map(({ name }) => name) : [codec]));
  const ordered = [...new Set(names)].flatMap((name) => bestEntry(candidates.filter((candidate) => candidate.name === name)) ?? []);
  const simulcast = section.simulcastRids.length > 1;
  const chosen = ordered.find(({ name }) => !simulcast || isSimulcastCodec(name)) ?? ordered[0];
  if (chosen !== undefined) return chosen;
  if (section.codecs.some(({ name }) => /^(?:h265|hevc)$/i.test(name)) && candidates.length === 0) {
    throw new GatewayError('ERR_CODEC_H265_UNSUPPORTED', 'H265 (HEVC) cannot be forwarded; publish H264, VP8, VP9 or AV1.');
  }
  const list = names.length === 0 ? 'H264, VP8, VP9 or AV1' : [...new Set(names)].join(', ');
  throw new GatewayError('ERR_CODEC_UNSUPPORTED', `Video must be ${list}; offered: ${offeredNames(section)}.`);
}

/** Of several entries of one codec: H264 with packetization-mode 1, VP9 and AV1 with profile 0, else the publisher's first. */
function bestEntry(entries: readonly ForwardableCodec[]): ForwardableCodec | undefined {
  const preferred = entries.find(({ name, offered: { fmtp } }) =>
    name === 'H264' ? fmtp['packetization-mode'] === 1 : (fmtp['profile-id'] ?? fmtp['profile'] ?? 0) === 0,
  );
  return preferred ?? entries[0];
}

function offeredNames(section: OfferedSection): string {
  return [...new Set(section.codecs.map(({ name }) => name))].join(', ') || 'nothing';
}

/** mediasoup 3.27 forwards simulcast of these two only; VP9 and AV1 have spatial layers instead. */
function isSimulcastCodec(name: CodecName): boolean {
  return name === 'VP8' || name === 'H264';
}

/** Accepted rids, lowest first. Of VP9 and AV1 only the highest one is kept, which RFC 9725 §4.8 allows; OBS would abort at that. */
function acceptedRids(section: Kinded, name: CodecName, origin: { userAgent: string; originUser: string }): readonly string[] {
  const rids = lowestFirst(section.simulcastRids, origin);
  if (sendable(section).every(({ uri }) => uri !== extensionUris.rid)) {
    if (rids.length < 2) return [];
    throw new GatewayError('ERR_OFFER_SIMULCAST', `Simulcast needs the header extension ${extensionUris.rid}.`);
  }
  if (rids.length < 2 || isSimulcastCodec(name)) return rids;
  if (origin.originUser === 'rtc') {
    throw new GatewayError('ERR_OFFER_SIMULCAST', `Simulcast works with H264 and VP8, not with ${name}; switch simulcast off.`);
  }
  return rids.slice(-1);
}

/**
 * What is of use to mediasoup: routing, bandwidth estimation, layers.
 *
 * Not the rest that it could receive, because it passes that on to every viewer, in every packet, whether negotiated or not. And never
 * video-orientation: FFmpeg ignores it, so recordings would come out rotated.
 */
const receivable: Readonly<Record<MediaKind, readonly string[]>> = {
  audio: [extensionUris.mid, extensionUris.absSendTime, extensionUris.transportCc],
  video: Object.values(extensionUris),
};

function sendable(section: Kinded): OfferedExtension[] {
  return section.extensions.filter(
    ({ uri, direction }) => receivable[section.type].includes(uri) && (direction === 'sendrecv' || direction === 'sendonly'),
  );
}

/** Without simulcast the rid extensions stay out: mediasoup drops packets whose rid it was not told. */
function receivedExtensions(section: Kinded, rids: readonly string[], bandwidth: BandwidthFeedback): OfferedExtension[] {
  const isRid = ({ uri }: OfferedExtension) => uri === extensionUris.rid || uri === extensionUris.repairedRid;
  const unique = new Map(sendable(section).map((extension) => [extension.uri, extension]));
  return [...unique.values()].filter((extension) => servesBandwidth(extension, bandwidth) && (rids.length > 0 || !isRid(extension)));
}

/** AV1 packets tell their layer and whether they begin a key frame in this header extension only; browsers offer it with a scalability mode. */
function describesLayers(extensions: readonly OfferedExtension[]): boolean {
  return extensions.some(({ uri }) => isDescriptor(uri));
}

function isDescriptor(uri: string): boolean {
  return uri === extensionUris.dependencyDescriptor;
}

/** The codecs for which mediasoup reads the dependency descriptor; on packets of others it would only take up room. */
function readsDescriptor(name: CodecName): boolean {
  return name === 'AV1' || name === 'H264';
}

/** mediasoup finds the track of a packet by SSRC, mid or rid; with none of them it would accept an offer whose media it drops. */
function checkRouting(section: Kinded, rids: readonly string[], extensions: readonly OfferedExtension[]): void {
  if (rids.length > 0 || section.ssrcs.length > 0 || extensions.some(({ uri }) => uri === extensionUris.mid)) return;
  const name = `Section ${section.index} (${section.type})`;
  throw new GatewayError('ERR_OFFER_TRACKS', `${name} has neither an a=ssrc line nor the header extension ${extensionUris.mid}.`);
}

/** RTX is worth answering only where mediasoup can tell which encoding a repair packet belongs to. */
function acceptedRtx(
  section: Kinded,
  { rtx }: OfferedCodec,
  rids: readonly string[],
  extensions: readonly OfferedExtension[],
): number | undefined {
  if (rids.length > 0) return extensions.some(({ uri }) => uri === extensionUris.repairedRid) ? rtx : undefined;
  const [source] = section.ssrcs;
  return source === undefined || source.rtxSsrc !== undefined ? rtx : undefined;
}

/** What viewers may need to know of the stream, as offered. */
function describedFmtp(name: CodecName, offered: OfferedCodec): Fmtp {
  switch (name) {
    case 'opus':
      return pickFmtp(offered.fmtp, ['stereo', 'sprop-stereo', 'useinbandfec', 'usedtx']);
    case 'H264':
      return { 'profile-level-id': normaliseProfile(offered.fmtp['profile-level-id']) };
    case 'VP9':
      return { 'profile-id': offered.fmtp['profile-id'] ?? 0 };
    case 'AV1':
      return { profile: offered.fmtp['profile'] ?? 0 };
    default:
      return {};
  }
}

/** Browsers send stereo only to a receiver that says `stereo=1` (RFC 7587 §6.1), so a stereo sender gets to hear it. */
function answeredFmtp(name: CodecName, offered: OfferedCodec): Fmtp {
  if (name !== 'opus') return answeredVideoFmtp(name, offered);
  const fmtp = describedFmtp(name, offered);
  return fmtp['sprop-stereo'] === 1 ? { ...fmtp, stereo: 1 } : fmtp;
}
