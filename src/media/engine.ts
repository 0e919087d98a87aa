import type { EventEmitter } from 'node:events';
import type { DtlsParameters, IceCandidate, IceParameters, RtpCapabilities, RtpParameters } from 'mediasoup/types';

/** The payload-type numbers that a router shall use. Structurally equal to the one in `sdp/model.ts`. */
export interface PayloadProfile {
  readonly audio: Readonly<Partial<Record<'opus', number>>>;
  readonly video: Readonly<
    Partial<Record<'H264' | 'VP8' | 'VP9' | 'AV1', { readonly payloadType: number; readonly rtx: number | undefined }>>
  >;
}

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

/** What the owner of an incoming track listens to. */
export type IncomingTrackEvents = {
  /** The first RTP packet of any encoding arrived. Fires once. */
  firstpacket: [];
  /** A key frame begins to arrive. Once for each key frame of each encoding, except for AV1, whose key frames mediasoup may not know. */
  keyframe: [EncodingName];
  /** The publisher is asked for a key frame. */
  keyframerequest: [EncodingName];
};

/** One RTP stream of a track, as it arrives. */
interface EncodingName {
  readonly ssrc: number;
}

/** What arrived of one encoding so far. */
export interface EncodingStats extends EncodingName {
  readonly rid: string | undefined;
  readonly packets: number;
  readonly packetsLost: number;
  /** Of now, in bit/s. */
  readonly bitrate: number;
  /**
   * The same by layer: of each spatial layer, lowest first, what its temporal layers add, lowest first. Of that layer alone, without those
   * below; 0 for one that does not arrive. One number for a track whose codec does not tell layers apart.
   */
  readonly layerBitrates: readonly (readonly number[])[];
}

/** A layer by its places, counted from the lowest. Simulcast encodings are spatial layers here, as in mediasoup. */
export interface LayerIndices {
  readonly spatialLayer: number;
  readonly temporalLayer: number;
}

/** The header of an RTP packet that went by. */
export interface PacketGlance extends EncodingName {
  readonly sequence: number;
  /** RTP timestamp, in units of the codec's clock. */
  readonly timestamp: number;
  /** In milliseconds, on a clock of its own that never jumps. */
  readonly arrivedMs: number;
}

/** Media of one publisher section, as it arrives. */
export interface IncomingTrack {
  readonly id: string;
  readonly kind: 'audio' | 'video';
  readonly events: EventEmitter<IncomingTrackEvents>;
  /**
   * `profile-level-id` (six hex digits) of an H264 track's first SPS.
   * Resolves undefined for any other codec, when no SPS came within 2 s of the first packet, and when the track closed.
   */
  readonly h264Profile: Promise<string | undefined>;
  /**
   * Picture sizes of a simulcast track's encodings, in pixels, in the track's order, once each has shown a key frame.
   * Resolves undefined for any other track, for codecs that are not measured (only H264 and VP8 are), and when one stays away for 30 s.
   */
  readonly encodingSizes: Promise<readonly { readonly width: number; readonly height: number }[] | undefined>;
  /** Clock of its RTP timestamps, in Hz. */
  readonly clockRate: number;
  /** One entry for each encoding that has sent, in the track's order; asks the worker. */
  stats(): Promise<readonly EncodingStats[]>;
  /** Notes the header of every packet for a while; each costs a message from the worker. One at a time. */
  glance(durationMs: number): Promise<readonly PacketGlance[]>;
  /**
   * Asks the publisher for a key frame of every encoding and reads the picture sizes of its layers: of encodings in the track's order, of the
   * spatial layers of SVC smallest first. Undefined where none came in time; empty for audio. Reads every packet in Node until then.
   */
  measure(timeoutMs: number): Promise<readonly ({ readonly width: number; readonly height: number } | undefined)[]>;
  /**
   * Whether to keep what came since the last key frame, so that viewers who come see it at once instead of waiting for the next. Reads every
   * packet in Node, 1–2 % of a core for each stream. Of video only H264 and VP8; does nothing for other codecs. Of audio the last 6 s are kept,
   * for programs that get both (see {@link StreamMedia.openLegs}).
   */
  keepGop(wanted: boolean): void;
  /** Whether players that cannot take a changed SSRC get it from a relay, on which later tracks can go on too. */
  readonly isRelayed: boolean;
}

/**
 * How a viewer of a track whose GOP is kept got its first picture: from the kept GOP and then from the track itself (`swapped`) or from a relay
 * that keeps its SSRC (`stayed`), from the GOP but it left, or the track ended, before that (`ended`), or with the next key frame: because none was kept (`no-gop`) or too many viewers came
 * at once (`busy`).
 */
export type JoinOutcome = 'swapped' | 'stayed' | 'ended' | 'no-gop' | 'busy';

/** What instant joins hold now. */
export interface InstantJoins {
  /** Viewers to whom packets are injected. */
  readonly injections: number;
  /** Size of all GOPs that are kept. */
  readonly cacheBytes: number;
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

/** What was sent of a track to a viewer, and what the viewer reported of it: totals since the track was made. */
export interface OutgoingReport {
  /** Without retransmissions. */
  readonly packets: number;
  readonly bytes: number;
  /** Sent again, because the viewer asked for it (RFC 4585 §6.2.1). */
  readonly retransmitted: number;
  /** Missing at the viewer, repaired or not (RFC 3550 §6.4.1); fewer than before once packets come late. */
  readonly lost: number;
  /** PLI and FIR. */
  readonly keyFrameRequests: number;
  /** Undefined until the viewer has told. */
  readonly roundTripMs: number | undefined;
  readonly jitterMs: number | undefined;
}

/** What the owner of an outgoing track listens to. */
export type OutgoingTrackEvents = {
  /** The first key frame (video) or packet (audio) left for the viewer. Fires once. */
  firstpacket: [];
  /** The viewer gets other layers from now on; undefined: none, because none arrives. Never for a track without layers. */
  layerschange: [LayerIndices | undefined];
  /** The viewer reports that less of it arrives than of late: a reason to look at its report. */
  struggle: [];
};

/** One track on its way to one viewer. Created paused. */
export interface OutgoingTrack {
  readonly id: string;
  readonly kind: 'audio' | 'video';
  readonly events: EventEmitter<OutgoingTrackEvents>;
  readonly rtpParameters: RtpParameters;
  /** What is sent now; undefined while nothing is, and for a track without layers. */
  readonly currentLayers: LayerIndices | undefined;
  /** Whether the viewer gives feedback that tells what its path carries, so that layers are chosen by that, up to what {@link setLayers} allows. */
  readonly isEstimated: boolean;
  /** Asks the worker. */
  report(): Promise<OutgoingReport>;
  /**
   * Sends none of it for a while, and then goes on with the next key frame, so that queues on the way empty. The viewer sees no loss, and
   * nothing from before is sent again. Does nothing for a track that is not being sent; a track that closed or died meanwhile is no error.
   */
  drain(durationMs: number): Promise<void>;
  /** Starts sending; video asks the publisher for a key frame. */
  resume(): Promise<void>;
  /**
   * The most that the viewer shall get: the highest layer up to this that arrives, and the lowest that does where none of those does. Sent
   * from the next key frame of that layer on; until then the viewer keeps what it has. Before the first call: the highest.
   *
   * Does nothing for a track without layers. A worker that died meanwhile is no error here: the transport tells.
   */
  setLayers(layers: LayerIndices): Promise<void>;
  /**
   * Goes on with the track of a returned publisher, on the same SSRC. False where that is not possible; then the track must be closed, and the
   * other consumed.
   */
  carryOn(track: IncomingTrack): boolean;
  close(): void;
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

/** What the owner of a leg listens to. */
export type LocalLegEvents = {
  /** A packet of a key frame left; several packets of one key frame may tell so. Not for AV1, whose key frames mediasoup may not know. */
  keyframe: [];
  /** The track, its publisher or the worker is gone. Fires once; not after our own `close()`. */
  ended: [];
};

/** Where a leg sends, and what. */
export interface LocalLegOptions {
  /** RTP goes to this UDP port of 127.0.0.1, RTCP to the next one. */
  readonly port: number;
  /** Index of the one simulcast encoding that is sent while it lives; the next lower one when it does not. Default: without simulcast. */
  readonly encoding?: number | undefined;
}

/** A leg that is to be opened. */
export interface LegOrder extends LocalLegOptions {
  readonly track: IncomingTrack;
}

/** A copy of a track as plain RTP for a program on this machine. Created paused. */
export interface LocalLeg {
  readonly events: EventEmitter<LocalLegEvents>;
  readonly kind: 'audio' | 'video';
  readonly payloadType: number;
  /** When the first packet that it sends came from the publisher, where it begins with what was kept. Undefined: with what comes. */
  readonly since: Date | undefined;
  /** Starts sending; video that does not begin with what was kept asks the publisher for a key frame. */
  resume(): Promise<void>;
  requestKeyFrame(): Promise<void>;
  /** How many packets were sent so far, or are about to be; may ask the worker. */
  packets(): Promise<number>;
  close(): void;
}

/** One stream's routers over all workers: its origin, and an edge for each (worker, payload profile). */
export interface StreamMedia {
  /**
   * Opens the legs of one program. `replays`: they begin in the past, with the last key frame and the sound since then, if these are kept when
   * they are resumed (see {@link IncomingTrack.keepGop}), picture first; not where a picture of simulcast is among them.
   *
   * Throws `ERR_MEDIA_UNAVAILABLE` when a track or its worker has gone; then none is open.
   */
  openLegs(orders: readonly LegOrder[], options: { readonly replays: boolean }): Promise<readonly LocalLeg[]>;
  openPublisher(): Promise<PublisherTransport>;
  openSubscriber(profile: PayloadProfile): Promise<SubscriberTransport>;
  /** Closes every router, pipe and transport of the stream. Idempotent. */
  close(): void;
}

/** One worker's present state, for `/health` and `/metrics`. */
export interface WorkerReport {
  readonly id: number;
  readonly pid: number;
  readonly port: number;
  /** User and system CPU time since it started, in milliseconds. */
  readonly cpuMs: number;
  /** Peak resident set, in bytes. */
  readonly memoryBytes: number;
  readonly routers: number;
  readonly transports: number;
}

/** How busy one worker is, as last looked at. */
export interface WorkerLoadReport {
  readonly id: number;
  readonly pid: number;
  readonly port: number;
  /** False once it has owed an answer for 3 s: then it gets no sessions. */
  readonly answers: boolean;
  /** Share of a core that it used in the last second. */
  readonly cpuShare: number;
  /** User and system CPU time since it started, in milliseconds. */
  readonly cpuMs: number;
  readonly publishers: number;
  readonly viewers: number;
  /** Estimate of how many more viewers, of the kind that the workers serve now, fit on it. */
  readonly moreViewers: number;
}

/** What crosses between routers: a pipe carries one track to viewers with other payload types, or on another worker. */
export interface PipeReport {
  readonly open: number;
  /** Those that carry something, because somebody watches behind them. */
  readonly running: number;
  /** Of all together, in bit/s. */
  readonly bitrate: number;
}

/** What strangers (metrics, logs) may listen to. */
export type EngineEvents = {
  workerdied: [workerId: number];
  workerreplaced: [workerId: number];
  /** A viewer of a track whose GOP is kept has come. */
  instantjoin: [JoinOutcome];
};

/** Everything that moves packets. `media/` is the only run-time import of mediasoup. */
export interface MediaEngine extends AsyncDisposable {
  readonly observer: EventEmitter<EngineEvents>;
  openStream(): StreamMedia;
  /** The media port of each worker. */
  readonly ports: readonly number[];
  /** How busy the workers are; asks nobody. */
  loads(): readonly WorkerLoadReport[];
  /** Asks the workers. */
  pipes(): Promise<PipeReport>;
  /** What the workers hold; asks them. One that does not answer within 3 s is left out. */
  workers(): Promise<readonly WorkerReport[]>;
  instantJoins(): InstantJoins;
  close(): Promise<void>;
}
