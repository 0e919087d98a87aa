import type { RouterRtpCodecCapability } from 'mediasoup/types';
import type { PayloadProfile } from './engine.ts';

const videoCodecs = ['H264', 'VP8', 'VP9', 'AV1'] as const;

/** A codec that routers carry. */
export type RoutedCodec = 'opus' | (typeof videoCodecs)[number];

/**
 * The numbers of a stream's origin router: what Chrome offers to receive, so that the commonest viewer needs no edge router.
 *
 * Chrome's RTX number for AV1 lies below 96, which a router cannot give (media-notes §1.3); 100 is for players that take our numbers.
 */
export const originProfile: PayloadProfile = {
  audio: { opus: 111 },
  video: {
    VP8: { payloadType: 96, rtx: 97 },
    VP9: { payloadType: 98, rtx: 99 },
    H264: { payloadType: 108, rtx: 109 },
    AV1: { payloadType: 45, rtx: 100 },
  },
};

/** The same on every router and every producer: mediasoup matches by these labels, and a stream's true profile travels beside them. */
const labels: Record<RoutedCodec, Record<string, number | string>> = {
  opus: {},
  H264: { 'packetization-mode': 1, 'profile-level-id': '42e01f', 'level-asymmetry-allowed': 1 },
  VP8: {},
  VP9: { 'profile-id': 0 },
  AV1: {},
};

/** The numbers from which mediasoup takes a video codec's RTX number, in its order (mediasoup `ortc.ts`). */
const rtxPool: readonly number[] = [...range(100, 127), ...range(96, 99)];

/**
 * The `mediaCodecs` under which a router must produce one codec, so that its consumers send with the numbers of `profile`, RTX included.
 *
 * mediasoup takes no RTX number as input: it gives a video codec the first number of its pool that no other entry has claimed. So
 * `telephone-event` fillers, listed first, claim every number before the wanted one. Numbers count at `produce()` only, and
 * `router.updateMediaCodecs()` may change them between two tracks; one codec at a time is what makes every combination possible. An RTX
 * number outside 96–127 cannot be had: the caller negotiates none, and what mediasoup then chooses is never sent.
 *
 * Throws `TypeError` for a codec that the profile lacks.
 */
export function routerCodecs(profile: PayloadProfile, codec: RoutedCodec): RouterRtpCodecCapability[] {
  if (codec === 'opus') return [{ ...codecLabel(codec), preferredPayloadType: defined(profile.audio.opus) }];
  const { payloadType, rtx } = defined(profile.video[codec]);
  const before = rtx === undefined ? 0 : Math.max(0, rtxPool.indexOf(rtx));
  const fillers = rtxPool.slice(0, before).filter((number) => number !== payloadType);
  return [...fillers.map(filler), { ...codecLabel(codec), preferredPayloadType: payloadType }];
}

/** How a codec is called towards mediasoup, whatever its numbers. */
export function codecLabel(codec: RoutedCodec): RouterRtpCodecCapability {
  return codec === 'opus'
    ? { kind: 'audio', mimeType: 'audio/opus', clockRate: 48_000, channels: 2 }
    : { kind: 'video', mimeType: `video/${codec}`, clockRate: 90_000, parameters: labels[codec] };
}

/** The codec of a mediasoup MIME type. Throws `TypeError` for one that routers do not carry. */
export function codecOf(mimeType: string): RoutedCodec {
  const name = mimeType.slice(mimeType.indexOf('/') + 1).toLowerCase();
  return defined((['opus', ...videoCodecs] as const).find((codec) => codec.toLowerCase() === name));
}

/** Same numbers, same text: names an edge router of a stream on one worker. */
export function profileKey(profile: PayloadProfile): string {
  const video = videoCodecs.map((codec) => {
    const numbers = profile.video[codec];
    return numbers === undefined ? '' : `${codec}=${numbers.payloadType}/${numbers.rtx ?? '-'}`;
  });
  return [`opus=${profile.audio.opus ?? ''}`, ...video].join(' ');
}

/** Whether a router with the numbers of `available` can serve a player that dictates `wanted`. */
export function covers(available: PayloadProfile, wanted: PayloadProfile): boolean {
  const audio = wanted.audio.opus === undefined || wanted.audio.opus === available.audio.opus;
  return (
    audio &&
    videoCodecs.every((codec) => {
      const want = wanted.video[codec];
      const have = available.video[codec];
      return want === undefined || (want.payloadType === have?.payloadType && (want.rtx === undefined || want.rtx === have.rtx));
    })
  );
}

function defined<T>(value: T | undefined): T {
  if (value === undefined) throw new TypeError('the codec is not in the payload profile');
  return value;
}

function filler(payloadType: number): RouterRtpCodecCapability {
  return { kind: 'audio', mimeType: 'audio/telephone-event', clockRate: 8000, preferredPayloadType: payloadType };
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
