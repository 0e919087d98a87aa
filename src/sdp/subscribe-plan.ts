import type { RtpCapabilities, RtpCodecCapability, RtpHeaderExtension } from 'mediasoup/types';
import { GatewayError } from '../errors.ts';
import type { AnswerablePlan } from './answerable-plan.ts';
import {
  answeredFeedback,
  answeredVideoFmtp,
  bandwidthFeedback,
  codecLabel,
  extensionUris,
  forwardable,
  isKnownExtension,
  pickFmtp,
  servesBandwidth,
  type ForwardableCodec,
} from './codecs.ts';
import { canonicalProfile, profileDistance } from './h264.ts';
import type {
  AnsweredCodec,
  AnsweredSection,
  CodecName,
  Fmtp,
  MediaKind,
  Offer,
  OfferedCodec,
  OfferedSection,
  PayloadProfile,
  RemoteTransport,
  TrackDescription,
} from './model.ts';
import { isBrowser, isFirefox, isLibdatachannel } from './player-kind.ts';
import { remoteTransport } from './transport-plan.ts';
import { viewerExtensions } from './viewer-extensions.ts';

/** A section of a player that gets a track. Its first codec is the track's present one. */
export type PlannedSection = AnsweredSection;

/** How a player's offer will be served: what is needed as long as the player watches. */
export interface SubscribePlan {
  readonly remote: RemoteTransport;
  /** The numbers that the player's router must use. */
  readonly profile: PayloadProfile;
  /** True for players that need `a=ssrc` lines; false for browsers, which then follow the SSRC of a publisher that comes back. */
  readonly namesSsrcs: boolean;
  /** Whether the player goes on without a gap when another SSRC takes over from the first. */
  readonly swapsSsrcs: boolean;
  /** Whether packets of an unknown SSRC with the payload type {@link paddingPayloadType} do the player no harm. */
  readonly takesPadding: boolean;
  /** What the player would receive, if the stream had it. */
  readonly offeredKinds: readonly MediaKind[];
  /** At most one audio and one video section, in the offered order. */
  readonly sections: readonly PlannedSection[];
}

/** The number of padding (`media/padding.ts`): unassigned by RFC 3551 §6. */
export const paddingPayloadType = 20;

/** What decides about a player besides its offer. */
export interface SubscribeOptions {
  /** What the stream has: at most one track of each kind. */
  readonly tracks: readonly TrackDescription[];
  readonly userAgent: string;
  /** Whether the stream's video keeps its SSRC, whatever becomes of the publisher, for players who need that. Default false. */
  readonly isRelayed?: boolean;
}

/**
 * Decides what a player gets.
 *
 * A section for which the stream has nothing is rejected alone (conformance C11). A player that offers a kind but not the stream's
 * codec of it is refused, rather than left with a dead section (C23).
 */
export function planSubscribe(offer: Offer, { tracks, userAgent, isRelayed = false }: SubscribeOptions): AnswerablePlan {
  const active = offer.sections.filter(({ rejected, type }) => !rejected && (type === 'audio' || type === 'video'));
  for (const section of active) checkDirection(section);
  const namesSsrcs = !isBrowser(offer, userAgent) || (isFirefox(offer) && isRelayed);
  const sections = tracks.flatMap((track) => {
    const candidates = active.filter(({ type }) => type === track.kind);
    const section = candidates.find((candidate) => entriesOf(candidate, track).some(({ name }) => name === track.codec));
    if (candidates.length > 0 && section === undefined) throw noCommonCodec(tracks, active);
    return section === undefined ? [] : [planSection(offer, section, { track, namesSsrcs })];
  });
  if (sections.length === 0) throw noCommonCodec(tracks, active);
  const profile = payloadProfile(sections);
  const knowsPadding = offer.sections.some(({ codecs }) => codecs.some(({ payloadType }) => payloadType === paddingPayloadType));
  return {
    remote: remoteTransport(offer),
    profile,
    namesSsrcs,
    swapsSsrcs: isBrowser(offer, userAgent) && !isFirefox(offer),
    takesPadding: (isBrowser(offer, userAgent) || isLibdatachannel(offer)) && !knowsPadding,
    offer,
    offeredKinds: (['audio', 'video'] as const).filter((kind) => active.some(({ type }) => type === kind)),
    sections: sections.toSorted((a, b) => a.index - b.index),
  };
}

/** The section that can carry a track, also one that came after the plan; undefined when none can. */
export function sectionFor(plan: SubscribePlan, track: TrackDescription): PlannedSection | undefined {
  return plan.sections.find(
    ({ kind, codecs }) =>
      kind === track.kind && codecs.some(({ name, offered }) => name === track.codec && takesProfile(name, offered.fmtp, track.fmtp)),
  );
}

/** Whether a section's packets come with the dependency descriptor of AV1. */
function describesLayers({ extensions }: PlannedSection): boolean {
  return extensions.some(({ uri }) => uri === extensionUris.dependencyDescriptor);
}

/**
 * Whether a section that carries a track's codec can take this track on, after the one that it was planned for.
 *
 * Not another codec where the dependency descriptor was answered, which is on their packets too: decoders would go by it, and stop at the
 * first switch between encodings, each of which counts its frames by itself.
 */
export function canFollow(section: PlannedSection, track: TrackDescription): boolean {
  return track.codec === 'AV1' || !describesLayers(section);
}

/** Whether a section's player can decode more than the smallest picture of a track: of AV1 only with the dependency descriptor. */
export function decodesAllSizes(section: PlannedSection, track: TrackDescription): boolean {
  return track.codec !== 'AV1' || describesLayers(section);
}

/** What mediasoup's `consume()` is told of the player, for a track that `sectionFor` found a section for. */
export function consumeCapabilities(section: PlannedSection, track: TrackDescription): RtpCapabilities {
  const codec = section.codecs.find(({ name }) => name === track.codec);
  if (codec === undefined) throw new TypeError(`section ${section.mid} does not carry ${track.codec}`);
  const label = codecLabel(codec.name);
  const media: RtpCodecCapability = { ...label, preferredPayloadType: codec.offered.payloadType, rtcpFeedback: [...codec.feedback] };
  const repair: RtpCodecCapability[] =
    codec.rtx === undefined
      ? []
      : [
          {
            kind: label.kind,
            mimeType: 'video/rtx',
            preferredPayloadType: codec.rtx,
            clockRate: label.clockRate,
            parameters: { apt: codec.offered.payloadType },
          },
        ];
  const headerExtensions = section.extensions
    .filter(isKnownExtension)
    .map(({ uri, id }): RtpHeaderExtension => ({ kind: section.kind, uri, preferredId: id }));
  return { codecs: [media, ...repair], headerExtensions };
}

function checkDirection({ index, type, direction }: OfferedSection): void {
  if (direction !== 'sendonly' && direction !== 'inactive') return;
  throw new GatewayError('ERR_OFFER_DIRECTION', `Section ${index} (${type}) is ${direction}; a player offers recvonly.`);
}

/** Both lists, so that the reader sees what to change. */
function noCommonCodec(tracks: readonly TrackDescription[], active: readonly OfferedSection[]): GatewayError {
  const has = tracks.map(({ kind, codec }) => `${kind} ${codec}`).join(' and ') || 'no track';
  const wants =
    active.map(({ type, codecs }) => `${type} ${[...new Set(codecs.map(({ name }) => name))].join(', ')}`).join('; ') ||
    'no audio or video';
  return new GatewayError('ERR_NO_COMMON_CODEC', `The stream has ${has}; the player offers ${wants}.`);
}

/** One entry of each codec that Sluice can forward: the track's present codec first, so that a change can be followed. */
function entriesOf(section: OfferedSection, track: TrackDescription): ForwardableCodec[] {
  const all = forwardable(section);
  const names = new Set<CodecName>([track.codec, ...all.map(({ name }) => name)]);
  return [...names].flatMap((name) => {
    const entries = all.filter((entry) => entry.name === name);
    return bestEntry(name, entries, name === track.codec ? track.fmtp : {}) ?? [];
  });
}

/** VP9 and AV1 decoders must have the stream's very profile; H264 is never refused for its own. */
function takesProfile(name: CodecName, offered: Fmtp, actual: Fmtp): boolean {
  if (name === 'VP9') return (offered['profile-id'] ?? 0) === (actual['profile-id'] ?? 0);
  return name !== 'AV1' || (offered['profile'] ?? 0) === (actual['profile'] ?? 0);
}

/** The entry that suits the stream's real profile; of H264 the nearest, because decoders do more than they say. */
function bestEntry(name: CodecName, entries: readonly ForwardableCodec[], actual: Fmtp): ForwardableCodec | undefined {
  if (name !== 'H264') return entries.find(({ offered }) => takesProfile(name, offered.fmtp, actual));
  const profile = String(actual['profile-level-id'] ?? canonicalProfile);
  const cost = ({ offered: { fmtp } }: ForwardableCodec) =>
    (fmtp['packetization-mode'] === 1 ? 0 : 100) + profileDistance(String(fmtp['profile-level-id'] ?? canonicalProfile), profile);
  return entries.toSorted((a, b) => cost(a) - cost(b))[0];
}

function planSection(
  offer: Offer,
  section: OfferedSection,
  { track, namesSsrcs }: { readonly track: TrackDescription; readonly namesSsrcs: boolean },
): PlannedSection {
  // Firefox finds RTX only by `a=ssrc-group` lines. Offered it without, it asks again and again and repairs nothing (153 ESR: 1 to 3 pictures
  // a second at 2.5 % loss); not offered it, what is lost comes again as it was.
  const takesRtx = namesSsrcs || !isFirefox(offer);
  const entries = entriesOf(section, track);
  const allowed = viewerExtensions(offer, section, track);
  const present = entries[0];
  const bandwidth = present === undefined ? 'none' : bandwidthFeedback(present.offered, allowed);
  const codecs = entries.map(({ name, offered }): AnsweredCodec => {
    const fmtp = name === 'opus' ? opusFmtp(offered, track) : answeredVideoFmtp(name, offered);
    return {
      name,
      offered,
      rtx: takesRtx ? usableRtx(offered) : undefined,
      fmtp,
      feedback: answeredFeedback(offered, track.kind, bandwidth),
    };
  });
  const extensions = allowed.filter((extension) => servesBandwidth(extension, bandwidth));
  return { index: section.index, mid: section.mid, kind: track.kind, codecs, extensions, rids: [] };
}

/** mediasoup can be made to use an RTX number of 96–127 only (media-notes §1.3). */
function usableRtx({ rtx }: OfferedCodec): number | undefined {
  return rtx !== undefined && rtx >= 96 && rtx <= 127 ? rtx : undefined;
}

/** What the publisher sends is passed on; `stereo`, the player's own wish, is echoed only where it was made (RFC 7587 §6.1). */
function opusFmtp({ fmtp: wanted }: OfferedCodec, { fmtp }: TrackDescription): Fmtp {
  const isStereo = fmtp['stereo'] === 1 || fmtp['sprop-stereo'] === 1;
  return {
    ...pickFmtp(fmtp, ['useinbandfec', 'usedtx']),
    ...(isStereo ? { 'sprop-stereo': 1 } : {}),
    ...(wanted['stereo'] === 1 ? { stereo: 1 } : {}),
  };
}

function payloadProfile(sections: readonly PlannedSection[]): PayloadProfile {
  const audio: { opus?: number } = {};
  const video: { -readonly [Name in keyof PayloadProfile['video']]: PayloadProfile['video'][Name] } = {};
  const numbers = sections.flatMap(({ codecs }) =>
    codecs.flatMap(({ offered, rtx }) => [offered.payloadType, ...(rtx === undefined ? [] : [rtx])]),
  );
  if (new Set(numbers).size !== numbers.length) {
    throw new GatewayError('ERR_OFFER_BUNDLE', 'One payload type stands for two codecs in the same BUNDLE group.');
  }
  for (const { name, offered, rtx } of sections.flatMap(({ codecs }) => codecs)) {
    if (name === 'opus') audio[name] = offered.payloadType;
    else video[name] = { payloadType: offered.payloadType, rtx };
  }
  return { audio, video };
}
