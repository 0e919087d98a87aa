import { EventEmitter } from 'node:events';
import type { Consumer, RtpParameters } from 'mediasoup/types';
import type { JoinOutcome } from '../engine.ts';
import type { IncomingTrack, LayerIndices, OutgoingReport, OutgoingTrack, OutgoingTrackEvents } from '../track.ts';
import { ConsumerTrack } from '../outgoing-track.ts';
import type { PlacedPacket } from './gop-cache.ts';
import type { Follower, GopFeed } from './gop-feed.ts';
import { newsWithinMs } from './hand-over.ts';
import { injectedPayloadType } from './injected-consumer.ts';
import { Injection } from './injection.ts';
import type { Pumped } from './join-desk.ts';
import { RepeatLimit } from './repeat-limit.ts';
import type { Channel, StayRelay } from './stay-relay.ts';

/** What a {@link StayingTrack} is made from. */
export interface StayingTrackParts {
  readonly relay: StayRelay;
  /** Of the relay's producer, paused. */
  readonly consumer: Consumer;
  /** What is kept of the track for newcomers; undefined for sound, and where nothing is. */
  readonly feed: GopFeed | undefined;
  /** Lets the relay go on with a track; false where it cannot. */
  readonly carryOn: (track: IncomingTrack) => boolean;
}

/** A track on its way to a player that keeps the SSRC that its answer named: from a relay, on which it is shown the present GOP first. */
export class StayingTrack implements OutgoingTrack, Follower, Pumped {
  readonly events = new EventEmitter<OutgoingTrackEvents>();
  readonly #parts: StayingTrackParts;
  readonly #track: ConsumerTrack;
  readonly #joining = new DisposableStack();
  readonly #repeats = new RepeatLimit();
  #injection: Injection | undefined;
  #isJoining = false;
  #isChanging = false;
  /** Its own, as long as it is joining. */
  #encoding = 0;
  /** When the key frame came with which the player should change over; undefined: none has, or it did not. */
  #heldSinceMs: number | undefined;
  #isOverdue = false;

  constructor(parts: StayingTrackParts) {
    this.#parts = parts;
    this.#track = new ConsumerTrack(parts.consumer, { hasLayers: false });
    this.#track.events.on('firstpacket', () => this.events.emit('firstpacket'));
    this.#track.events.on('struggle', () => this.events.emit('struggle'));
    parts.consumer.on('layerschange', (layers) => {
      if (layers?.spatialLayer === parts.relay.live) this.#end('stayed');
    });
    parts.consumer.observer.once('close', () => {
      this.#end('ended');
    });
  }

  get id(): string {
    return this.#track.id;
  }

  get kind(): 'audio' | 'video' {
    return this.#track.kind;
  }

  get rtpParameters(): RtpParameters {
    return this.#track.rtpParameters;
  }

  get currentLayers(): LayerIndices | undefined {
    return undefined;
  }

  get isEstimated(): boolean {
    return this.#track.isEstimated;
  }

  async report(): Promise<OutgoingReport> {
    return this.#track.report();
  }

  async drain(durationMs: number): Promise<void> {
    if (!this.#isJoining) await this.#track.drain(durationMs);
  }

  async setLayers(_layers: LayerIndices): Promise<void> {
    // The publisher has none, or the track would not be relayed.
  }

  carryOn(track: IncomingTrack): boolean {
    return !this.#parts.consumer.closed && this.#parts.carryOn(track);
  }

  async resume(): Promise<void> {
    const { relay, consumer } = this.#parts;
    if (consumer.closed) return;
    if (consumer.kind === 'audio') return this.#track.resume();
    const channel = this.#takeChannel();
    if (channel !== undefined) relay.wake(channel);
    try {
      // Packets and requests reach the worker by different ways: it must know the encoding before it chooses one, and forward before the GOP comes.
      await consumer.setPreferredLayers({ spatialLayer: channel?.encoding ?? relay.live });
      await this.#track.resume();
    } catch (error) {
      if (!consumer.closed) throw error;
    }
    if (channel !== undefined && this.#isJoining) this.#start(channel);
  }

  close(): void {
    this.#track.close();
  }

  packet(placed: PlacedPacket): void {
    const injection = this.#injection;
    if (injection === undefined) return;
    const { isRepeating } = injection;
    const nowMs = performance.now();
    // The relay has sent this packet already: with a key frame the player has changed over, as we will hear.
    if (this.#isChanging && placed.beginsGop) this.#heldSinceMs = nowMs;
    injection.push(placed);
    // Once the player may change over, nothing of before must come later.
    if (this.#isChanging && !isRepeating && this.#heldSinceMs === undefined) injection.flush();
  }

  clock(): void {
    // The relay tells it.
  }

  /** The publisher is gone: with its successor the player is on the live encoding. */
  ended(): void {
    this.#changeOver();
    this.#end('ended');
  }

  pump(nowMs: number): void {
    const injection = this.#injection;
    if (injection === undefined || this.#isHeld(nowMs)) return;
    injection.pump(nowMs);
    if (injection.isLive && this.#parts.relay.isReady) this.#changeOver();
  }

  /**
   * Whether packets are held back for the news that the player has changed over. Without it the player is sent the key frame by us, and shall
   * change over with the next: mediasoup forgets a wish that it got before it knew the clock of the live encoding well enough.
   */
  #isHeld(nowMs: number): boolean {
    if (this.#heldSinceMs === undefined) return false;
    const wasOverdue = this.#isOverdue;
    this.#isOverdue = nowMs - this.#heldSinceMs >= newsWithinMs;
    if (!this.#isOverdue || !wasOverdue) return true; // if we stood still, the news is read before we look again
    this.#isOverdue = false;
    this.#heldSinceMs = undefined;
    this.#prefer(this.#encoding);
    this.#prefer(this.#parts.relay.live);
    return false;
  }

  #prefer(spatialLayer: number): void {
    const { consumer } = this.#parts;
    if (!consumer.closed) consumer.setPreferredLayers({ spatialLayer }).catch(() => undefined); // closed: the injection ends with it
  }

  /** From the next key frame on the player gets what the relay sends to all. */
  #changeOver(): void {
    const { relay, consumer, feed } = this.#parts;
    if (this.#isChanging || consumer.closed) return;
    this.#isChanging = true;
    // mediasoup changes over with the first packet of a key frame that comes, and drops what comes later of before it, and what came earlier of
    // the key frame itself, but for 30 packets.
    if (this.#injection !== undefined && feed !== undefined) this.#joining.use(feed.order(feed.encoding));
    this.#prefer(relay.live);
  }

  /** An encoding for this player alone, while there is a GOP to be shown and room for that. */
  #takeChannel(): Channel | undefined {
    const { relay, feed } = this.#parts;
    const hasGop = feed?.hasGop(feed.encoding) === true;
    const channel = hasGop && feed.desk.hasRoom && relay.offsets !== undefined ? relay.lease() : undefined;
    if (feed === undefined || channel === undefined) {
      feed?.desk.report(hasGop ? 'busy' : 'no-gop');
      return undefined;
    }
    this.#isJoining = true;
    this.#encoding = channel.encoding;
    this.#joining.defer(() => {
      relay.release(channel);
    });
    this.#joining.use(feed.desk.take());
    this.#joining.use(
      this.#track.hearRequests(() => {
        this.#repeat();
      }),
    );
    return channel;
  }

  #start(channel: Channel): void {
    const { relay, feed } = this.#parts;
    const { offsets } = relay;
    const gop = feed?.gop(feed.encoding);
    if (feed === undefined || gop === undefined || offsets === undefined) {
      this.#changeOver(); // the publisher has gone meanwhile
      this.#end('ended');
      return;
    }
    const nowMs = performance.now();
    const sequence = channel.next - (gop[0]?.sequence ?? 0);
    const target = { sink: relay, codec: feed.codec, ssrc: channel.ssrc, payloadType: injectedPayloadType, clockRate: feed.clockRate };
    const injection = new Injection({ ...target, offsets: { sequence, timestamp: offsets.timestamp } }, gop, nowMs);
    this.#injection = injection;
    this.#joining.defer(() => {
      channel.next = Math.max(channel.next, injection.highest + 1);
    });
    this.#joining.use(feed.follow(feed.encoding, this));
    this.#joining.use(feed.desk.keepPumping(this));
    this.pump(nowMs);
  }

  /** The player asks for a key frame: it has lost the one that it was sent, and the publisher sends none before its time. */
  #repeat(): void {
    const { feed } = this.#parts;
    const nowMs = performance.now();
    const gop = feed?.gop(feed.encoding);
    if (this.#injection === undefined || gop === undefined || !this.#repeats.admits(nowMs)) return;
    this.#injection.repeat(gop, nowMs);
    this.pump(nowMs);
  }

  #end(outcome: JoinOutcome): void {
    if (!this.#isJoining) return;
    this.#isJoining = false;
    this.#injection = undefined;
    this.#joining.dispose();
    this.#parts.feed?.desk.report(outcome);
  }
}
