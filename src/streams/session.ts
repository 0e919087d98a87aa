import { randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import type { MediaTransport, TransportTotals, TransportTraffic } from '../media/engine.ts';
import { parseFragment, writeRestartFragment } from '../sdp/fragment.ts';
import type { StreamId } from './stream-id.ts';
import type { TotalsLedger } from './totals.ts';

/** WHIP sessions publish, WHEP sessions subscribe. */
export type SessionKind = 'publish' | 'subscribe';

/** Why a session ended. */
export type SessionEnding =
  | 'deleted'
  | 'kicked'
  | 'replaced'
  | 'never-connected'
  | 'silent'
  | 'peer-closed'
  | 'worker-died'
  | 'stream-ended'
  | 'media-changed'
  | 'aborted'
  | 'failed'
  | 'shutdown';

/** What may be logged of a session. */
export interface SessionInfo {
  readonly id: string;
  readonly kind: SessionKind;
  readonly streamId: StreamId;
  readonly userAgent: string;
}

/** What became of a session, when it closed. */
export interface SessionSummary {
  readonly ending: SessionEnding;
  readonly durationMs: number;
}

/** What the registry tells strangers: metrics, logs, tests. */
export type RegistryEvents = {
  opened: [SessionInfo];
  /** ICE and DTLS are up. */
  connected: [SessionInfo, { readonly sinceOpenedMs: number }];
  /** A publisher's first RTP arrived; a viewer's first key frame (or audio packet) left. */
  media: [SessionInfo, { readonly sinceOpenedMs: number }];
  closed: [SessionInfo, SessionSummary];
  live: [StreamId];
  idle: [StreamId];
  ended: [StreamId];
  contested: [StreamId, { readonly until: Date }];
};

/** What every session needs from the registry. */
export interface SessionContext {
  readonly streamId: StreamId;
  readonly userAgent: string;
  readonly observer: EventEmitter<RegistryEvents>;
  readonly logger: Logger;
  readonly totals: TotalsLedger;
  /** When its POST came, on the clock of `performance.now()`. */
  readonly startedAt: number;
  /** A session that is not connected after this time is ended, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** A session from which no byte came (no RTP, RTCP or STUN) for this time is ended, in milliseconds. */
  readonly silenceMs: number;
}

/** What a new session consists of. */
export interface SessionParts {
  readonly kind: SessionKind;
  readonly transport: MediaTransport;
  readonly answerText: string;
  /** Credentials of the offer: different ones in a PATCH are an ICE restart. */
  readonly remoteIce: { readonly usernameFragment: string; readonly password: string };
  /** Mid of the section that carries the bundle's transport. */
  readonly taggedMid: string;
}

/** One WHIP or WHEP resource: a transport, its URL secret, its deadlines. Subclasses own what flows on it. */
export abstract class Session implements SessionInfo {
  readonly id = randomBytes(6).toString('hex');
  /** Last part of the session URL: 128 random bits, unrelated to `id`, never logged. */
  readonly secret = randomBytes(16).toString('base64url');
  readonly kind: SessionKind;
  readonly streamId: StreamId;
  readonly userAgent: string;
  readonly answerText: string;
  readonly since = new Date();
  protected readonly log: Logger;
  protected readonly transport: MediaTransport;
  readonly #context: SessionContext;
  readonly #taggedMid: string;
  readonly #deadline: NodeJS.Timeout;
  #remoteIce: SessionParts['remoteIce'];
  #etag = newEtag();
  #connected = false;
  #liveness: NodeJS.Timeout | undefined;
  #ending: SessionEnding | undefined;
  #onClosed: () => void = () => undefined;

  constructor(context: SessionContext, parts: SessionParts) {
    this.#context = context;
    this.kind = parts.kind;
    this.streamId = context.streamId;
    this.userAgent = context.userAgent;
    this.answerText = parts.answerText;
    this.transport = parts.transport;
    this.#remoteIce = parts.remoteIce;
    this.#taggedMid = parts.taggedMid;
    this.log = context.logger.child({ sessionId: this.id, kind: this.kind, streamId: this.streamId });
    this.#deadline = setTimeout(() => {
      this.close('never-connected');
    }, context.connectTimeoutMs);
    this.transport.events.once('connected', () => {
      this.#onConnected();
    });
    this.transport.events.once('ended', (ending) => {
      this.close(ending);
    });
    this.log.info({ workerId: this.transport.workerId, userAgent: this.userAgent }, 'session opened');
    context.observer.emit('opened', this);
  }

  /** Strong entity tag of the present ICE session, with its quotes (RFC 9725 §4.3.1). */
  get etag(): string {
    return this.#etag;
  }

  get connected(): boolean {
    return this.#connected;
  }

  get closed(): boolean {
    return this.#ending !== undefined;
  }

  /**
   * Applies a trickle fragment. We are ICE-lite, so candidates are read and dropped; new credentials restart ICE and give our side's
   * fragment with a new tag (RFC 9725 §4.3.3). `isCurrent` is the request's precondition: whether it was made for the present tag.
   *
   * Throws `ERR_FRAGMENT_MALFORMED`, then `ERR_ETAG_MISMATCH` (conformance F07), and `ERR_MEDIA_UNAVAILABLE` with the old ICE untouched.
   */
  async patch(
    fragmentText: string,
    isCurrent: (etag: string) => boolean,
  ): Promise<{ readonly fragmentText: string; readonly etag: string } | undefined> {
    const { usernameFragment, password } = parseFragment(fragmentText);
    if (!isCurrent(this.#etag)) {
      throw new GatewayError('ERR_ETAG_MISMATCH', 'If-Match names an older ICE session; use the last ETag, or "*" to restart ICE.');
    }
    if (usernameFragment === undefined || password === undefined) return undefined;
    if (usernameFragment === this.#remoteIce.usernameFragment && password === this.#remoteIce.password) return undefined;
    const iceParameters = await this.transport.restartIce();
    this.#remoteIce = { usernameFragment, password };
    this.#etag = newEtag();
    this.log.debug('ice restarted');
    const { iceCandidates } = this.transport.local;
    return { fragmentText: writeRestartFragment({ iceParameters, iceCandidates }, this.#taggedMid), etag: this.#etag };
  }

  /** Ends the session: DTLS alert to the peer, everything freed. The first ending counts; later calls do nothing. */
  close(ending: SessionEnding): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    clearTimeout(this.#deadline);
    clearInterval(this.#liveness);
    this.#context.totals.settle(this, ending === 'worker-died' ? undefined : this.transport.totals());
    this.release(ending);
    this.transport.close();
    this.#onClosed();
    const durationMs = Math.round(performance.now() - this.#context.startedAt);
    this.log.info({ ending, durationMs }, 'session closed');
    this.#context.observer.emit('closed', this, { ending, durationMs });
  }

  /** Tells the one owner of the session when it has closed; at once when it has already. */
  onClosed(listener: () => void): void {
    if (this.closed) listener();
    else this.#onClosed = listener;
  }

  /** What flowed so far. */
  async sample(): Promise<TransportTotals> {
    return this.transport.totals();
  }

  /** What flows now. */
  async traffic(): Promise<TransportTraffic> {
    return this.transport.traffic();
  }

  /** Called once, before the transport closes. */
  protected abstract release(ending: SessionEnding): void;
  /** Called once, when ICE and DTLS are up. */
  protected abstract onConnected(): void;

  /** Tells strangers that media flows. */
  protected reportMedia(message: string): void {
    const sinceOpenedMs = Math.round(performance.now() - this.#context.startedAt);
    this.log.info({ sinceOpenedMs }, message);
    this.#context.observer.emit('media', this, { sinceOpenedMs });
  }

  #onConnected(): void {
    if (this.closed) return;
    this.#connected = true;
    clearTimeout(this.#deadline);
    this.#watchSilence();
    const sinceOpenedMs = Math.round(performance.now() - this.#context.startedAt);
    this.log.info({ sinceOpenedMs }, 'session connected');
    this.#context.observer.emit('connected', this, { sinceOpenedMs });
    this.onConnected();
  }

  /**
   * Ends a peer from which no byte comes any more. Of some players none ever comes (libdatachannel without RTCP, pion without consent checks),
   * so a viewer counts as silent only after it was heard at least once since it connected.
   */
  #watchSilence(): void {
    const { silenceMs } = this.#context;
    let lastBytes: number | undefined;
    let lastChange = performance.now();
    let heard = this.kind === 'publish';
    const check = async (): Promise<void> => {
      const bytes = await this.transport.bytesReceived();
      if (bytes !== lastBytes) {
        heard ||= lastBytes !== undefined;
        [lastBytes, lastChange] = [bytes, performance.now()];
      } else if (heard && performance.now() - lastChange >= silenceMs) this.close('silent');
    };
    this.#liveness = setInterval(() => void check().catch(() => undefined), silenceMs / 4); // a worker that cannot answer has died: 'ended' says so
  }
}

function newEtag(): string {
  return `"${randomBytes(9).toString('base64url')}"`;
}
