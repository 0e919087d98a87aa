import { EventEmitter } from 'node:events';
import type { RtpParameters } from 'mediasoup/types';
import type { IncomingTrack, JoinOutcome, LayerIndices, OutgoingReport, OutgoingTrack, OutgoingTrackEvents } from '../engine.ts';
import { ConsumerTrack } from '../outgoing-track.ts';
import type { PlacedPacket } from './gop-cache.ts';
import type { Follower, GopFeed } from './gop-feed.ts';
import { HandOver } from './hand-over.ts';
import { type InjectedConsumer, injectedPayloadType } from './injected-consumer.ts';
import { Injection } from './injection.ts';
import type { Pumped } from './join-desk.ts';
import { RepeatLimit } from './repeat-limit.ts';
import type { ClockMapping } from './sender-report.ts';

/** How long the injected packets can still be asked for again after the hand-over, in milliseconds. */
const lingerMs = 400;

/** The encoding whose GOP a newcomer is shown: the largest that arrives, or a smaller one where the viewer shall get no more than that. */
export function replayedEncoding(largest: number, wanted: LayerIndices | undefined): number {
  return Math.min(largest, wanted?.spatialLayer ?? largest);
}

/** What a {@link SwappingTrack} is made from. */
export interface SwappingTrackParts {
  readonly feed: GopFeed;
  readonly injected: InjectedConsumer;
  /** Makes the viewer's consumer of the track itself. */
  readonly openLive: () => Promise<ConsumerTrack>;
}

/**
 * A track on its way to a viewer that follows a changed SSRC: first the present GOP on a producer of ours, at once, and from a later key frame
 * on the track itself, which then costs nothing in Node any more.
 */
export class SwappingTrack implements OutgoingTrack, Follower, Pumped {
  readonly kind = 'video';
  readonly events = new EventEmitter<OutgoingTrackEvents>();
  readonly rtpParameters: RtpParameters;
  readonly #parts: SwappingTrackParts;
  readonly #first: ConsumerTrack;
  readonly #injecting = new DisposableStack();
  readonly #repeats = new RepeatLimit();
  #injection: { readonly packets: Injection; readonly handOver: HandOver } | undefined;
  #live: ConsumerTrack | undefined;
  #wanted: LayerIndices | undefined;
  #linger: NodeJS.Timeout | undefined;
  #closed = false;
  /** We have closed the injected consumer ourselves. */
  #isLeft = false;

  constructor(parts: SwappingTrackParts) {
    this.#parts = parts;
    this.#first = new ConsumerTrack(parts.injected.consumer);
    this.rtpParameters = this.#first.rtpParameters;
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

  get currentLayers(): LayerIndices | undefined {
    return this.#live?.currentLayers;
  }

  get isEstimated(): boolean {
    return this.#sending.isEstimated;
  }

  /** Begins anew with the hand-over. */
  async report(): Promise<OutgoingReport> {
    return this.#sending.report();
  }

  /** Not before the hand-over: the replay must not be torn. */
  async drain(durationMs: number): Promise<void> {
    if (this.#sending === this.#live) await this.#live.drain(durationMs);
  }

  async resume(): Promise<void> {
    if (this.#closed) return;
    const { feed } = this.#parts;
    const encoding = replayedEncoding(feed.encoding, this.#wanted);
    const gop = feed.gop(encoding);
    if (gop !== undefined && feed.desk.hasRoom) {
      this.#injecting.use(
        this.#first.hearRequests(() => {
          this.#repeat(encoding);
        }),
      );
      // A worker takes one request after the other, so the packets may go at once.
      const resumed = this.#first.resume();
      this.#start(encoding, gop);
      return resumed;
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
    await this.#live?.setLayers(layers);
  }

  carryOn(_track: IncomingTrack): boolean {
    return false;
  }

  close(): void {
    this.#closed = true;
    this.#end('ended');
    clearTimeout(this.#linger);
    this.#closeInjected();
    this.#live?.close();
  }

  /** Sent with the desk's next turn: with fifty newcomers, a key frame that is sent to each of them at once would stop everything else. */
  packet(placed: PlacedPacket): void {
    const { packets, handOver } = this.#injection ?? {};
    if (packets === undefined || handOver === undefined) return;
    if (placed.beginsGop && handOver.keyFrame(performance.now()) && !packets.isRepeating) packets.flush();
    packets.push(placed);
  }

  clock(mapping: ClockMapping): void {
    this.#injection?.packets.tell(mapping, performance.now());
  }

  /** The track is gone: whoever sends it again consumes it anew. */
  ended(): void {
    this.#end('ended');
  }

  pump(nowMs: number): void {
    if (this.#injection === undefined) return;
    const { packets, handOver } = this.#injection;
    const decision = handOver.decide(nowMs);
    if (decision === 'stop') this.#end('swapped');
    if (decision !== 'inject') return;
    packets.pump(nowMs);
    if (handOver.shouldOpen(packets.isLive, nowMs)) void this.#handOver(handOver);
  }

  #start(encoding: number, gop: readonly PlacedPacket[]): void {
    const { feed, injected } = this.#parts;
    const nowMs = performance.now();
    const target = { ...injected, codec: feed.codec, payloadType: injectedPayloadType, clockRate: feed.clockRate };
    const packets = new Injection(target, gop, nowMs);
    this.#injection = { packets, handOver: new HandOver(nowMs) };
    this.#injecting.use(feed.desk.take());
    this.#injecting.use(feed.follow(encoding, this));
    this.#injecting.use(feed.desk.keepPumping(this));
    this.pump(nowMs);
    const clock = feed.clock(encoding);
    // As often as mediasoup wants to hear it before it goes by it.
    if (clock !== undefined) for (let times = 0; times < 3; times += 1) packets.tell(clock, performance.now());
  }

  /** The viewer asks for a key frame: it has lost the one that it was sent, and the publisher sends none before its time. */
  #repeat(encoding: number): void {
    const nowMs = performance.now();
    const { packets, handOver } = this.#injection ?? {};
    const gop = this.#parts.feed.gop(encoding);
    if (packets === undefined || handOver?.decide(nowMs) !== 'inject' || gop === undefined || !this.#repeats.admits(nowMs)) return;
    packets.repeat(gop, nowMs);
    this.pump(nowMs);
  }

  /** Opens the viewer's consumer of the track, which begins with the next key frame by itself. */
  async #handOver(handOver: HandOver): Promise<void> {
    try {
      await this.#openLive();
      this.#live?.events.once('firstpacket', () => {
        handOver.begun(performance.now());
        this.pump(performance.now());
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
    return this.#injection === undefined ? (this.#live ?? this.#first) : this.#first;
  }

  #end(outcome: JoinOutcome): void {
    if (this.#injection === undefined) return;
    this.#injection = undefined;
    this.#injecting.dispose();
    this.#parts.feed.desk.report(outcome);
    this.#linger = setTimeout(() => {
      this.#closeInjected();
    }, lingerMs);
  }

  #closeInjected(): void {
    this.#isLeft = true;
    this.#parts.injected.close();
  }
}
