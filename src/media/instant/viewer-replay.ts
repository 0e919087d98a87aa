import type { JoinOutcome } from '../engine.ts';
import type { PlacedPacket } from './gop-cache.ts';
import type { Follower, GopFeed } from './gop-feed.ts';
import { HandOver } from './hand-over.ts';
import { type InjectedConsumer, injectedPayloadType } from './injected-consumer.ts';
import { Injection } from './injection.ts';
import type { Pumped } from './join-desk.ts';
import { laterReplayRate } from './pacer.ts';
import { RepeatLimit } from './repeat-limit.ts';
import type { ClockMapping } from './sender-report.ts';

/** What a {@link ViewerReplay} is made from. */
export interface ViewerReplayParts {
  readonly feed: GopFeed;
  readonly injected: InjectedConsumer;
  /** Whether mediasoup estimates the bandwidth of the viewer's network, from its player's feedback. */
  readonly isEstimated: boolean;
  /** The viewer has caught up: its consumer of the track itself is to be opened, and {@link ViewerReplay.handOver} to be told. */
  readonly caughtUp: (handOver: HandOver) => void;
  /** Nothing is injected any more; not called for a replay that is disposed of. */
  readonly over: (outcome: JoinOutcome) => void;
}

/** The present GOP of an encoding on its way to one viewer, and what comes behind it, until the track itself takes over. */
export class ViewerReplay implements Follower, Pumped, Disposable {
  readonly #parts: ViewerReplayParts;
  readonly #held = new DisposableStack();
  readonly #handOver: HandOver;
  readonly #packets: Injection;
  readonly #repeats = new RepeatLimit();
  #encoding: number;
  #following: Disposable;
  /** Nothing is injected before. */
  #notBeforeMs = 0;
  /** Requests that the worker must have answered before more is injected: packets reach it by another way. */
  #requests = 0;
  #isClockTold = false;

  /** Takes a place at the desk, which must have room. `gop` is that of the encoding; the consumer must not be paused. */
  constructor(parts: ViewerReplayParts, encoding: number, gop: readonly PlacedPacket[]) {
    const { feed, injected } = parts;
    const nowMs = performance.now();
    this.#parts = parts;
    this.#handOver = new HandOver(nowMs, { isGuessed: feed.hasLayers && !parts.isEstimated });
    this.#encoding = encoding;
    this.#packets = new Injection(
      { ...injected, codec: feed.codec, payloadType: injectedPayloadType, clockRate: feed.clockRate },
      gop,
      nowMs,
    );
    this.#held.use(feed.desk.take());
    this.#following = feed.follow(encoding, this);
    this.#held.use(feed.desk.keepPumping(this));
  }

  /** The encoding that is shown. */
  get encoding(): number {
    return this.#encoding;
  }

  /**
   * Goes on with the GOP of another encoding, if there is one; else the viewer gets that encoding with the hand-over. What was lost of the one
   * before is not sent again: it would fill the path of a viewer that was sent too much.
   *
   * `estimate`: what the viewer's network was found to carry, in bit/s; undefined: nothing is known.
   */
  change(encoding: number, estimate: number | undefined): void {
    const { feed, injected } = this.#parts;
    const nowMs = performance.now();
    const gop = encoding === this.#encoding || this.#handOver.decide(nowMs) !== 'inject' ? undefined : feed.gop(encoding);
    if (gop === undefined) return;
    this.#encoding = encoding;
    void this.#holdFor(injected.forget());
    this.#packets.change(gop, laterReplayRate(feed.rate(encoding), estimate), nowMs);
    this.#following[Symbol.dispose]();
    this.#following = feed.follow(encoding, this);
    this.#isClockTold = false;
  }

  /** The viewer asks for a key frame: it has lost the one that it was sent, and the publisher sends none before its time. */
  repeat(): void {
    const nowMs = performance.now();
    const gop = this.#parts.feed.gop(this.#encoding);
    if (this.#handOver.decide(nowMs) !== 'inject' || gop === undefined || !this.#repeats.admits(nowMs)) return;
    this.#packets.repeat(gop, nowMs);
    this.pump(nowMs);
  }

  /** Sends nothing for so long, and then goes on where it was. */
  wait(durationMs: number): void {
    this.#notBeforeMs = performance.now() + durationMs;
  }

  /** Sent with the desk's next turn: with fifty newcomers, a key frame that is sent to each of them at once would stop everything else. */
  packet(placed: PlacedPacket): void {
    const isHandedOver = placed.beginsGop && this.#handOver.keyFrame(performance.now());
    if (isHandedOver && !this.#packets.isRepeating) this.#packets.flush();
    this.#packets.push(placed);
  }

  clock(mapping: ClockMapping): void {
    this.#packets.tell(mapping, performance.now());
  }

  /** The track is gone: whoever sends it again consumes it anew. */
  ended(): void {
    this.#end('ended');
  }

  pump(nowMs: number): void {
    const decision = this.#handOver.decide(nowMs);
    if (decision === 'stop') this.#end('swapped');
    if (decision !== 'inject' || nowMs < this.#notBeforeMs || this.#requests > 0) return;
    this.#packets.pump(nowMs);
    if (!this.#isClockTold && this.#packets.hasBegun) this.#tellClock(); // mediasoup hears no clock before the first packet
    if (this.#handOver.shouldOpen(this.#packets.isLive, nowMs)) this.#parts.caughtUp(this.#handOver);
  }

  /** Idempotent. */
  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
    this.#held.dispose();
  }

  async #holdFor(request: Promise<void>): Promise<void> {
    this.#requests += 1;
    await request;
    this.#requests -= 1;
  }

  #end(outcome: JoinOutcome): void {
    if (this.#held.disposed) return;
    this[Symbol.dispose]();
    this.#parts.over(outcome);
  }

  #tellClock(): void {
    this.#isClockTold = true;
    const clock = this.#parts.feed.clock(this.#encoding);
    // As often as mediasoup wants to hear it before it goes by it.
    if (clock !== undefined) for (let times = 0; times < 3; times += 1) this.#packets.tell(clock, performance.now());
  }
}
