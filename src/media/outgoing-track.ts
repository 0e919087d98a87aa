import { EventEmitter } from 'node:events';
import type { Consumer, ConsumerLayers, RtpParameters } from 'mediasoup/types';
import type { LayerIndices, OutgoingTrack, OutgoingTrackEvents } from './engine.ts';
import { climbWithEncodings } from './layer-climb.ts';

/** An {@link OutgoingTrack} on its mediasoup consumer. */
export class ConsumerTrack implements OutgoingTrack {
  readonly events = new EventEmitter<OutgoingTrackEvents>();
  readonly #consumer: Consumer;
  /** The highest that the publisher may send; undefined for a track without layers. */
  readonly #highest: LayerIndices | undefined;
  /** What was asked for last, answered by the worker or not. */
  #wanted: LayerIndices | undefined;

  constructor(consumer: Consumer) {
    this.#consumer = consumer;
    this.#highest = indicesOf(consumer.preferredLayers);
    this.#wanted = this.#highest;
    if (consumer.type === 'simulcast') climbWithEncodings(consumer, () => this.#wanted);
    consumer.on('layerschange', (layers) => {
      this.events.emit('layerschange', indicesOf(layers));
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

  /** Starts sending, and tells once when the first packet has left; a track that closed meanwhile has nothing to resume. */
  async resume(): Promise<void> {
    if (this.#consumer.closed) return;
    const type = hasKeyFrames(this.#consumer) ? 'keyframe' : 'rtp';
    this.#consumer.once('trace', () => {
      this.events.emit('firstpacket');
      if (!this.#consumer.closed) void this.#consumer.enableTraceEvent([]).catch(() => undefined); // closed meanwhile: nothing to switch off
    });
    await Promise.all([this.#consumer.enableTraceEvent([type]), this.#consumer.resume()]).catch((error: unknown) => {
      if (!this.#consumer.closed) throw error;
    });
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

  close(): void {
    this.#consumer.close();
  }
}

/** mediasoup leaves the temporal layer out where there is one. */
function indicesOf(layers: ConsumerLayers | undefined): LayerIndices | undefined {
  return layers === undefined ? undefined : { spatialLayer: layers.spatialLayer, temporalLayer: layers.temporalLayer ?? 0 };
}

/** Whether mediasoup can tell a key frame of this consumer; those of AV1 it knows only where the publisher describes its layers. */
function hasKeyFrames({ kind, rtpParameters }: Consumer): boolean {
  return kind === 'video' && rtpParameters.codecs[0]?.mimeType.toLowerCase() !== 'video/av1';
}
