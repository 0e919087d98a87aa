import type { EventEmitter } from 'node:events';
import type { RtpParameters } from 'mediasoup/types';

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
   * for programs that get both (see `StreamMedia.openLegs`).
   */
  keepGop(wanted: boolean): void;
  /** Whether players that cannot take a changed SSRC get it from a relay, on which later tracks can go on too. */
  readonly isRelayed: boolean;
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
  /** More was sent than the viewer's path carries, as its bandwidth feedback tells long before any report; less is sent already. */
  excess: [];
  /** The viewer reports that less of it arrives than of late: a reason to look at its report. */
  struggle: [];
};

/** One track on its way to one viewer. Created paused. */
export interface OutgoingTrack {
  readonly id: string;
  readonly kind: 'audio' | 'video';
  readonly events: EventEmitter<OutgoingTrackEvents>;
  /** What the answer tells of it: a copy each time, that need not be kept. */
  readonly rtpParameters: RtpParameters;
  /** What is sent now; undefined while nothing is, and for a track without layers. */
  readonly currentLayers: LayerIndices | undefined;
  /** Whether the viewer gives feedback that tells what its path carries, so that layers are chosen by that, up to what {@link setLayers} allows. */
  readonly isEstimated: boolean;
  /** Asks the worker. Rejects once the track or its worker is gone. */
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
