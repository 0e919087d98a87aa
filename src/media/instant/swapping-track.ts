import { EventEmitter } from 'node:events';
import type { RtpParameters } from 'mediasoup/types';
import type { JoinOutcome } from '../engine.ts';
import type { IncomingTrack, LayerIndices, OutgoingReport, OutgoingTrack, OutgoingTrackEvents } from '../track.ts';
import type { BandwidthEstimate } from '../bandwidth-estimate.ts';
import { ConsumerTrack, inOneCount } from '../outgoing-track.ts';
import type { PlacedPacket } from './gop-cache.ts';
import type { GopFeed } from './gop-feed.ts';
import type { HandOver } from './hand-over.ts';
import type { InjectedConsumer } from './injected-consumer.ts';
import { ReplayPath } from './replay-path.ts';
import { replayedEncoding } from './replayed-encoding.ts';
import { ViewerReplay, type ViewerReplayParts } from './viewer-replay.ts';

/** How long the queue that an encoding has filled, that the network does not carry, is given to empty, in milliseconds. */
const drainMs = 400;

/** How long the injected packets can still be asked for again after the hand-over, in milliseconds. */
const lingerMs = 400;

/** All frames, as mediasoup's temporal layers go no higher. */
const everyFrame = 7;

/** What a {@link SwappingTrack} is made from. */
export interface SwappingTrackParts {
  readonly feed: GopFeed;
  readonly injected: InjectedConsumer;
  /** Makes the viewer's consumer of the track itself. */
  readonly openLive: () => Promise<ConsumerTrack>;
  /** What the viewer's network was found to carry by earlier tracks, in bit/s; undefined for a newcomer. */
  readonly carried: number | undefined;
  /** Tells when that is found to be less, and must be told what was found. */
  readonly estimate: Pick<BandwidthEstimate, 'events' | 'ask' | 'raise'>;
}

/**
 * A track on its way to a viewer that follows a changed SSRC: first the present GOP on a producer of ours, at once, and from a later key frame
 * on the track itself, which then costs nothing in Node any more.
 */
export class SwappingTrack implements OutgoingTrack {
  readonly kind = 'video';
  readonly events = new EventEmitter<OutgoingTrackEvents>();
  readonly #parts: SwappingTrackParts;
  readonly #first: ConsumerTrack;
  readonly #path: ReplayPath;
  #replay: ViewerReplay | undefined;
  /** The viewer's own requests for key frames are heard for the replay. */
  #requests: Disposable | undefined;
  /** What was reported of the injected packets last. */
  #injected: OutgoingReport | undefined;
  #live: ConsumerTrack | undefined;
  #wanted: LayerIndices | undefined;
  #linger: NodeJS.Timeout | undefined;
  #closed = false;
  /** We have closed the injected consumer ourselves. */
  #isLeft = false;

  constructor(parts: SwappingTrackParts) {
    this.#parts = parts;
    this.#path = new ReplayPath({
      ...parts,
      rate: () => parts.feed.rate(this.#replay?.encoding ?? 0),
      onHold: (durationMs) => this.#replay?.wait(durationMs),
      onLess: () => {
        this.#lower();
      },
    });
    this.#first = new ConsumerTrack(parts.injected.consumer);
    this.#first.events.once('firstpacket', () => {
      this.events.emit('firstpacket');
    });
    parts.injected.consumer.observer.once('close', () => {
      if (!this.#isLeft) this.close(); // the viewer is gone, or its worker
    });
  }

  get id(): string {
    return this.#first.id;
  }

  get rtpParameters(): RtpParameters {
    return this.#first.rtpParameters;
  }

  get currentLayers(): LayerIndices | undefined {
    if (this.#replay === undefined) return this.#live?.currentLayers;
    return this.#parts.feed.hasLayers ? { spatialLayer: this.#replay.encoding, temporalLayer: everyFrame } : undefined;
  }

  get isEstimated(): boolean {
    return this.#sending.isEstimated;
  }

  async report(): Promise<OutgoingReport> {
    const track = this.#sending;
    const report = await track.report();
    if (track !== this.#first) return this.#injected === undefined ? report : inOneCount(this.#injected, report);
    this.#injected = report;
    return report;
  }

  /** The replay waits as long, and then goes on where it was, since it must not be torn; or with another encoding from its key frame. */
  async drain(durationMs: number): Promise<void> {
    this.#replay?.wait(durationMs);
    if (this.#sending === this.#live) await this.#live.drain(durationMs);
  }

  async resume(): Promise<void> {
    if (this.#closed) return;
    this.#requests = this.#first.hearRequests(() => this.#replay?.repeat());
    // Packets and requests reach the worker by different ways: it must forward before the GOP comes.
    await this.#first.resume();
    if (this.#closed) return;
    const { feed } = this.#parts;
    const encoding = this.#replayed();
    const gop = feed.gop(encoding);
    if (gop !== undefined && feed.desk.hasRoom) {
      this.#replay = this.#openReplay(encoding, gop);
      this.#replay.pump(performance.now());
      if (feed.hasLayers) this.events.emit('layerschange', this.currentLayers);
      return;
    }
    feed.desk.report(gop === undefined ? 'no-gop' : 'busy');
    this.#closeInjected();
    await this.#openLive();
    this.#live?.events.once('firstpacket', () => {
      this.events.emit('firstpacket');
    });
    await this.#live?.resume();
  }

  async setLayers(layers: LayerIndices): Promise<void> {
    this.#wanted = layers;
    if (this.#replay !== undefined && this.#parts.feed.hasLayers) this.#change(this.#replayed());
    await this.#live?.setLayers(layers);
  }

  carryOn(_track: IncomingTrack): boolean {
    return false;
  }

  close(): void {
    this.#closed = true;
    this.#replay?.ended();
    clearTimeout(this.#linger);
    this.#closeInjected();
    this.#live?.close();
  }

  #openReplay(encoding: number, gop: readonly PlacedPacket[]): ViewerReplay {
    const { feed, injected } = this.#parts;
    const parts: ViewerReplayParts = {
      feed,
      injected,
      isEstimated: this.#first.isEstimated,
      caughtUp: (handOver) => void this.#handOver(handOver),
      over: (outcome) => {
        this.#over(outcome);
      },
    };
    return new ViewerReplay(parts, encoding, gop);
  }

  #replayed(): number {
    const { feed } = this.#parts;
    const rates = Array.from({ length: feed.encoding + 1 }, (_none, encoding) => feed.rate(encoding));
    return replayedEncoding(rates, this.#wanted, this.#path.carried);
  }

  #change(encoding: number): void {
    this.#replay?.change(encoding, this.#path.carried);
    this.events.emit('layerschange', this.currentLayers);
  }

  /** The replay was a guess, and was too much: with what the network carries, the picture need not wait for the next key frame of the track. */
  #lower(): void {
    if (this.#replay === undefined || !this.#parts.feed.hasLayers) return;
    const encoding = this.#replayed();
    if (encoding >= this.#replay.encoding) return;
    this.#change(encoding);
    this.#replay.wait(drainMs);
    this.events.emit('excess');
  }

  /** Not where it would let in more than the path was found to carry. */
  #makeRoom(): void {
    const { feed } = this.#parts;
    const encoding = this.#replay?.encoding ?? 0;
    const isLimited = (this.#wanted?.spatialLayer ?? Infinity) <= encoding || this.#path.carried === undefined;
    if (this.isEstimated && feed.hasLayers && isLimited) this.#path.makeRoom(feed.rate(encoding));
  }

  /** Opens the viewer's consumer of the track, which begins with the next key frame by itself. */
  async #handOver(handOver: HandOver): Promise<void> {
    try {
      this.#makeRoom();
      await this.#openLive();
      this.#live?.events.once('firstpacket', () => {
        handOver.begun(performance.now());
        this.#replay?.pump(performance.now());
      });
      await this.#live?.resume();
      handOver.opened();
    } catch {
      // The track or its worker is going; if it is not, the next attempt will do.
      this.#live?.close();
      this.#live = undefined;
      handOver.failed(performance.now());
    }
  }

  async #openLive(): Promise<void> {
    const live = await this.#parts.openLive();
    if (this.#closed) {
      live.close();
      return;
    }
    this.#live = live;
    live.events.on('layerschange', (layers) => this.events.emit('layerschange', layers));
    live.events.on('struggle', () => this.events.emit('struggle'));
    if (this.#wanted !== undefined) await live.setLayers(this.#wanted);
  }

  /** The consumer from which the viewer has its pictures. */
  get #sending(): ConsumerTrack {
    return this.#replay === undefined ? (this.#live ?? this.#first) : this.#first;
  }

  #over(outcome: JoinOutcome): void {
    this.#replay = undefined;
    this.#requests?.[Symbol.dispose]();
    this.#parts.feed.desk.report(outcome);
    this.#linger = setTimeout(() => {
      this.#closeInjected();
    }, lingerMs);
  }

  #closeInjected(): void {
    this.#isLeft = true;
    this.#parts.injected.close();
    this.#path[Symbol.dispose]();
  }
}
