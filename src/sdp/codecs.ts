import type { RtpCodecCapability, RtpHeaderExtensionUri } from 'mediasoup/types';
import { canonicalProfile } from './h264.ts';
import type { CodecName, Feedback, Fmtp, MediaKind, OfferedCodec, OfferedExtension, OfferedSection } from './model.ts';

/** How a codec is labelled towards mediasoup, which matches labels, not bitstreams. */
interface CodecLabel {
  readonly kind: MediaKind;
  readonly mimeType: string;
  readonly clockRate: number;
  readonly channels?: number;
  readonly parameters: Fmtp;
}

const labels: Readonly<Record<CodecName, CodecLabel>> = {
  opus: { kind: 'audio', mimeType: 'audio/opus', clockRate: 48000, channels: 2, parameters: {} },
  H264: {
    kind: 'video',
    mimeType: 'video/H264',
    clockRate: 90000,
    parameters: { 'level-asymmetry-allowed': 1, 'packetization-mode': 1, 'profile-level-id': canonicalProfile },
  },
  VP8: { kind: 'video', mimeType: 'video/VP8', clockRate: 90000, parameters: {} },
  VP9: { kind: 'video', mimeType: 'video/VP9', clockRate: 90000, parameters: { 'profile-id': 0 } },
  AV1: { kind: 'video', mimeType: 'video/AV1', clockRate: 90000, parameters: {} },
};

const names: ReadonlyMap<string, CodecName> = new Map([
  ['opus', 'opus'],
  ['h264', 'H264'],
  ['vp8', 'VP8'],
  ['vp9', 'VP9'],
  ['av1', 'AV1'],
]);

/** The label under which mediasoup produces and consumes a codec, in a new object that mediasoup may change. */
export function codecLabel(name: CodecName): Omit<RtpCodecCapability, 'preferredPayloadType' | 'rtcpFeedback'> {
  const label = labels[name];
  return { ...label, parameters: { ...label.parameters } };
}

/** An offered entry that Sluice could forward. */
export interface ForwardableCodec {
  readonly name: CodecName;
  readonly offered: OfferedCodec;
}

/** The entries of a section that Sluice could forward, with their names and usable numbers. */
export function forwardable(section: OfferedSection): ForwardableCodec[] {
  return section.codecs.flatMap((offered) => {
    const name = names.get(offered.name.toLowerCase());
    if (name === undefined || collidesWithRtcp(offered.payloadType)) return [];
    const { kind, clockRate, channels = 1 } = labels[name];
    if (kind !== section.type || clockRate !== offered.clockRate || offered.channels > channels) return [];
    return [{ name, offered: offered.rtx !== undefined && collidesWithRtcp(offered.rtx) ? { ...offered, rtx: undefined } : offered }];
  });
}

/** On a shared port these numbers look like RTCP (RFC 5761 §4). */
function collidesWithRtcp(payloadType: number): boolean {
  return payloadType >= 64 && payloadType <= 95;
}

/** Header extensions that negotiation must know by name. */
export const extensionUris = {
  mid: 'urn:ietf:params:rtp-hdrext:sdes:mid',
  rid: 'urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id',
  repairedRid: 'urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id',
  absSendTime: 'http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time',
  transportCc: 'http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  dependencyDescriptor: 'https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension',
} as const satisfies Record<string, RtpHeaderExtensionUri>;

const knownUris: readonly string[] = Object.values(extensionUris);

/** True for an extension that mediasoup's types know. */
export function isKnownExtension(extension: OfferedExtension): extension is OfferedExtension & { readonly uri: RtpHeaderExtensionUri } {
  return knownUris.includes(extension.uri);
}

/** How a section's sender learns what the network carries. */
export type BandwidthFeedback = 'transport-cc' | 'goog-remb' | 'none';

/** The better way for which both the codec's feedback and the header extension are there. */
export function bandwidthFeedback(codec: OfferedCodec, extensions: readonly OfferedExtension[]): BandwidthFeedback {
  const has = (type: string, uri: string) =>
    codec.feedback.some((feedback) => feedback.type === type) && extensions.some((extension) => extension.uri === uri);
  if (has('transport-cc', extensionUris.transportCc)) return 'transport-cc';
  return has('goog-remb', extensionUris.absSendTime) ? 'goog-remb' : 'none';
}

/** True for a header extension that is not of bandwidth estimation, or of the chosen kind of it. */
export function servesBandwidth({ uri }: OfferedExtension, bandwidth: BandwidthFeedback): boolean {
  if (uri === extensionUris.transportCc) return bandwidth === 'transport-cc';
  return uri !== extensionUris.absSendTime || bandwidth === 'goog-remb';
}

const lossFeedback: readonly Feedback[] = [
  { type: 'nack', parameter: '' },
  { type: 'nack', parameter: 'pli' },
  { type: 'ccm', parameter: 'fir' },
];

/** The offered feedback that will really be used: against loss, for video, and the chosen bandwidth feedback. */
export function answeredFeedback(codec: OfferedCodec, kind: MediaKind, bandwidth: BandwidthFeedback): Feedback[] {
  const wanted = [...(kind === 'video' ? lossFeedback : []), { type: bandwidth, parameter: '' }];
  return wanted.filter(({ type, parameter }) => codec.feedback.some((offered) => offered.type === type && offered.parameter === parameter));
}

/** The parameters of `fmtp` that are named in `keys` and have a short, plain value: what can be repeated in an answer. */
export function pickFmtp(fmtp: Fmtp, keys: readonly string[]): Fmtp {
  return Object.fromEntries(Object.entries(fmtp).filter(([key, value]) => keys.includes(key) && /^[\w.-]{1,32}$/.test(String(value))));
}

/**
 * What a video `a=fmtp` line answers: the offered profile, byte for byte, and nothing that describes the offerer's own stream.
 *
 * With the offered level repeated, both answers of RFC 6184 §8.2.2 are right: with level-asymmetry and without.
 */
export function answeredVideoFmtp(name: CodecName, offered: OfferedCodec): Fmtp {
  switch (name) {
    case 'H264':
      return pickFmtp(offered.fmtp, ['level-asymmetry-allowed', 'packetization-mode', 'profile-level-id']);
    case 'VP9':
      return pickFmtp(offered.fmtp, ['profile-id']);
    case 'AV1':
      return pickFmtp(offered.fmtp, ['profile', 'level-idx', 'tier']);
    default:
      return {};
  }
}
