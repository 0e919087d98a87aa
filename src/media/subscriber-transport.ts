import type { Consumer, DtlsParameters, WebRtcTransport } from 'mediasoup/types';
import { BandwidthEstimate } from './bandwidth-estimate.ts';
import type { IncomingTrack, OutgoingTrack } from './track.ts';
import type { ConsumeOptions, SubscriberTransport, TransportTotals, TransportTraffic } from './transport.ts';
import { ProducerTrack } from './incoming-track.ts';
import type { GopFeed } from './instant/gop-feed.ts';
import { openInjectedConsumer, type WatchPlace } from './instant/injected-consumer.ts';
import type { StayRelays } from './instant/stay-relays.ts';
import { StayingTrack } from './instant/staying-track.ts';
import { SwappingTrack } from './instant/swapping-track.ts';
import { madeOn } from './made-on.ts';
import { ConsumerTrack } from './outgoing-track.ts';
import { Padding, paddingCapabilities } from './padding.ts';
import { codecOf } from './router-codecs.ts';
import { reportAsGatewayError, sum, trafficOf, Transport } from './webrtc-transport.ts';
import type { ViewerTransports } from './viewer-transports.ts';
import type { WorkerHome } from './worker-process.ts';

/** Makes a viewer's consumer of a producer on the viewer's router. */
export type OpenConsumer = (producerId: string) => Promise<Consumer>;

/** Calls `open` with the producer that stands for a track on a viewer's router: itself, or the end of a pipe. */
export type LocalConsumer = (track: ProducerTrack, open: OpenConsumer) => Promise<Consumer>;

/** Where a viewer is, and what it finds there. */
export interface ViewerPlace extends WatchPlace {
  readonly home: WorkerHome;
  readonly relays: StayRelays;
  readonly transports: ViewerTransports;
}

/** A {@link SubscriberTransport} on a mediasoup WebRtcTransport. */
export class WebRtcSubscriberTransport extends Transport implements SubscriberTransport {
  readonly #local: LocalConsumer;
  readonly #place: ViewerPlace;
  readonly #consumers = new Set<Consumer>();
  readonly #estimate: BandwidthEstimate;
  readonly #padding: Padding;
  /** Requests that the worker has not answered yet. */
  #asked = 0;

  /** Opens a viewer's transport. `released` is called when it has closed. Throws `ERR_MEDIA_UNAVAILABLE`. */
  static async open(local: LocalConsumer, place: ViewerPlace, released: () => void): Promise<WebRtcSubscriberTransport> {
    const { transport, leave } = await place.transports.take();
    return new WebRtcSubscriberTransport(transport, {
      local,
      place,
      released: () => {
        leave();
        released();
      },
    });
  }

  private constructor(
    transport: WebRtcTransport,
    { local, place, released }: { readonly local: LocalConsumer; readonly place: ViewerPlace; readonly released: () => void },
  ) {
    super(transport, place.home, released);
    this.#local = local;
    this.#place = place;
    this.#estimate = new BandwidthEstimate(transport);
    this.#padding = new Padding({
      router: place.router,
      open: async (producerId) => madeOn(transport, transport.consume({ producerId, rtpCapabilities: paddingCapabilities, paused: true })),
    });
  }

  override async connect(remote: DtlsParameters): Promise<void> {
    return this.#ask(super.connect(remote));
  }

  async consume(track: IncomingTrack, options: ConsumeOptions): Promise<OutgoingTrack> {
    return this.#ask(this.#consume(track, options));
  }

  /** Once the worker owes it nothing more, a viewer has its answer in this turn of the event loop; the next viewer's transport comes after that. */
  async #ask<T>(request: Promise<T>): Promise<T> {
    this.#asked += 1;
    try {
      return await request;
    } finally {
      this.#asked -= 1;
      if (this.#asked === 0) setImmediate(() => this.#place.transports.refill());
    }
  }

  async #consume(track: IncomingTrack, options: ConsumeOptions): Promise<OutgoingTrack> {
    if (!(track instanceof ProducerTrack)) throw new TypeError('the track belongs to another engine');
    const open: OpenConsumer = async (producerId) => this.#open(producerId, options);
    const openLive = async (): Promise<ConsumerTrack> => this.#estimated(new ConsumerTrack(await this.#local(track, open)));
    return reportAsGatewayError(options.followsSsrc ? this.#openSwapping(track, open, openLive) : this.#openStaying(track, open, openLive));
  }

  #estimated<Track extends OutgoingTrack>(track: Track): Track {
    if (track.isEstimated) this.#estimate.listen();
    return track;
  }

  async #openSwapping(track: ProducerTrack, open: OpenConsumer, openLive: () => Promise<ConsumerTrack>): Promise<OutgoingTrack> {
    const feed = track.gops;
    if (feed === undefined) return openLive();
    const carried = this.estimate; // before mediasoup begins to guess
    const outcome = !feed.hasGop(feed.encoding) ? 'no-gop' : feed.desk.hasRoom ? undefined : 'busy';
    if (outcome !== undefined) {
      feed.desk.report(outcome);
      return openLive();
    }
    const injected = await this.#orNothing(openInjectedConsumer(feed, this.#place, open), feed);
    if (injected === undefined) return openLive();
    return this.#estimated(new SwappingTrack({ feed, injected, openLive, carried, estimate: this.#estimate }));
  }

  async #openStaying(track: ProducerTrack, open: OpenConsumer, openLive: () => Promise<ConsumerTrack>): Promise<OutgoingTrack> {
    if (!track.isRelayed) return openLive();
    const relaying = this.#place.relays.consume(codecOf(track.mimeType), { source: track, open });
    const relayed = await this.#orNothing(relaying, track.gops);
    if (relayed === undefined) return openLive();
    const { relay, consumer } = relayed;
    const carryOn = (next: IncomingTrack): boolean => {
      if (!(next instanceof ProducerTrack) || !next.canBeRelayed || codecOf(next.mimeType) !== relay.codec) return false;
      relay.attach(next);
      return true;
    };
    return this.#estimated(new StayingTrack({ relay, consumer, feed: track.gops, carryOn }));
  }

  /** What needs packets of ours; undefined where it cannot be opened, because the worker has no port or descriptor left: then there is the track itself. */
  async #orNothing<T>(opening: Promise<T>, feed: GopFeed | undefined): Promise<T | undefined> {
    try {
      return await opening;
    } catch (error) {
      if (this.transport.closed) throw error;
      feed?.desk.report('failed');
      return undefined;
    }
  }

  async #open(producerId: string, { mid, rtpCapabilities }: ConsumeOptions): Promise<Consumer> {
    const consumer = await madeOn(this.transport, this.transport.consume({ producerId, rtpCapabilities, mid, paused: true }));
    this.#consumers.add(consumer);
    consumer.observer.once('close', () => this.#consumers.delete(consumer));
    return consumer;
  }

  get estimate(): number | undefined {
    return this.#estimate.value;
  }

  async setFloor(bitsPerSecond: number): Promise<void> {
    return this.#estimate.setFloor(bitsPerSecond);
  }

  async pad(bitsPerSecond: number): Promise<void> {
    await this.#padding.send(bitsPerSecond).catch((error: unknown) => {
      if (!this.transport.closed) throw error;
    });
  }

  async traffic(): Promise<TransportTraffic> {
    const { transport, streams } = await this.#stats();
    return trafficOf(transport?.rtpSendBitrate, streams);
  }

  async totals(): Promise<TransportTotals> {
    const { transport, streams } = await this.#stats();
    return {
      rtpBytesReceived: 0,
      rtpBytesSent: transport?.rtpBytesSent ?? 0,
      rtpPacketsReceived: 0,
      rtpPacketsSent: sum(streams.map(({ packetCount }) => packetCount)),
      packetsLost: sum(streams.map(({ packetsLost }) => packetsLost)),
      keyFrameRequests: sum(streams.map(({ pliCount, firCount }) => pliCount + firCount)),
    };
  }

  async #stats() {
    const [[transport], consumers] = await Promise.all([
      this.transport.getStats(),
      Promise.all([...this.#consumers].map((consumer) => consumer.getStats())),
    ]);
    return { transport, streams: consumers.flat().filter(({ type }) => type === 'outbound-rtp') };
  }
}
