import { EventEmitter } from 'node:events';
import type { Consumer, RtpParameters } from 'mediasoup/types';
import type { JoinOutcome } from '../engine.ts';
import type { IncomingTrack, LayerIndices, OutgoingReport, OutgoingTrack, OutgoingTrackEvents } from '../track.ts';
import { ConsumerTrack } from '../outgoing-track.ts';
import type { GopFeed } from './gop-feed.ts';
import type { RelayReplay, ReplayViewer } from './relay-replay.ts';
import type { StayRelay } from './stay-relay.ts';

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
export class StayingTrack implements OutgoingTrack, ReplayViewer {
  readonly events = new EventEmitter<OutgoingTrackEvents>();
  readonly #parts: StayingTrackParts;
  readonly #track: ConsumerTrack;
  /** What the player is shown until it has changed over to what the relay sends to all. */
  #joining: { readonly replay: RelayReplay; readonly requests: Disposable } | undefined;

  constructor(parts: StayingTrackParts) {
    this.#parts = parts;
    this.#track = new ConsumerTrack(parts.consumer, { hasLayers: false });
    this.#track.events.on('firstpacket', () => this.events.emit('firstpacket'));
    this.#track.events.on('struggle', () => this.events.emit('struggle'));
    parts.consumer.on('layerschange', (layers) => {
      if (layers?.spatialLayer === parts.relay.live) this.over('stayed');
    });
    parts.consumer.observer.once('close', () => {
      this.over('ended');
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
    if (this.#joining === undefined) await this.#track.drain(durationMs);
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
    const replay = this.#join();
    try {
      // Packets and requests reach the worker by different ways: it must know the encoding before it chooses one, and forward before the GOP comes.
      await consumer.setPreferredLayers({ spatialLayer: replay?.encoding ?? relay.live });
      await this.#track.resume();
    } catch (error) {
      if (!consumer.closed) throw error;
    }
    replay?.ready(this);
  }

  close(): void {
    this.#track.close();
  }

  prefer(spatialLayer: number): void {
    const { consumer } = this.#parts;
    if (!consumer.closed) consumer.setPreferredLayers({ spatialLayer }).catch(() => undefined); // closed: the replay is left with it
  }

  over(outcome: JoinOutcome): void {
    const joining = this.#joining;
    if (joining === undefined) return;
    this.#joining = undefined;
    joining.requests[Symbol.dispose]();
    joining.replay.leave(this);
    this.#parts.feed?.desk.report(outcome);
  }

  /** A replay that the player is to be shown, where there is one. */
  #join(): RelayReplay | undefined {
    const { relay, feed } = this.#parts;
    if (feed === undefined) return undefined;
    const replay = relay.replays.join(feed, this);
    if (typeof replay === 'string') {
      feed.desk.report(replay);
      return undefined;
    }
    const requests = this.#track.hearRequests(() => {
      replay.repeat();
    });
    this.#joining = { replay, requests };
    return replay;
  }
}
