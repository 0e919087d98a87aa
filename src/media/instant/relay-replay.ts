import type { JoinOutcome } from '../engine.ts';
import type { Offsets } from './continuity.ts';
import type { PlacedPacket } from './gop-cache.ts';
import type { Follower, GopFeed } from './gop-feed.ts';
import { newsWithinMs } from './hand-over.ts';
import { injectedPayloadType } from './injected-consumer.ts';
import { Injection, type PacketSink } from './injection.ts';
import type { Pumped } from './join-desk.ts';
import { RepeatLimit } from './repeat-limit.ts';

/** An encoding of a relay beside its live one, on which one replay at a time is sent. */
export interface Channel {
  /** Its place among the encodings. */
  readonly encoding: number;
  readonly ssrc: number;
  /** Where its sequence numbers go on. */
  next: number;
}

/** The relay that replays are sent on. */
export interface ReplayingRelay extends PacketSink {
  /** The encoding that everybody is on who has caught up. */
  readonly live: number;
  /** Whether mediasoup lets players change to the live encoding. */
  readonly isReady: boolean;
  /** What packets of the present source are moved by; undefined before its first one. */
  readonly offsets: Offsets | undefined;
}

/** A player that is shown a {@link RelayReplay}. */
export interface ReplayViewer {
  /** Has mediasoup send the player an encoding from its next key frame on. */
  prefer(encoding: number): void;
  /** Nothing more will be shown: it is to leave. */
  over(outcome: JoinOutcome): void;
}

/** What a {@link RelayReplay} is made from. */
export interface RelayReplayParts {
  readonly relay: ReplayingRelay;
  readonly channel: Channel;
  readonly feed: GopFeed;
  /** Until when others may join, on the clock of `performance.now()`. */
  readonly opensUntilMs: number;
  /** The channel is free again. */
  readonly over: () => void;
}

/**
 * The present GOP of a track on a channel of a relay, and what comes behind it, for the players that came together, until they have changed over to
 * the live encoding. It begins when no more may join, and everybody who did can be sent it.
 */
export class RelayReplay implements Follower, Pumped {
  readonly #parts: RelayReplayParts;
  readonly #held = new DisposableStack();
  readonly #repeats = new RepeatLimit();
  readonly #viewers = new Set<ReplayViewer>();
  /** Those of them to whom mediasoup does not forward yet. */
  readonly #awaited = new Set<ReplayViewer>();
  #injection: Injection | undefined;
  #isChanging = false;
  /** When the key frame came with which players should change over; undefined: none has, or they did not. */
  #heldSinceMs: number | undefined;
  #isOverdue = false;

  /** Takes a place at the desk, which must have room. Somebody must join, or it stays for ever. */
  constructor(parts: RelayReplayParts) {
    const { channel, feed, over } = parts;
    this.#parts = parts;
    this.#held.defer(() => {
      channel.next = Math.max(channel.next, (this.#injection?.highest ?? 0) + 1);
      over();
    });
    this.#held.use(feed.desk.take());
    this.#held.use(feed.desk.keepPumping(this));
  }

  /** The encoding on which it is sent. */
  get encoding(): number {
    return this.#parts.channel.encoding;
  }

  /** Whether a player of this track may still join; not to be asked once it has ended. */
  admits(feed: GopFeed, nowMs: number): boolean {
    return feed === this.#parts.feed && nowMs < this.#parts.opensUntilMs;
  }

  /** The player is to prefer the {@link encoding}, and then be {@link ready}. */
  join(viewer: ReplayViewer): void {
    this.#viewers.add(viewer);
    this.#awaited.add(viewer);
  }

  /** What is sent from now on will reach this player. */
  ready(viewer: ReplayViewer): void {
    if (this.#awaited.delete(viewer)) this.pump(performance.now());
  }

  /** The player has changed over, or is gone, or everything is over. With the last one the replay ends. */
  leave(viewer: ReplayViewer): void {
    this.#awaited.delete(viewer);
    if (this.#viewers.delete(viewer) && this.#viewers.size === 0) this.#held.dispose();
  }

  /** A player asks for a key frame: it has lost the one that it was sent, and the publisher sends none before its time. */
  repeat(): void {
    const { feed } = this.#parts;
    const nowMs = performance.now();
    const gop = feed.gop(feed.encoding);
    if (this.#injection === undefined || gop === undefined || !this.#repeats.admits(nowMs)) return;
    this.#injection.repeat(gop, nowMs);
    this.pump(nowMs);
  }

  packet(placed: PlacedPacket): void {
    const injection = this.#injection;
    if (injection === undefined) return;
    const { isRepeating } = injection;
    // The relay has sent this packet already: with a key frame the players have changed over, as we will hear.
    if (this.#isChanging && placed.beginsGop) this.#heldSinceMs = performance.now();
    injection.push(placed);
    // Once a player may change over, nothing of before must come later.
    if (this.#isChanging && !isRepeating && this.#heldSinceMs === undefined) injection.flush();
  }

  clock(): void {
    // The relay tells it.
  }

  /** The publisher is gone: with its successor the players are on the live encoding. */
  ended(): void {
    this.#changeOver();
    for (const viewer of [...this.#viewers]) viewer.over('ended');
  }

  pump(nowMs: number): void {
    const injection = this.#injection ?? this.#begin(nowMs);
    if (injection === undefined || this.#isHeld(nowMs)) return;
    injection.pump(nowMs);
    if (injection.isLive && this.#parts.relay.isReady) this.#changeOver();
  }

  #begin(nowMs: number): Injection | undefined {
    const { relay, channel, feed, opensUntilMs } = this.#parts;
    if (nowMs < opensUntilMs || this.#awaited.size > 0) return undefined;
    const { offsets } = relay;
    const gop = feed.gop(feed.encoding);
    if (gop === undefined || offsets === undefined) {
      this.ended(); // the publisher has gone meanwhile
      return undefined;
    }
    const sequence = channel.next - (gop[0]?.sequence ?? 0);
    const target = { sink: relay, codec: feed.codec, ssrc: channel.ssrc, payloadType: injectedPayloadType, clockRate: feed.clockRate };
    this.#injection = new Injection({ ...target, offsets: { sequence, timestamp: offsets.timestamp } }, gop, nowMs);
    this.#held.use(feed.follow(feed.encoding, this));
    return this.#injection;
  }

  /**
   * Whether packets are held back for the news that the players have changed over. Those of whom it does not come are sent the key frame by us, and
   * shall change over with the next: mediasoup forgets a wish that it got before it knew the clock of the live encoding well enough.
   */
  #isHeld(nowMs: number): boolean {
    if (this.#heldSinceMs === undefined) return false;
    const wasOverdue = this.#isOverdue;
    this.#isOverdue = nowMs - this.#heldSinceMs >= newsWithinMs;
    if (!this.#isOverdue || !wasOverdue) return true; // if we stood still, the news is read before we look again
    this.#isOverdue = false;
    this.#heldSinceMs = undefined;
    for (const viewer of this.#viewers) {
      viewer.prefer(this.encoding);
      viewer.prefer(this.#parts.relay.live);
    }
    return false;
  }

  /** From the next key frame on the players get what the relay sends to all. */
  #changeOver(): void {
    if (this.#isChanging) return;
    this.#isChanging = true;
    const { relay, feed } = this.#parts;
    // mediasoup changes over with the first packet of a key frame that comes, and drops what comes later of before it, and what came earlier of
    // the key frame itself, but for 30 packets.
    if (this.#injection !== undefined) this.#held.use(feed.order(feed.encoding));
    for (const viewer of this.#viewers) viewer.prefer(relay.live);
  }
}
