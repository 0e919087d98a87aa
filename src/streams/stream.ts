import type { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import type { StreamMedia } from '../media/engine.ts';
import { refuseAborted } from './aborted.ts';
import { Audience } from './audience.ts';
import { ChangeSignal, type WaitLimits } from './change-signal.ts';
import { type Claim, NameClaims } from './name-claims.ts';
import type { LiveTrack, PublishSession } from './publish-session.ts';
import type { RegistryEvents } from './registry-events.ts';
import type { StreamId } from './stream-id.ts';
import type { StreamPolicy } from './stream-policy.ts';
import type { SubscribeSession } from './subscribe-session.ts';

/** One named programme: who publishes, who watches, whether it is live. Lives from its first claim to the end of its grace time. */
export class Stream {
  readonly id: StreamId;
  readonly policy: StreamPolicy;
  readonly media: StreamMedia;
  readonly #log: Logger;
  readonly #observer: EventEmitter<RegistryEvents>;
  readonly #onEnded: () => void;
  readonly #changes = new ChangeSignal();
  readonly #audience = new Audience();
  readonly #claims: NameClaims;
  #publisher: { readonly claim: Claim; readonly session: PublishSession } | undefined;
  #tracks: readonly LiveTrack[] | undefined;
  #since = new Date();
  #grace: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(
    id: StreamId,
    policy: StreamPolicy,
    {
      media,
      logger,
      observer,
      onEnded,
    }: {
      readonly media: StreamMedia;
      readonly logger: Logger;
      readonly observer: EventEmitter<RegistryEvents>;
      readonly onEnded: () => void;
    },
  ) {
    this.id = id;
    this.policy = policy;
    this.#claims = new NameClaims(policy);
    this.media = media;
    this.#log = logger.child({ streamId: id });
    this.#observer = observer;
    this.#onEnded = onEnded;
  }

  /** The present publisher's tracks; undefined while the stream is not live. */
  get tracks(): readonly LiveTrack[] | undefined {
    return this.#tracks;
  }

  /** When it went live, or began to wait. */
  get since(): Date {
    return this.#since;
  }

  /** Who publishes now; from the answer on, whether connected or not. */
  get publisher(): PublishSession | undefined {
    return this.#publisher?.session;
  }

  get subscriberCount(): number {
    return this.#audience.size;
  }

  /** Until when the present publisher keeps the name; undefined when it is not contested. */
  get contestedUntil(): Date | undefined {
    return this.#publisher === undefined ? undefined : this.#claims.contestedUntil;
  }

  /**
   * Claims the name for a newcomer, before anything is awaited for it. Give it back with {@link release}, whatever happens.
   *
   * Throws `ERR_STREAM_TAKEN` (policy `reject`) and `ERR_STREAM_CONTESTED`.
   */
  claim(): Claim {
    return this.#claims.take({ isPublished: this.#publisher !== undefined });
  }

  /**
   * Makes `session` the publisher; the one before is ended only now, when the newcomer's answer is ready.
   *
   * Throws `ERR_STREAM_TAKEN` when a later claim was quicker, and `ERR_STREAM_CONTESTED`.
   */
  commit(claim: Claim, session: PublishSession): void {
    const previous = this.#publisher;
    if (previous !== undefined) this.#claims.refuseContested();
    if (this.#ended || (previous !== undefined && previous.claim.order > claim.order)) {
      throw new GatewayError('ERR_STREAM_TAKEN', 'Another publisher has taken this stream meanwhile.', { retryAfterSeconds: 2 });
    }
    this.#publisher = { claim, session };
    session.watched(this.#audience.size > 0);
    clearTimeout(this.#grace);
    this.#setTracks(undefined);
    if (previous !== undefined) {
      this.#countTakeover();
      previous.session.close('replaced');
    }
    void this.#awaitLive(session).catch((error: unknown) => {
      if (session.closed) return;
      this.#log.warn({ sessionId: session.id, err: error }, 'publisher cannot be received');
      session.close('failed');
    });
  }

  /** Gives a claim back, committed or not. */
  release(claim: Claim): void {
    this.#claims.release(claim);
    this.#endWhenUnused();
  }

  /** A publisher has closed. Viewers stay for the grace time. */
  publisherClosed(session: PublishSession): void {
    if (this.#publisher?.session !== session) return;
    this.#publisher = undefined;
    this.#setTracks(undefined);
    clearTimeout(this.#grace);
    this.#grace = setTimeout(() => {
      this.#grace = undefined;
      if (this.#publisher === undefined && !this.#claims.arePending) this.end();
    }, this.policy.graceMs);
  }

  /** A viewer is about to come. Tell it before its tracks are consumed: from now on there is somebody to keep the present picture for. */
  expectSubscriber(): void {
    this.#publisher?.session.watched(this.#audience.size > 0);
  }

  /** A viewer has come; it gets the present tracks, should they have changed while it was being opened. Throws `ERR_STREAM_NOT_LIVE`. */
  addSubscriber(session: SubscribeSession): void {
    if (this.#ended) throw notLive();
    this.#audience.add(session);
    this.#publisher?.session.watched(true);
    if (this.#tracks !== undefined) session.follow(this.#tracks);
  }

  removeSubscriber(session: SubscribeSession): void {
    this.#audience.remove(session);
    this.#publisher?.session.watched(this.#audience.size > 0);
  }

  /**
   * Lets `open` make something of the tracks of the live stream; waits up to `timeoutMs` for a publisher that is about to send, or may come back.
   * Should that fail because the publisher changes just then, it is made of the next one's tracks.
   *
   * Throws `ERR_STREAM_NOT_LIVE`, `ERR_REQUEST_ABORTED`, and what `open` throws.
   */
  async serve<T>(limits: WaitLimits, open: (tracks: readonly LiveTrack[]) => Promise<T>): Promise<T> {
    const tracks = await this.#whenLive(limits);
    refuseAborted(limits.signal);
    try {
      return await open(tracks);
    } catch (error) {
      if (limits.signal.aborted || this.#ended || this.#tracks === tracks) throw error;
      return this.serve(limits, open);
    }
  }

  /** Ends the stream and everybody on it. Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#grace);
    this.#setTracks(undefined);
    // Viewers first: what they were sent is not known any more once its source is gone.
    this.#audience.forEach((session) => {
      session.close('stream-ended');
    });
    this.#publisher?.session.close('stream-ended');
    this.#audience.close();
    this.media.close();
    this.#changes.emit();
    this.#onEnded();
    this.#observer.emit('ended', this.id);
  }

  async #awaitLive(session: PublishSession): Promise<void> {
    const tracks = await session.live();
    if (tracks === undefined || this.#publisher?.session !== session) return;
    this.#log.info({ sessionId: session.id, codecs: tracks.map(({ description }) => description.codec) }, 'stream live');
    this.#play(tracks);
    const corrected = await session.corrected(tracks);
    if (corrected !== undefined && this.#publisher?.session === session) this.#play(corrected);
  }

  #play(tracks: readonly LiveTrack[]): void {
    this.#setTracks(tracks);
    this.#audience.forEach((subscriber) => {
      subscriber.follow(tracks);
    });
  }

  #setTracks(tracks: readonly LiveTrack[] | undefined): void {
    const was = this.#tracks;
    this.#tracks = tracks;
    if (was === tracks) return;
    if (tracks === undefined)
      this.#audience.forEach((subscriber) => {
        subscriber.idle();
      });
    if (was === undefined || tracks === undefined) {
      this.#since = new Date();
      this.#observer.emit(tracks === undefined ? 'idle' : 'live', this.id);
    }
    if (tracks !== undefined) this.#observer.emit('tracks', this.id);
    this.#changes.emit();
  }

  async #whenLive(limits: WaitLimits): Promise<readonly LiveTrack[]> {
    await this.#changes.until(() => this.#tracks !== undefined || this.#ended, limits);
    if (this.#tracks === undefined) throw notLive();
    return this.#tracks;
  }

  #countTakeover(): void {
    this.#claims.countTakeover();
    const until = this.contestedUntil;
    if (until === undefined) return;
    this.#log.warn({ until }, 'stream contested: its present publisher keeps the name');
    this.#observer.emit('contested', this.id, { until });
  }

  /** A claim that failed on a fresh name leaves nothing behind. */
  #endWhenUnused(): void {
    if (this.#publisher === undefined && !this.#claims.arePending && this.#grace === undefined) this.end();
  }
}

/** No media now: 409 and try again in a second (conformance D08). */
export function notLive(): GatewayError {
  return new GatewayError('ERR_STREAM_NOT_LIVE', 'This stream is not live now; try again.', { retryAfterSeconds: 1 });
}
