import type { EventEmitter } from 'node:events';
import type { IncomingTrack } from './track.ts';
import type { PublisherTransport, SubscriberTransport } from './transport.ts';

/** The payload-type numbers that a router shall use. Structurally equal to the one in `sdp/model.ts`. */
export interface PayloadProfile {
  readonly audio: Readonly<Partial<Record<'opus', number>>>;
  readonly video: Readonly<
    Partial<Record<'H264' | 'VP8' | 'VP9' | 'AV1', { readonly payloadType: number; readonly rtx: number | undefined }>>
  >;
}

/**
 * How a viewer of a track whose GOP is kept got its first picture: from the kept GOP and then from the track itself (`swapped`) or from a relay
 * that keeps its SSRC (`stayed`); from the GOP, but it left or the track ended before that (`ended`); or with the next key frame, because none
 * was kept (`no-gop`), too many viewers came at once (`busy`), or the worker had no port or descriptor left for our packets (`failed`).
 */
export type JoinOutcome = 'swapped' | 'stayed' | 'ended' | 'no-gop' | 'busy' | 'failed';

/** What instant joins hold now. */
export interface InstantJoins {
  /** Viewers to whom packets are injected. */
  readonly injections: number;
  /** Size of all GOPs that are kept. */
  readonly cacheBytes: number;
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
  /** Of publishers and viewers, and those that wait for the next viewer. */
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
