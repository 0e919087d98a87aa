import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import type { MediaEngine } from '../media/engine.ts';
import type { TransportTotals } from '../media/transport.ts';
import type { Offer } from '../sdp/model.ts';
import { type OfferBounds, parseOffer } from '../sdp/offer.ts';
import { planPublish } from '../sdp/publish-plan.ts';
import { planSubscribe } from '../sdp/subscribe-plan.ts';
import type { OpenRequest, SubscribeRequest } from './open-request.ts';
import { OpenSessions } from './open-sessions.ts';
import { type LiveTrack, PublishSession } from './publish-session.ts';
import { nobody, Seats, type SeatLimits, type SessionClient } from './seats.ts';
import type { RegistryEvents, SessionInfo, SessionKind } from './registry-events.ts';
import type { Session, SessionContext } from './session.ts';
import { termsOf, type TermLimits } from './session-terms.ts';
import { notLive, Stream } from './stream.ts';
import type { StreamId } from './stream-id.ts';
import type { StreamPolicy } from './stream-policy.ts';
import { reportStream, type SessionReport, type StreamReport } from './stream-report.ts';
import { SubscribeSession } from './subscribe-session.ts';
import { TotalsLedger } from './totals.ts';

/** What a {@link StreamRegistry} works with. */
export interface StreamRegistryOptions {
  readonly engine: MediaEngine;
  readonly logger: Logger;
  readonly policyOf: (streamId: StreamId) => StreamPolicy;
  /** A session that is not connected after this time is ended, in milliseconds. Default 20 000. */
  readonly connectTimeoutMs?: number;
  /** How long a viewer's POST waits for a stream that is about to be live, in milliseconds. Default 1000. */
  readonly liveWaitMs?: number;
  /** How much an offer may hold. Default: what the parser was made for. */
  readonly offerBounds?: OfferBounds;
  /** What clients, and all of them, may use. Default: no limits. */
  readonly limits?: SeatLimits & TermLimits;
}

interface ContextParts extends Required<Pick<OpenRequest, 'userAgent' | 'client'>> {
  readonly startedAt: number;
}

/** A POST of a player that may be answered now. */
interface ViewerParts extends SubscribeRequest {
  readonly startedAt: number;
  readonly tracks: readonly LiveTrack[];
}

const connectTimeoutMs = 20_000;

/** Every stream and every session by its name: where POSTs become sessions. */
export class StreamRegistry {
  readonly observer = new EventEmitter<RegistryEvents>();
  readonly #options: StreamRegistryOptions;
  readonly #streams = new Map<StreamId, Stream>();
  readonly #totals = new TotalsLedger();
  readonly #sessions = new OpenSessions(this.#totals);
  readonly #seats: Seats;
  #draining = false;

  constructor(options: StreamRegistryOptions) {
    this.#options = options;
    this.#seats = new Seats(options.limits);
  }

  /**
   * Opens a publisher's session: plan, claim, transport, answer. The name is claimed before the first await, so two POSTs cannot both win,
   * and the publisher before is ended last, so a POST that fails leaves it untouched.
   *
   * Throws every `ERR_OFFER_…` and `ERR_CODEC_…`, `ERR_STREAM_TAKEN`, `ERR_STREAM_CONTESTED`, `ERR_LIMIT_REACHED`,
   * `ERR_TOO_MANY_SESSIONS`, `ERR_MEDIA_UNAVAILABLE`, `ERR_REQUEST_ABORTED`, `ERR_DRAINING`.
   */
  async publish({ streamId, offerText, userAgent, client = nobody, signal }: OpenRequest): Promise<Session> {
    const startedAt = performance.now();
    this.#refuseDraining();
    const policy = this.#options.policyOf(streamId);
    const plan = planPublish(parseOffer(offerText, this.#options.offerBounds), { codecs: policy.codecs, userAgent });
    const stream = this.#streams.get(streamId) ?? this.#openStream(streamId, policy);
    const claim = stream.claim();
    try {
      using seat = new DisposableStack();
      seat.use(this.#seats.take({ kind: 'publish', streamId, client }));
      const terms = termsOf(client, this.#options.limits);
      const context = { ...this.#context(stream, { userAgent, client, startedAt }), maxBitrate: terms.maxBitrate };
      const session = await PublishSession.open(context, stream.media, plan, signal);
      this.#sessions.keep(session, { terms, seat: seat.move() }, () => {
        stream.publisherClosed(session);
      });
      this.#finish(session, () => {
        stream.commit(claim, session);
      });
      return session;
    } finally {
      stream.release(claim);
    }
  }

  /**
   * Opens a viewer's session. A stream without media is waited for, up to `liveWaitMs`, if it has a publisher or had one of late.
   *
   * Throws `ERR_STREAM_NOT_LIVE`, `ERR_NO_COMMON_CODEC`, every `ERR_OFFER_…`, `ERR_LIMIT_REACHED`, `ERR_TOO_MANY_SESSIONS`,
   * `ERR_MEDIA_UNAVAILABLE`, `ERR_REQUEST_ABORTED`, `ERR_DRAINING`.
   */
  async subscribe(request: SubscribeRequest): Promise<Session> {
    const startedAt = performance.now();
    this.#refuseDraining();
    const { streamId, offerText, signal } = request;
    const offer = parseOffer(offerText, this.#options.offerBounds);
    const stream = this.#streams.get(streamId);
    if (stream === undefined) throw notLive();
    const limits = { timeoutMs: this.#options.liveWaitMs ?? 1000, signal };
    return stream.serve(limits, async (tracks) => this.#openViewer(stream, offer, { ...request, startedAt, tracks }));
  }

  /**
   * A seat for a viewer that has no session here (HLS), as long as it may have it. Throws `ERR_LIMIT_REACHED`, `ERR_TOO_MANY_SESSIONS`,
   * `ERR_DRAINING`.
   */
  seatViewer(streamId: StreamId, client: SessionClient): { readonly seat: Disposable; readonly endsAt: Date | undefined } {
    this.#refuseDraining();
    return { seat: this.#seats.take({ kind: 'subscribe', streamId, client }), endsAt: termsOf(client, this.#options.limits).endsAt };
  }

  /** The session behind a session URL. Throws `ERR_SESSION_NOT_FOUND`, the same for one that ended and one that never was. */
  find(kind: SessionKind, streamId: StreamId, secret: string): Session {
    return this.#sessions.find(kind, streamId, secret);
  }

  reports(): readonly StreamReport[] {
    return [...this.#streams.values()].map(reportStream);
  }

  /** Every stream that there is, by its name; undefined for others. */
  stream(streamId: StreamId): Stream | undefined {
    return this.#streams.get(streamId);
  }

  /** The open sessions, those of one stream where one is named; asks the workers. */
  async sessions(streamId?: StreamId): Promise<readonly SessionReport[]> {
    return this.#sessions.reports(streamId);
  }

  /**
   * Ends a session by its loggable id, as an operator wants it: its peer gets a DTLS alert. A publisher's stream waits for the next one as
   * after any other ending. Throws `ERR_SESSION_NOT_FOUND`.
   */
  kick(sessionId: string): SessionInfo {
    return this.#sessions.kick(sessionId);
  }

  counts(): { readonly streams: number; readonly live: number; readonly publishers: number; readonly subscribers: number } {
    const streams = [...this.#streams.values()];
    return {
      streams: streams.length,
      live: streams.filter(({ tracks }) => tracks !== undefined).length,
      publishers: this.#sessions.count('publish'),
      subscribers: this.#sessions.count('subscribe'),
    };
  }

  /** What flowed since the start, over live and ended sessions, by worker. Asks every worker; meant for a scrape every few seconds. */
  async totalsByWorker(): Promise<ReadonlyMap<number, TransportTotals>> {
    return this.#sessions.totalsByWorker();
  }

  /** Refuses new sessions from now on, with `ERR_DRAINING`. */
  drain(): void {
    this.#draining = true;
  }

  /** Ends every session, with a DTLS alert to its peer, and every stream. */
  async close(): Promise<void> {
    this.drain();
    this.#sessions.close();
    for (const stream of [...this.#streams.values()]) stream.end();
  }

  /** What is done when the session closes is a function of its own in here, where it keeps neither the offer nor the request in memory. */
  async #openViewer(
    stream: Stream,
    offer: Offer,
    { userAgent, client = nobody, startedAt, tracks, signal, counterOffer = false }: ViewerParts,
  ): Promise<Session> {
    const { id: streamId } = stream;
    const plan = planSubscribe(offer, {
      tracks: tracks.map(({ description }) => description),
      userAgent,
      isRelayed: tracks.some(({ incoming }) => incoming.kind === 'video' && incoming.isRelayed),
    });
    using seat = new DisposableStack();
    seat.use(this.#seats.take({ kind: 'subscribe', streamId, client }));
    const terms = { ...termsOf(client, this.#options.limits), maxBitrate: undefined };
    const context = this.#context(stream, { userAgent, client, startedAt });
    stream.expectSubscriber();
    const session = counterOffer
      ? await SubscribeSession.offer(context, stream.media, { tracks, signal })
      : await SubscribeSession.open(context, stream.media, { plan, tracks, signal });
    this.#sessions.keep(session, { terms, seat: seat.move() }, () => {
      stream.removeSubscriber(session);
    });
    this.#finish(session, () => {
      stream.addSubscriber(session);
    });
    if (session.closed) throw notLive(); // the publisher changed meanwhile in a way that this player cannot follow
    return session;
  }

  #openStream(streamId: StreamId, policy: StreamPolicy): Stream {
    const stream = new Stream(streamId, policy, {
      media: this.#options.engine.openStream(),
      logger: this.#options.logger,
      observer: this.observer,
      onEnded: () => this.#streams.delete(streamId),
    });
    this.#streams.set(streamId, stream);
    return stream;
  }

  #context(stream: Stream, { userAgent, client, startedAt }: ContextParts): SessionContext {
    return {
      streamId: stream.id,
      userAgent: userAgent.slice(0, 200),
      clientAddress: client.address,
      observer: this.observer,
      logger: this.#options.logger,
      totals: this.#totals,
      startedAt,
      connectTimeoutMs: this.#options.connectTimeoutMs ?? connectTimeoutMs,
      silenceMs: stream.policy.silenceMs,
      instantJoin: stream.policy.instantJoin,
      awaitsHls: stream.policy.awaitsHls,
    };
  }

  /** The last step of opening: a session that is refused now leaves nothing behind. */
  #finish(session: Session, admit: () => void): void {
    try {
      this.#refuseDraining();
      admit();
    } catch (error) {
      session.close('failed');
      throw error;
    }
  }

  #refuseDraining(): void {
    if (this.#draining) throw new GatewayError('ERR_DRAINING', 'The gateway is shutting down; try again.', { retryAfterSeconds: 5 });
  }
}
