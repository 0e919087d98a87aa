import { EventEmitter } from 'node:events';
import type { Consumer, PlainTransport, Router, TransportListenInfo } from 'mediasoup/types';
import type { LocalLeg, LocalLegEvents, LocalLegOptions } from './engine.ts';
import type { ProducerTrack } from './incoming-track.ts';
import { climbWithEncodings } from './layer-climb.ts';
import { codecLabel, codecOf, originProfile } from './router-codecs.ts';

/** A {@link LocalLeg} on a PlainTransport with one consumer. */
export class PlainLeg implements LocalLeg {
  readonly events = new EventEmitter<LocalLegEvents>();
  readonly kind: 'audio' | 'video';
  readonly payloadType: number;
  readonly since = undefined;
  readonly #transport: PlainTransport;
  readonly #consumer: Consumer;
  #closed = false;

  /**
   * Opens a paused leg of `track`, which is received on `router`. Nobody else is touched: no key frame is asked for before it is resumed.
   *
   * mediasoup's own errors come through: the caller knows what they mean to it.
   */
  static async open(
    router: Router,
    track: ProducerTrack,
    { port, encoding, listenInfo }: LocalLegOptions & { readonly listenInfo: TransportListenInfo },
  ): Promise<PlainLeg> {
    const transport = await router.createPlainTransport({ listenInfo, rtcpMux: false, comedia: false });
    try {
      await transport.connect({ ip: '127.0.0.1', port, rtcpPort: port + 1 });
      const codec = codecOf(track.mimeType);
      const number = codec === 'opus' ? originProfile.audio.opus : originProfile.video[codec]?.payloadType;
      const consumer = await transport.consume({
        producerId: track.id,
        rtpCapabilities: { codecs: [{ ...codecLabel(codec), preferredPayloadType: number ?? 96 }], headerExtensions: [] },
        paused: true,
        enableRtx: false,
        ...(encoding === undefined ? {} : { preferredLayers: { spatialLayer: encoding } }),
      });
      if (encoding !== undefined) stayWith(consumer, encoding);
      return new PlainLeg(transport, consumer);
    } catch (error) {
      transport.close();
      throw error;
    }
  }

  private constructor(transport: PlainTransport, consumer: Consumer) {
    this.#transport = transport;
    this.#consumer = consumer;
    this.kind = consumer.kind;
    this.payloadType = consumer.rtpParameters.codecs[0]?.payloadType ?? 0;
    const { preferredLayers } = consumer;
    if (consumer.type === 'simulcast') {
      // A leg has no bandwidth estimate, so nothing else makes it climb to its encoding when that comes up, or comes back.
      const wanted = preferredLayers && { spatialLayer: preferredLayers.spatialLayer, temporalLayer: preferredLayers.temporalLayer ?? 0 };
      climbWithEncodings(consumer, () => wanted);
    }
    consumer.on('trace', ({ type }) => {
      if (type === 'keyframe') this.events.emit('keyframe');
    });
    consumer.observer.once('close', () => {
      if (this.#closed) return;
      this.close();
      this.events.emit('ended');
    });
  }

  async resume(): Promise<void> {
    if (this.#consumer.closed) return;
    if (this.kind === 'video') await this.#consumer.enableTraceEvent(['keyframe']);
    await this.#consumer.resume();
  }

  async requestKeyFrame(): Promise<void> {
    if (!this.#consumer.closed) await this.#consumer.requestKeyFrame();
  }

  async packets(): Promise<number> {
    const streams = await this.#consumer.getStats();
    return streams.reduce((sum, { type, packetCount }) => sum + (type === 'outbound-rtp' ? packetCount : 0), 0);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#transport.close();
  }
}

/** An encoding that is not there yet is stood in for by a lower one, and the leg goes to its own as soon as it can. */
function stayWith(consumer: Consumer, encoding: number): void {
  if (consumer.type !== 'simulcast') return;
  climbWithEncodings(consumer, () => ({ spatialLayer: encoding, temporalLayer: consumer.preferredLayers?.temporalLayer ?? 0 }));
}
