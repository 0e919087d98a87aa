import { GatewayError } from '../errors.ts';
import { withoutOffer } from './answerable-plan.ts';
import { codecLabel, extensionUris } from './codecs.ts';
import { canonicalProfile } from './h264.ts';
import type { AnsweredCodec, CodecName, Feedback, Fmtp, LocalTransport, PayloadProfile, TrackDescription, VideoCodec } from './model.ts';
import { parseOffer } from './offer.ts';
import { candidateLines, codecLines, sdpText, sessionLines, transportLines } from './section-lines.ts';
import { planSubscribe, type SubscribePlan } from './subscribe-plan.ts';
import { senderIds } from './viewer-extensions.ts';

/** The numbers of every counter-offer: those of the origin router (`media/router-codecs.ts`), so that its viewers need no edge router. */
export const counterOfferProfile: PayloadProfile = {
  audio: { opus: 111 },
  video: {
    VP8: { payloadType: 96, rtx: 97 },
    VP9: { payloadType: 98, rtx: 99 },
    H264: { payloadType: 108, rtx: 109 },
    AV1: { payloadType: 45, rtx: 100 },
  },
};

const videoCodecs = ['H264', 'VP8', 'VP9', 'AV1'] as const satisfies readonly VideoCodec[];

/**
 * Writes our own offer to a player that asked for one (WHEP §4.3.2): numbers and header extensions are ours, so RTX works with every
 * codec, and a bandwidth estimate where there are layers. One section for each track; every codec that the stream may come back with.
 */
export function writeCounterOffer(tracks: readonly TrackDescription[], local: LocalTransport): string {
  const mids = tracks.map((_track, index) => String(index));
  return sdpText([
    ...sessionLines(mids, true, local),
    ...tracks.flatMap((track, index) => {
      const codecs = offeredCodecs(track);
      const msid = `a=msid:sluice sluice-${track.kind}`;
      return [
        ...transportLines(
          { type: track.kind, protocol: 'UDP/TLS/RTP/SAVPF', mid: String(index), setup: 'actpass', rtcpReducedSize: true, codecs },
          local,
        ),
        ...(index === 0 ? candidateLines(local) : []),
        ...extensionsFor(track).map((name) => `a=extmap:${senderIds[name]} ${extensionUris[name]}`),
        'a=sendonly',
        msid,
        ...codecs.flatMap(codecLines),
      ];
    }),
  ]);
}

/**
 * Reads a player's answer to our offer. It has the shape of an offer with our numbers, so it is planned like one.
 *
 * Throws every `ERR_OFFER_…` of `parseOffer`, `ERR_NO_COMMON_CODEC`, and `ERR_ANSWER_MISMATCH` for numbers that were not offered.
 */
export function planCounterAnswer(
  answerText: string,
  options: { readonly tracks: readonly TrackDescription[]; readonly userAgent: string },
): SubscribePlan {
  const plan = planSubscribe(parseOffer(answerText), options);
  const numbers = (profile: PayloadProfile) => [
    profile.audio.opus,
    ...videoCodecs.flatMap((codec) => [profile.video[codec]?.payloadType, profile.video[codec]?.rtx]),
  ];
  const ours = numbers(counterOfferProfile);
  if (numbers(plan.profile).some((number, position) => number !== undefined && number !== ours[position])) {
    throw new GatewayError('ERR_ANSWER_MISMATCH', 'The answer uses payload types that were not offered; repeat those of the offer.');
  }
  // The offer named no SSRCs and gave each section its mid: whoever answered it can follow a publisher that comes back.
  return { ...withoutOffer(plan), namesSsrcs: false };
}

function extensionsFor({ layered, codec }: TrackDescription): readonly (keyof typeof senderIds)[] {
  if (!layered) return ['mid'];
  return codec === 'AV1' ? ['mid', 'transportCc', 'dependencyDescriptor'] : ['mid', 'transportCc'];
}

function offeredCodecs(track: TrackDescription): AnsweredCodec[] {
  const names: readonly CodecName[] = track.kind === 'audio' ? ['opus'] : [...new Set([track.codec, ...videoCodecs])];
  return names.map((name) => {
    const { clockRate, channels = 1 } = codecLabel(name);
    const { payloadType, rtx } = numbersOf(name);
    const feedback = track.kind === 'audio' ? [] : videoFeedback(track);
    const offered = { payloadType, name, clockRate, channels, fmtp: {}, feedback, rtx };
    return { name, offered, rtx, fmtp: offeredFmtp(name, track), feedback };
  });
}

function numbersOf(name: CodecName): { readonly payloadType: number; readonly rtx: number | undefined } {
  const numbers = name === 'opus' ? { payloadType: counterOfferProfile.audio.opus ?? 0, rtx: undefined } : counterOfferProfile.video[name];
  if (numbers === undefined) throw new TypeError(`${name} has no number`);
  return numbers;
}

function videoFeedback({ layered }: TrackDescription): Feedback[] {
  const feedback = [
    { type: 'nack', parameter: '' },
    { type: 'nack', parameter: 'pli' },
    { type: 'ccm', parameter: 'fir' },
  ];
  return layered ? [...feedback, { type: 'transport-cc', parameter: '' }] : feedback;
}

/** H264 is always offered under the label that every player knows: decoders do more than they say. */
function offeredFmtp(name: CodecName, track: TrackDescription): Fmtp {
  const actual = name === track.codec ? track.fmtp : {};
  switch (name) {
    case 'opus':
      return { minptime: 10, useinbandfec: 1, ...actual };
    case 'H264':
      return { 'level-asymmetry-allowed': 1, 'packetization-mode': 1, 'profile-level-id': canonicalProfile };
    case 'VP9':
      return { 'profile-id': actual['profile-id'] ?? 0 };
    case 'AV1':
      return { profile: actual['profile'] ?? 0 };
    default:
      return {};
  }
}
