import type { Producer, Router } from 'mediasoup/types';
import type { ProducerTrace } from '../producer-trace.ts';
import { RtpSocket } from '../rtp-socket.ts';
import type { TrackTap } from '../track-tap.ts';
import { GopCache, type PlacedPacket } from './gop-cache.ts';
import { InOrder } from './in-order.ts';
import type { WatchPlace } from './injected-consumer.ts';
import type { JoinDesk } from './join-desk.ts';
import type { GopCodec } from './key-frame.ts';
import type { ClockMapping } from './sender-report.ts';

/** Who gets every packet of one encoding as it comes. */
export interface Follower {
  packet(placed: PlacedPacket): void;
  /** The publisher's clock was heard. */
  clock(mapping: ClockMapping): void;
  /** Nothing will come any more. */
  ended(): void;
}

/** What a {@link GopFeed} is made from. */
export interface GopFeedSource {
  readonly producer: Producer;
  readonly tap: TrackTap;
  readonly trace: ProducerTrace;
  readonly codec: GopCodec;
  readonly desk: JoinDesk;
  /** Whether GOPs are kept for newcomers; else it is there for its followers, and ends with them. */
  readonly isKept: boolean;
}

/** From how many reports on mediasoup maps a publisher's clock to its own; before, it takes the time of arrival. */
const enoughReports = 3;

/** Reads a track for those who join it: keeps the present GOP of its encodings, and passes packets on to who follows one. */
export class GopFeed implements Disposable {
  readonly codec: GopCodec;
  readonly desk: JoinDesk;
  /** In Hz. */
  readonly clockRate: number;
  readonly #producer: Producer;
  readonly #held = new DisposableStack();
  readonly #caches = new Map<number, GopCache>();
  readonly #clocks = new Map<number, { readonly mapping: ClockMapping; readonly reports: number }>();
  readonly #ordered = new Map<number, { readonly packets: InOrder; users: number }>();
  readonly #injectors = new Map<Router, Promise<RtpSocket>>();
  /** Replaced, not changed: it is read with every packet. */
  #followers: readonly { readonly follower: Follower; readonly encoding: number }[] = [];
  #users = 0;
  #isKept: boolean;

  constructor({ producer, tap, trace, codec, desk, isKept }: GopFeedSource) {
    this.#isKept = isKept;
    this.codec = codec;
    this.desk = desk;
    this.clockRate = producer.rtpParameters.codecs[0]?.clockRate ?? 90_000; // read once: mediasoup copies all of it each time
    this.#producer = producer;
    this.#held.use(desk.weigh(this));
    this.#held.use(
      trace.listenToClock((ssrc, mapping) => {
        this.#hear(ssrc, mapping);
      }),
    );
    this.#held.use(
      tap.read({
        packet: (packet, encoding) => {
          this.#onPacket(packet, encoding);
        },
        closed: () => {
          this[Symbol.dispose]();
        },
      }),
    );
  }

  /** Size of what is held, in bytes. */
  get bytes(): number {
    return [...this.#caches.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Whether the encodings of the track are layers to choose from. */
  get hasLayers(): boolean {
    return this.#producer.type === 'simulcast';
  }

  /** The largest encoding that arrives: what a viewer gets of whose network nothing is known yet. */
  get encoding(): number {
    return Math.max(0, ...(this.#producer.score ?? []).filter(({ score }) => score > 0).map(({ encodingIdx }) => encodingIdx));
  }

  /** Whether {@link gop} has something to give. */
  hasGop(encoding: number): boolean {
    return this.#isKept && this.#caches.get(encoding)?.hasGop(performance.now()) === true;
  }

  /** What a newcomer needs to see the present picture of an encoding; undefined when there is nothing to give. */
  gop(encoding: number): readonly PlacedPacket[] | undefined {
    return this.#isKept ? this.#caches.get(encoding)?.gop(performance.now()) : undefined;
  }

  /** What an encoding takes, in bit/s; 0 while that is not known. */
  rate(encoding: number): number {
    return this.#caches.get(encoding)?.rate ?? 0;
  }

  /** The publisher's clock; undefined before mediasoup itself goes by it. */
  clock(encoding: number): ClockMapping | undefined {
    const clock = this.#clocks.get(encoding);
    return clock !== undefined && clock.reports >= enoughReports ? clock.mapping : undefined;
  }

  /** What the publisher said last of its clock; undefined before it has said anything. */
  lastReport(encoding: number): ClockMapping | undefined {
    return this.#clocks.get(encoding)?.mapping;
  }

  #hear(ssrc: number, mapping: ClockMapping): void {
    const encoding = this.#producer.score?.find((score) => score.ssrc === ssrc)?.encodingIdx ?? 0;
    this.#clocks.set(encoding, { mapping, reports: (this.#clocks.get(encoding)?.reports ?? 0) + 1 });
    for (const one of this.#followers) if (one.encoding === encoding) one.follower.clock(mapping);
  }

  /** Passes an encoding on until the result is disposed of. */
  follow(encoding: number, follower: Follower): Disposable {
    const following = { follower, encoding };
    this.#followers = [...this.#followers, following];
    const used = this.use();
    return {
      [Symbol.dispose]: () => {
        this.#followers = this.#followers.filter((one) => one !== following);
        used[Symbol.dispose]();
      },
    };
  }

  /**
   * Passes an encoding on in the order in which it was sent, until the result is disposed of: whoever changes over from one of its followers to
   * another must not miss what came late of before, nor of the key frame at which it changes over.
   */
  order(encoding: number): Disposable {
    const order = this.#ordered.get(encoding) ?? { packets: new InOrder(), users: 0 };
    this.#ordered.set(encoding, order);
    order.users += 1;
    const used = new DisposableStack(); // disposes once
    used.defer(() => {
      order.users -= 1;
      if (order.users > 0) return;
      this.#ordered.delete(encoding);
      this.#pass(order.packets.flush(), encoding);
    });
    return used;
  }

  /** Keeps the feed and its injectors, but no GOP, through {@link retire}, until the result is disposed of. */
  use(): Disposable {
    this.#users += 1;
    const used = new DisposableStack(); // disposes once
    used.defer(() => {
      this.#users -= 1;
      this.#endWhenUnused();
    });
    return used;
  }

  /** Takes packets of this track to a router where it is watched; closes with either. Rejects when the router is gone. */
  async injector({ router, listenInfo }: WatchPlace): Promise<RtpSocket> {
    const known = this.#injectors.get(router);
    if (known !== undefined) return known;
    const opening = RtpSocket.open(router, listenInfo);
    this.#injectors.set(router, opening);
    const forget = (): void => {
      if (this.#injectors.get(router) === opening) this.#injectors.delete(router);
    };
    const watch = (socket: RtpSocket): void => {
      socket.transport.observer.once('close', forget);
      if (this.#held.disposed) socket.close();
    };
    opening.then(watch, forget);
    return opening;
  }

  /** Keeps nothing for newcomers any more; who uses it is served to the end. */
  retire(): void {
    this.#isKept = false;
    this.#caches.clear();
    this.#endWhenUnused();
  }

  [Symbol.dispose](): void {
    if (this.#held.disposed) return;
    this.#held.dispose();
    this.#isKept = false;
    this.#caches.clear();
    const followers = this.#followers;
    this.#followers = [];
    for (const { follower } of followers) follower.ended();
    for (const opening of this.#injectors.values()) opening.then((socket) => socket.close()).catch(() => undefined); // it never opened
  }

  #endWhenUnused(): void {
    if (!this.#isKept && this.#users === 0) this[Symbol.dispose]();
  }

  #onPacket(packet: Buffer, encoding: number): void {
    const nowMs = performance.now();
    const placed = this.#cache(encoding).push(packet, nowMs);
    if (placed !== undefined) this.#pass(this.#ordered.get(encoding)?.packets.push(placed, nowMs) ?? [placed], encoding);
  }

  #pass(packets: readonly PlacedPacket[], encoding: number): void {
    for (const placed of packets) {
      for (const one of this.#followers) if (one.encoding === encoding) one.follower.packet(placed);
    }
  }

  #cache(encoding: number): GopCache {
    const known = this.#caches.get(encoding);
    if (known !== undefined) return known;
    const cache = new GopCache(this.codec);
    this.#caches.set(encoding, cache);
    return cache;
  }
}
