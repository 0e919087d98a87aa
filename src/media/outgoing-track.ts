import { EventEmitter } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type {
  BaseRtpStreamStats,
  Consumer,
  ConsumerLayers,
  ConsumerTraceEventType,
  RtpParameters,
  RtpStreamSendStats,
} from 'mediasoup/types';
import type { IncomingTrack, LayerIndices, OutgoingReport, OutgoingTrack, OutgoingTrackEvents } from './track.ts';
import { isEstimated } from './bandwidth-estimate.ts';
import { climbWithEncodings } from './layer-climb.ts';

/** An {@link OutgoingTrack} on its mediasoup consumer. */
export class ConsumerTrack implements OutgoingTrack {
  readonly events = new EventEmitter<OutgoingTrackEvents>();
  readonly isEstimated: boolean;
  readonly #consumer: Consumer;
  readonly #clockRate: number;
  /** Whether mediasoup can tell its key frames; those of AV1 it knows only where the publisher describes its layers. */
  readonly #hasKeyFrames: boolean;
  /** The highest that the publisher may send; undefined for a track without layers. */
  readonly #highest: LayerIndices | undefined;
  /** What was asked for last, answered by the worker or not. */
  #wanted: LayerIndices | undefined;
  #draining = false;
  #onRequest: (() => void) | undefined;

  /** `hasLayers`: whether the encodings of the track are layers to choose from. Default true. */
  constructor(consumer: Consumer, { hasLayers = true }: { readonly hasLayers?: boolean } = {}) {
    this.#consumer = consumer;
    const parameters = consumer.rtpParameters; // read once: mediasoup copies all of it each time
    const [codec] = parameters.codecs;
    this.isEstimated = isEstimated(parameters);
    this.#clockRate = codec?.clockRate ?? 90_000;
    this.#hasKeyFrames = consumer.kind === 'video' && codec?.mimeType.toLowerCase() !== 'video/av1';
    this.#highest = hasLayers ? indicesOf(consumer.preferredLayers) : undefined;
    this.#wanted = this.#highest;
    if (hasLayers && consumer.type === 'simulcast') climbWithEncodings(consumer, () => this.#wanted);
    consumer.on('layerschange', (layers) => {
      this.events.emit('layerschange', indicesOf(layers));
    });
    let lastScore = 10;
    consumer.on('score', ({ score }) => {
      if (score < lastScore) this.events.emit('struggle');
      lastScore = score;
    });
  }

  get id(): string {
    return this.#consumer.id;
  }

  get kind(): 'audio' | 'video' {
    return this.#consumer.kind;
  }

  get rtpParameters(): RtpParameters {
    return this.#consumer.rtpParameters;
  }

  get currentLayers(): LayerIndices | undefined {
    return indicesOf(this.#consumer.currentLayers);
  }

  async report(): Promise<OutgoingReport> {
    if (this.#consumer.closed) throw new Error('the track has ended');
    const stats = await this.#consumer.getStats();
    const sent = stats.find(({ type }) => type === 'outbound-rtp');
    return reportOf(sent, this.#clockRate);
  }

  /** Starts sending, and tells once when the first packet has left, if anybody listens; a track that closed meanwhile has nothing to resume. */
  async resume(): Promise<void> {
    if (this.#consumer.closed) return;
    const isAwaited = this.events.listenerCount('firstpacket') > 0; // tracing costs requests
    const beginning = isAwaited ? [this.#hasKeyFrames ? ('keyframe' as const) : ('rtp' as const)] : [];
    const traced = [...beginning, ...(this.#onRequest === undefined ? [] : (['pli', 'fir'] as const))];
    await Promise.all([traced.length > 0 ? this.#trace(traced) : undefined, this.#consumer.resume()]).catch((error: unknown) => {
      if (!this.#consumer.closed) throw error;
    });
  }

  /**
   * Tells of the player's own requests for key frames, from the next {@link resume} on until the result is disposed of. What mediasoup asks for by
   * itself, as with each resume, does not count.
   */
  hearRequests(onRequest: () => void): Disposable {
    this.#onRequest = onRequest;
    return {
      [Symbol.dispose]: () => {
        this.#onRequest = undefined;
        this.#endTrace();
      },
    };
  }

  async #trace(types: ConsumerTraceEventType[]): Promise<void> {
    let hasBegun = false;
    this.#consumer.on('trace', ({ type }) => {
      if (type === 'pli' || type === 'fir') return this.#onRequest?.();
      if (hasBegun) return;
      hasBegun = true;
      this.events.emit('firstpacket');
      if (this.#onRequest === undefined) this.#endTrace();
    });
    return this.#consumer.enableTraceEvent(types);
  }

  #endTrace(): void {
    if (!this.#consumer.closed) void this.#consumer.enableTraceEvent([]).catch(() => undefined); // closed meanwhile: nothing to switch off
  }

  async setLayers({ spatialLayer, temporalLayer }: LayerIndices): Promise<void> {
    if (this.#highest === undefined || this.#consumer.closed) return;
    this.#wanted = {
      spatialLayer: Math.min(spatialLayer, this.#highest.spatialLayer),
      temporalLayer: Math.min(temporalLayer, this.#highest.temporalLayer),
    };
    await this.#consumer.setPreferredLayers(this.#wanted).catch((error: unknown) => {
      if (!this.#consumer.closed) throw error;
    });
  }

  /** mediasoup binds a consumer to one producer, and the SSRC to the consumer. */
  carryOn(_track: IncomingTrack): boolean {
    return false;
  }

  async drain(durationMs: number): Promise<void> {
    if (this.#consumer.closed || this.#consumer.paused || this.#draining) return;
    this.#draining = true;
    try {
      await this.#consumer.pause();
      await setTimeout(durationMs, undefined, { ref: false });
      if (!this.#consumer.closed) await this.#consumer.resume();
    } catch (error) {
      if (!this.#consumer.closed) throw error;
    } finally {
      this.#draining = false;
    }
  }

  close(): void {
    this.#consumer.close();
  }
}

/** A packet counts as told of only when a receiver report came: before, jitter and round trip are 0. */
function reportOf(
  sent: (BaseRtpStreamStats & Partial<Pick<RtpStreamSendStats, 'packetCount' | 'byteCount'>>) | undefined,
  clockRate: number,
): OutgoingReport {
  const { packetCount = 0, byteCount = 0, packetsRetransmitted = 0, packetsLost = 0 } = sent ?? {};
  const { pliCount = 0, firCount = 0, roundTripTime = 0, jitter = 0 } = sent ?? {};
  return {
    packets: packetCount,
    bytes: byteCount,
    retransmitted: packetsRetransmitted,
    lost: packetsLost,
    keyFrameRequests: pliCount + firCount,
    roundTripMs: roundTripTime > 0 ? roundTripTime : undefined,
    jitterMs: jitter > 0 ? (jitter * 1000) / clockRate : undefined,
  };
}

/** mediasoup leaves the temporal layer out where there is one. */
function indicesOf(layers: ConsumerLayers | undefined): LayerIndices | undefined {
  return layers === undefined ? undefined : { spatialLayer: layers.spatialLayer, temporalLayer: layers.temporalLayer ?? 0 };
}

/** What was reported of two consumers that followed each other, in one count. */
export function inOneCount(before: OutgoingReport, report: OutgoingReport): OutgoingReport {
  return {
    ...report,
    packets: before.packets + report.packets,
    bytes: before.bytes + report.bytes,
    retransmitted: before.retransmitted + report.retransmitted,
    lost: before.lost + report.lost,
    keyFrameRequests: before.keyFrameRequests + report.keyFrameRequests,
  };
}
