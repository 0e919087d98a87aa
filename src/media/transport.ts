import type { EventEmitter } from 'node:events';
import type { DtlsParameters, IceCandidate, IceParameters, RtpCapabilities, RtpParameters } from 'mediasoup/types';
import type { IncomingTrack, OutgoingTrack } from './track.ts';

/**
 * Why a transport closed without being asked: its peer's DTLS ended, its worker died, or the engine closed
 * (mediasoup closes its workers by itself on SIGINT).
 */
export type TransportEnding = 'peer-closed' | 'worker-died' | 'shutdown';

/** What the owner of a transport listens to. */
export type TransportEvents = {
  /** ICE and DTLS are up; media can flow. Fires once. */
  connected: [];
  /** The transport is gone and everything on it. Fires once; not after our own `close()`. */
  ended: [ending: TransportEnding];
};

/** Our side of a transport, for the answer. */
export interface LocalTransport {
  readonly iceParameters: IceParameters;
  readonly iceCandidates: readonly IceCandidate[];
  readonly dtlsParameters: DtlsParameters;
}

/** Totals since a transport was opened. */
export interface TransportTotals {
  readonly rtpBytesReceived: number;
  readonly rtpBytesSent: number;
  readonly rtpPacketsReceived: number;
  readonly rtpPacketsSent: number;
  /** Of what arrived from a publisher, or of what a viewer reports. */
  readonly packetsLost: number;
  /** Sent to a publisher, or received from a viewer (PLI and FIR). */
  readonly keyFrameRequests: number;
}

/** What flows on a transport now. */
export interface TransportTraffic {
  /** RTP from a publisher, or to a viewer, in bit/s. */
  readonly bitrate: number;
  /** Share of packets that were lost of late on the track that lost most, 0 to 1: by our own count, or by what a viewer reports. */
  readonly loss: number;
  /** Undefined until RTCP has told. */
  readonly roundTripMs: number | undefined;
}

/** One WebRTC transport with one remote peer. */
export interface MediaTransport {
  readonly id: string;
  readonly workerId: number;
  readonly local: LocalTransport;
  readonly events: EventEmitter<TransportEvents>;
  /** Starts DTLS with the peer's parameters. Throws `ERR_MEDIA_UNAVAILABLE` when the worker is gone. */
  connect(remote: DtlsParameters): Promise<void>;
  /** New local ICE credentials; DTLS and media stay (RFC 9725 §4.3.3). */
  restartIce(): Promise<IceParameters>;
  /** Where its packets come from, over UDP; undefined before ICE is up, and over TCP. */
  readonly peer: { readonly ip: string; readonly port: number } | undefined;
  /** Every byte that arrived so far, STUN and RTCP included: moves while the peer lives. */
  bytesReceived(): Promise<number>;
  totals(): Promise<TransportTotals>;
  traffic(): Promise<TransportTraffic>;
  /** Sends a DTLS alert and frees everything below. Idempotent. */
  close(): void;
}

/** A publisher's transport. */
export interface PublisherTransport extends MediaTransport {
  produce(options: { readonly kind: 'audio' | 'video'; readonly rtpParameters: RtpParameters }): Promise<IncomingTrack>;
  /**
   * Receives a simulcast track anew, its encodings in another order: `order` holds their present indices, lowest encoding first.
   * The track before ends.
   */
  reorder(track: IncomingTrack, order: readonly number[]): Promise<IncomingTrack>;
  /** Tells a publisher with congestion control to send no more than this, in bits per second. */
  limitBitrate(bitsPerSecond: number): Promise<void>;
}

/** How a viewer takes a track. */
export interface ConsumeOptions {
  readonly mid: string;
  readonly rtpCapabilities: RtpCapabilities;
  /** It plays on without a gap when another SSRC takes the place of the first without a word, as most browsers do where none was named (media-notes §1.7). */
  readonly followsSsrc: boolean;
}

/** A viewer's transport, on a router that speaks the viewer's payload types. */
export interface SubscriberTransport extends MediaTransport {
  /** What the viewer's path is estimated to carry, in bit/s, from its bandwidth feedback; undefined without any, and at first. */
  readonly estimate: number | undefined;
  /** The estimate is not to fall below this, in bit/s; 0: any is good. A worker that died meanwhile is no error here. */
  setFloor(bitsPerSecond: number): Promise<void>;
  /**
   * Sends so much besides, in bit/s, that no player takes, to see whether the path carries it; 0: nothing. Only for players that drop packets of an
   * SSRC that they do not know, as browsers do. A worker that died meanwhile is no error here.
   */
  pad(bitsPerSecond: number): Promise<void>;
  /** Throws `ERR_MEDIA_UNAVAILABLE` when the track or a worker went away meanwhile. */
  consume(track: IncomingTrack, options: ConsumeOptions): Promise<OutgoingTrack>;
}
