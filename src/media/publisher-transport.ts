import type { Producer, WebRtcTransport } from 'mediasoup/types';
import type { IncomingTrack } from './track.ts';
import type { PublisherTransport, TransportTotals, TransportTraffic } from './transport.ts';
import { ProducerTrack } from './incoming-track.ts';
import type { JoinDesk } from './instant/join-desk.ts';
import { madeOn } from './made-on.ts';
import { codecOf, originProfile, routerCodecs } from './router-codecs.ts';
import type { TapPlace } from './track-tap.ts';
import { reportAsGatewayError, sum, trafficOf, Transport } from './webrtc-transport.ts';
import type { WorkerHome } from './worker-process.ts';

/**
 * Shortest time between two key-frame requests for one encoding, in milliseconds: a burst of joins costs the publisher one key frame.
 *
 * Chromium ignores what comes within 300 ms of the request before, and mediasoup asks again only after a second: a little more than that.
 */
const keyFrameRequestDelayMs = 350;

/** A {@link PublisherTransport} on a mediasoup WebRtcTransport. */
export class WebRtcPublisherTransport extends Transport implements PublisherTransport {
  readonly #place: TapPlace;
  readonly #joins: JoinDesk;
  readonly #producers = new Set<Producer>();

  constructor(
    place: TapPlace,
    transport: WebRtcTransport,
    { home, released, joins }: { readonly home: WorkerHome; readonly released: () => void; readonly joins: JoinDesk },
  ) {
    super(transport, home, released);
    this.#place = place;
    this.#joins = joins;
  }

  async produce({ kind, rtpParameters }: Parameters<PublisherTransport['produce']>[0]): Promise<IncomingTrack> {
    const options = { kind, rtpParameters, ...(kind === 'video' ? { keyFrameRequestDelay: keyFrameRequestDelayMs } : {}) };
    // The router's numbers count at the very moment of produce(), so nothing may be awaited between these two.
    this.#place.router.updateMediaCodecs(routerCodecs(originProfile, codecOf(rtpParameters.codecs[0]?.mimeType ?? '')));
    const producer = await reportAsGatewayError(madeOn(this.transport, this.transport.produce(options)));
    this.#producers.add(producer);
    producer.observer.once('close', () => this.#producers.delete(producer));
    return new ProducerTrack(this.#place, producer, this.#joins);
  }

  async reorder(track: IncomingTrack, order: readonly number[]): Promise<IncomingTrack> {
    if (!(track instanceof ProducerTrack)) throw new TypeError('the track belongs to another engine');
    const { kind, rtpParameters } = track.producer;
    const arrived = await reportAsGatewayError(track.producer.getStats());
    const encodings = order.map((index) => {
      const encoding = rtpParameters.encodings?.[index] ?? {};
      // By now browsers no longer send the rid with each packet, so the SSRCs that were learnt from it are named.
      const stream = arrived.find(({ rid }) => rid !== undefined && rid === encoding.rid);
      const rtx = stream?.rtxSsrc === undefined ? {} : { rtx: { ssrc: stream.rtxSsrc } };
      return stream === undefined ? encoding : { ...encoding, ssrc: stream.ssrc, ...rtx };
    });
    track.producer.close();
    return this.produce({ kind, rtpParameters: { ...rtpParameters, encodings } });
  }

  async limitBitrate(bitsPerSecond: number): Promise<void> {
    return reportAsGatewayError(this.transport.setMaxIncomingBitrate(bitsPerSecond));
  }

  async traffic(): Promise<TransportTraffic> {
    const [[transport], producers] = await Promise.all([
      this.transport.getStats(),
      Promise.all([...this.#producers].map((producer) => producer.getStats())),
    ]);
    return trafficOf(transport?.rtpRecvBitrate, producers.flat());
  }

  async totals(): Promise<TransportTotals> {
    const [[transport], producers] = await Promise.all([
      this.transport.getStats(),
      Promise.all([...this.#producers].map((producer) => producer.getStats())),
    ]);
    const streams = producers.flat();
    return {
      rtpBytesReceived: transport?.rtpBytesReceived ?? 0,
      rtpBytesSent: 0,
      rtpPacketsReceived: sum(streams.map(({ packetCount }) => packetCount)),
      rtpPacketsSent: 0,
      packetsLost: sum(streams.map(({ packetsLost }) => packetsLost)),
      keyFrameRequests: sum(streams.map(({ pliCount, firCount }) => pliCount + firCount)),
    };
  }
}
