import { randomInt } from 'node:crypto';
import type { Consumer, Producer } from 'mediasoup/types';
import { madeOn } from '../made-on.ts';
import { codecLabel, type RoutedCodec, routerCodecs } from '../router-codecs.ts';
import { asTimestamp } from '../rtp-header.ts';
import { RtpSocket } from '../rtp-socket.ts';
import { Continuity } from './continuity.ts';
import type { PlacedPacket } from './gop-cache.ts';
import { injectedPayloadType, type WatchPlace } from './injected-consumer.ts';
import type { ReplayingRelay } from './relay-replay.ts';
import { channelCount, RelayReplays } from './relay-replays.ts';
import type { RelaySource } from './relay-source.ts';
import { rewrittenParts } from './rtp-rewriter.ts';
import { type ClockMapping, ownClock, senderReport } from './sender-report.ts';

/** The encoding that everybody is on who has caught up. mediasoup prefers the lowest of those that may be had. */
const liveEncoding = 0;

const reportEveryMs = 1000;

/** Players' requests for key frames are passed on this often at most, in milliseconds. */
const requestEveryMs = 350;

const pictureLoss = { type: 'nack', parameter: 'pli' };

/** From how many reports on mediasoup knows the clock, without which it lets nobody change encodings. */
const enoughReports = 3;

/**
 * A track on one router, sent on by Node on a producer of ours that outlives the publisher, so that players whose answer named the SSRC keep it
 * across a publisher's return. One relay serves all of them: Node's cost is per track and router, not per player.
 *
 * It is a simulcast producer to mediasoup. Encoding 0 is the live track; newcomers are shown the present GOP on one of the others, and change to
 * encoding 0 at a key frame, with its SSRC, its sequence numbers and its timestamps going on. No encoding but 0 has sender reports: mediasoup
 * then leaves timestamps as they are.
 */
export class StayRelay implements ReplayingRelay {
  readonly producer: Producer;
  readonly codec: RoutedCodec;
  /** What newcomers are shown. */
  readonly replays: RelayReplays;
  readonly #socket: RtpSocket;
  readonly #liveSsrc: number;
  readonly #stream: Continuity;
  readonly #timer: NodeJS.Timeout;
  readonly #clockRate: number;
  #source: { readonly of: RelaySource; readonly reading: Disposable } | undefined;
  /** When a timestamp that was sent came, on our clock. */
  #clock: Pick<ClockMapping, 'timestamp' | 'arrivedMs'> | undefined;
  #hasPublisherClock = false;
  #reports = 0;
  readonly #sent = { packets: 0, octets: 0, afterReports: 0 };
  #users = 0;

  /** Opens a relay beside the players of a router. Rejects when the worker is gone; then nothing is left behind. */
  static async open({ router, profile, listenInfo }: WatchPlace, codec: RoutedCodec): Promise<StayRelay> {
    const socket = await RtpSocket.open(router, listenInfo);
    const { transport } = socket;
    try {
      const { kind, ...label } = codecLabel(codec);
      const ssrcs = Array.from({ length: kind === 'video' ? 1 + channelCount : 1 }, () => randomInt(1, 2 ** 32 - 1));
      // The router's numbers count at the very moment of produce(), so nothing may be awaited between these two.
      router.updateMediaCodecs(routerCodecs(profile, codec));
      const producing = transport.produce({
        kind,
        ...(kind === 'video' ? { keyFrameRequestDelay: requestEveryMs } : {}),
        rtpParameters: {
          codecs: [{ ...label, payloadType: injectedPayloadType, rtcpFeedback: kind === 'video' ? [pictureLoss] : [] }],
          encodings: ssrcs.map((ssrc) => ({ ssrc })),
          headerExtensions: [],
        },
      });
      const producer = await madeOn(transport, producing);
      return new StayRelay({ socket, producer, ssrcs, codec });
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  private constructor(parts: {
    readonly socket: RtpSocket;
    readonly producer: Producer;
    readonly ssrcs: readonly number[];
    readonly codec: RoutedCodec;
  }) {
    this.#socket = parts.socket;
    this.producer = parts.producer;
    this.codec = parts.codec;
    this.#clockRate = codecLabel(parts.codec).clockRate;
    this.#stream = new Continuity(this.#clockRate, parts.producer.kind === 'video');
    const [live = 0, ...others] = parts.ssrcs;
    this.#liveSsrc = live;
    this.replays = new RelayReplays(this, others);
    this.#timer = setInterval(() => {
      this.#report();
    }, reportEveryMs);
    this.#socket.events.on('rtcp', (packet) => {
      if (asksForKeyFrame(packet, this.#liveSsrc)) this.#source?.of.askForKeyFrame();
    });
    this.#socket.transport.observer.once('close', () => {
      this.#detach();
      clearInterval(this.#timer);
    });
  }

  get closed(): boolean {
    return this.#socket.closed;
  }

  /** What packets of the present source are moved by; undefined before its first one. */
  get offsets(): Continuity['offsets'] {
    return this.#stream.offsets;
  }

  /** Whether mediasoup lets players change to the live encoding: it was told its clock, and saw a packet after that. */
  get isReady(): boolean {
    return this.#sent.afterReports > 1;
  }

  /** Goes on with a source; does nothing when that is the present one. */
  attach(source: RelaySource): void {
    if (this.#source?.of === source || this.closed) return;
    this.#detach();
    this.#stream.begin();
    this.#hasPublisherClock = false;
    const reading = source.follow({
      packet: (placed) => {
        this.#pass(placed);
      },
      clock: ({ timestamp, arrivedMs }) => {
        this.#hear(timestamp, arrivedMs);
      },
      ended: () => {
        if (this.#source?.of === source) this.#source = undefined;
      },
    });
    this.#source = { of: source, reading };
    // A publisher that returns is known to be live only after its first key frame, and the next one is a GOP away.
    if (this.offsets === undefined) for (const placed of source.presentGop()) this.#pass(placed);
  }

  /** Lets `open` make a player's consumer, and counts it until it closes; with the last one the relay closes. */
  async consume(open: (producerId: string) => Promise<Consumer>): Promise<Consumer> {
    this.#users += 1;
    try {
      const consumer = await open(this.producer.id);
      consumer.observer.once('close', () => {
        this.#leave();
      });
      return consumer;
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  get hasRoom(): boolean {
    return this.#socket.hasRoom;
  }

  send(...parts: readonly Uint8Array[]): void {
    this.#socket.send(...parts);
  }

  /** The encoding that `consumer` has caught up with. */
  get live(): number {
    return liveEncoding;
  }

  #leave(): void {
    this.#users -= 1;
    if (this.#users === 0) this.#socket.close();
  }

  #detach(): void {
    this.#source?.reading[Symbol.dispose]();
    this.#source = undefined;
  }

  #pass(placed: PlacedPacket): void {
    const nowMs = performance.now();
    const place = this.#stream.place(placed, nowMs);
    if (place === undefined) return;
    const { sequence, timestamp } = place;
    const parts = rewrittenParts(placed.packet, { ssrc: this.#liveSsrc, payloadType: injectedPayloadType, sequence, timestamp });
    if (parts === undefined) return;
    if (!this.#hasPublisherClock) this.#clock = { timestamp, arrivedMs: nowMs };
    this.#socket.send(...parts);
    this.#sent.packets += 1;
    this.#sent.octets += parts[1].length;
    // Reports of an encoding that has not sent yet are not heard, and of several at once only the first counts.
    if (this.#reports < enoughReports) this.#report();
    else this.#sent.afterReports += 1;
  }

  /** The publisher's clock, as our own: picture and sound come by the same way, so they stay together. */
  #hear(timestamp: number, arrivedMs: number): void {
    if (this.offsets === undefined) return;
    this.#clock = { timestamp: asTimestamp(timestamp + this.offsets.timestamp), arrivedMs };
    this.#hasPublisherClock = true;
  }

  #report(): void {
    if (this.#clock === undefined || this.#source === undefined || this.closed) return;
    const { packets, octets } = this.#sent;
    this.send(
      senderReport(ownClock(this.#clock), { ssrc: this.#liveSsrc, packets, octets, clockRate: this.#clockRate }, performance.now()),
    );
    this.#reports += 1;
  }
}

/** Whether RTCP asks for a key frame of a stream (RFC 4585 §6.3.1). mediasoup sends such a request alone. */
function asksForKeyFrame(packet: Buffer, ssrc: number): boolean {
  return packet.length >= 12 && packet.readUInt8(1) === 206 && (packet.readUInt8(0) & 0x1f) === 1 && packet.readUInt32BE(8) === ssrc;
}
