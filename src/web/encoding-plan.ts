/** The video codecs that Sluice takes. */
export type VideoCodec = 'H264' | 'VP8' | 'VP9' | 'AV1';

/** How the video shall be encoded. */
export interface EncodingRequest {
  readonly codec: VideoCodec | undefined;
  /** Three sizes at once, or a list of one's own, smallest first. */
  readonly simulcast: boolean | readonly RTCRtpEncodingParameters[];
  /** Spatial and temporal layers within one encoding, such as `L3T3_KEY`. */
  readonly scalabilityMode: string | undefined;
  /** Bits per second of all encodings together; undefined leaves it to the browser. */
  readonly maxBitrate: number | undefined;
}

/** Three sizes, smallest first, and each one's part of the bit rate. */
const sizes = [
  { rid: 'l', scaleResolutionDownBy: 4, part: 0.08 },
  { rid: 'm', scaleResolutionDownBy: 2, part: 0.24 },
  { rid: 'h', scaleResolutionDownBy: 1, part: 0.68 },
] as const;

/**
 * The `sendEncodings` of the video transceiver.
 *
 * Each simulcast encoding has three temporal layers where the codec's encoders do them, so that a viewer's frame rate can be lowered too.
 *
 * @see RFC 8853, https://w3c.github.io/webrtc-svc/
 */
export function planEncodings({ codec, simulcast, scalabilityMode, maxBitrate }: EncodingRequest): RTCRtpEncodingParameters[] {
  if (typeof simulcast !== 'boolean') return [...simulcast];
  const temporal = scalabilityMode ?? (simulcast && codec !== undefined && codec !== 'H264' ? 'L1T3' : undefined);
  const mode = temporal === undefined ? {} : { scalabilityMode: temporal };
  if (!simulcast) return [{ ...mode, ...bitrateLimit(maxBitrate) }];
  return sizes.map(({ rid, scaleResolutionDownBy, part }) => ({
    rid,
    scaleResolutionDownBy,
    ...mode,
    ...bitrateLimit(maxBitrate === undefined ? undefined : Math.round(maxBitrate * part)),
  }));
}

function bitrateLimit(maxBitrate: number | undefined): RTCRtpEncodingParameters {
  return maxBitrate === undefined ? {} : { maxBitrate };
}

/**
 * The codecs to offer so that the server has no choice but the wanted one: its own entries, the most widely decodable first, and RTX.
 *
 * Empty when the browser does not have the codec.
 */
export function codecsToOffer(available: readonly RTCRtpCodec[], codec: VideoCodec): RTCRtpCodec[] {
  const wanted = available.filter((entry) => entry.mimeType.toLowerCase() === `video/${codec.toLowerCase()}` && isPlain(entry));
  if (wanted.length === 0) return [];
  return [
    ...wanted.toSorted((one, other) => rank(one) - rank(other)),
    ...available.filter((entry) => entry.mimeType.toLowerCase() === 'video/rtx'),
  ];
}

/** Leaves out what few players decode: H264 in single-NAL packets, VP9 and AV1 with more than 8 bits or 4:2:0. */
function isPlain(entry: RTCRtpCodec): boolean {
  const parameters = entry.sdpFmtpLine ?? '';
  return !/packetization-mode=0|profile-id=[1-9]|(^|;)profile=[1-9]/.test(parameters);
}

/** Constrained Baseline before the rest: every H264 decoder takes it. */
function rank(entry: RTCRtpCodec): number {
  return /profile-level-id=42e0/i.test(entry.sdpFmtpLine ?? '') ? 0 : 1;
}
