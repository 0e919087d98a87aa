import type { DtlsParameters, IceCandidate, IceParameters, RtpParameters } from 'mediasoup/types';
import type { PeerAddress } from './peer-addresses.ts';

/** A codec that Sluice forwards, by its SDP encoding name. */
export type AudioCodec = 'opus';
/** A video codec that Sluice forwards, by its SDP encoding name. */
export type VideoCodec = 'H264' | 'VP8' | 'VP9' | 'AV1';
/** Any codec that Sluice forwards. */
export type CodecName = AudioCodec | VideoCodec;
/** The two kinds of media that a stream can carry. */
export type MediaKind = 'audio' | 'video';

/** `a=fmtp` parameters as a map; names lower-cased, integers as numbers except `profile-level-id`, which is hexadecimal text. */
export type Fmtp = Readonly<Record<string, string | number>>;

/** One `a=rtcp-fb` without its payload type, for example `nack pli`; `parameter` is empty where there is none. */
export interface Feedback {
  readonly type: string;
  readonly parameter: string;
}

/** One `a=rtpmap` of an offer with its `fmtp`, feedback and RTX number. */
export interface OfferedCodec {
  readonly payloadType: number;
  /** Encoding name as written, for example `H264` or `OPUS`. Compare without case. */
  readonly name: string;
  readonly clockRate: number;
  /** 1 where the offer names none. */
  readonly channels: number;
  readonly fmtp: Fmtp;
  readonly feedback: readonly Feedback[];
  /** Payload type of the `rtx` codec whose `apt` is this one. */
  readonly rtx: number | undefined;
}

/** Direction of a section; a missing attribute is `sendrecv` (RFC 8866 §6.7). */
export type Direction = 'sendonly' | 'recvonly' | 'sendrecv' | 'inactive';

/** One `a=extmap` line. */
export interface OfferedExtension {
  readonly id: number;
  readonly uri: string;
  /** As seen by the offerer (RFC 8285 §6); `sendrecv` where the line names none. */
  readonly direction: Direction;
}

/** One m= section of an offer, session-level defaults already applied. */
export interface OfferedSection {
  readonly index: number;
  /** `audio`, `video`, `application` or whatever the offer says. */
  readonly type: string;
  /** Empty only where the section is `rejected`. */
  readonly mid: string;
  /** True for port 0 without `a=bundle-only`: the offerer itself switched it off (RFC 9143 §6). */
  readonly rejected: boolean;
  readonly protocol: string;
  readonly direction: Direction;
  readonly rtcpMux: boolean;
  readonly rtcpReducedSize: boolean;
  /** `a=extmap-allow-mixed` in this section, not the session-level one. */
  readonly extmapAllowMixed: boolean;
  readonly codecs: readonly OfferedCodec[];
  /** The format list of the m= line as written: payload types, or `webrtc-datachannel`. */
  readonly formats: readonly string[];
  /** Every number of the m= line, also those whose rtpmap could not be read. */
  readonly payloadTypes: readonly number[];
  readonly extensions: readonly OfferedExtension[];
  /** Sent rids in the order of `a=simulcast:send`, first alternative of each; empty without simulcast. */
  readonly simulcastRids: readonly string[];
  /** Stream ids of the `a=msid` lines; `-` (no stream) is left out. */
  readonly msidStreams: readonly string[];
  /** Media SSRCs that the section names (RTX ones excluded), with their RTX SSRC where an FID group names it. */
  readonly ssrcs: readonly { readonly ssrc: number; readonly rtxSsrc: number | undefined }[];
  readonly cname: string | undefined;
}

/** `a=setup` of an offer (RFC 8842); a missing line counts as `actpass`. */
export type OfferedSetup = 'actpass' | 'active' | 'passive';

/** A parsed SDP offer: what negotiation needs, and nothing that it must not trust. */
export interface Offer {
  /** The o= line's user name: `-`, `rtc`, `mozilla…`, `FFmpeg` … Only for quirks. */
  readonly originUser: string;
  /** True where the offer has the shape that libwebrtc gives it (Chromium, Safari, native apps). Only for quirks. */
  readonly libwebrtc: boolean;
  readonly sections: readonly OfferedSection[];
  /** Mids of the BUNDLE group that exist as sections; empty without a group. */
  readonly bundleMids: readonly string[];
  readonly ice: { readonly usernameFragment: string; readonly password: string };
  readonly addresses: readonly PeerAddress[];
  readonly fingerprints: DtlsParameters['fingerprints'];
  readonly setup: OfferedSetup;
  /** Session-level `a=extmap-allow-mixed`. */
  readonly extmapAllowMixed: boolean;
}

/** What our side of a transport says in an answer; mediasoup's own types. */
export interface LocalTransport {
  readonly iceParameters: IceParameters;
  /** In the order in which they are written: UDP before TCP (conformance C15). */
  readonly iceCandidates: readonly IceCandidate[];
  readonly dtlsParameters: DtlsParameters;
}

/** The remote peer's DTLS side in mediasoup's terms: `role` is the *remote* role. */
export interface RemoteTransport {
  /** Those that its SDP named; trickled ones come later. */
  readonly addresses: readonly PeerAddress[];
  readonly ice: { readonly usernameFragment: string; readonly password: string };
  readonly dtlsParameters: DtlsParameters;
}

/** What is known of a track of a stream, from negotiation and (H264) from its bitstream. */
export interface TrackDescription {
  readonly kind: MediaKind;
  readonly codec: CodecName;
  /**
   * Negotiated format parameters that matter to viewers: opus `stereo`, `sprop-stereo`, `useinbandfec`, `usedtx`; VP9 `profile-id`
   * and AV1 `profile`; H264 `profile-level-id` (from the SPS once that was seen: the SDP lies).
   */
  readonly fmtp: Fmtp;
  /** Rids from the lowest to the highest encoding; empty for a single encoding without a rid. */
  readonly rids: readonly string[];
  /** True where viewers can choose layers: simulcast or a layered (SVC) codec. */
  readonly layered: boolean;
}

/** One section of a publisher that mediasoup shall receive. */
export interface PublishTrack {
  readonly mid: string;
  readonly description: TrackDescription;
  /**
   * For `transport.produce()`. H264 always carries the canonical label `42e01f`, packetization-mode 1, and VP9 profile 0:
   * routers match on labels only, and the true profile is in `description.fmtp`.
   */
  readonly rtpParameters: RtpParameters;
}

/** The payload-type numbers that one player's offer dictates. Structurally the same type is declared in `media/engine.ts`. */
export interface PayloadProfile {
  readonly audio: Readonly<Partial<Record<AudioCodec, number>>>;
  readonly video: Readonly<Partial<Record<VideoCodec, { readonly payloadType: number; readonly rtx: number | undefined }>>>;
}

/** One codec of an answered section: everything that its lines say. */
export interface AnsweredCodec {
  readonly name: CodecName;
  readonly offered: OfferedCodec;
  /** The offered RTX number, where it is answered too. */
  readonly rtx: number | undefined;
  /** What our `a=fmtp` line says; no line where empty. */
  readonly fmtp: Fmtp;
  readonly feedback: readonly Feedback[];
}

/** One section that an answer accepts. */
export interface AnsweredSection {
  readonly index: number;
  readonly mid: string;
  readonly kind: MediaKind;
  /** The one that is or will be sent first; never empty. */
  readonly codecs: readonly AnsweredCodec[];
  /** With the numbers that both sides will use; `direction` is the offered one. */
  readonly extensions: readonly OfferedExtension[];
  /** Accepted simulcast rids, in the offered order. */
  readonly rids: readonly string[];
}
