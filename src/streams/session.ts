import { randomBytes } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import type { MediaTransport, TransportTotals, TransportTraffic } from '../media/transport.ts';
import type { PeerAddress } from '../sdp/peer-addresses.ts';
import type { FreezeSign } from './freeze-signs.ts';
import { IceResource, type IceResourceParts, type RemotePeer, type RestartReply } from './ice-resource.ts';
import type { LayerSwitch } from './layer-switches.ts';
import type { RegistryEvents, SessionEnding, SessionInfo, SessionKind } from './registry-events.ts';
import type { InstantJoinMode } from './instant-join.ts';
import { watchSilence } from './silence-watch.ts';
import type { StreamId } from './stream-id.ts';
import type { TotalsLedger } from './totals.ts';

/** What every session needs from the registry. */
export interface SessionContext {
  readonly streamId: StreamId;
  readonly userAgent: string;
  /** What stands for its client's address. */
  readonly clientAddress: string;
  readonly observer: EventEmitter<RegistryEvents>;
  readonly logger: Logger;
  readonly totals: TotalsLedger;
  /** When its POST came, on the clock of `performance.now()`. */
  readonly startedAt: number;
  /** A session that is not connected after this time is ended, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** A session from which no byte came (no RTP, RTCP or STUN) for this time is ended, in milliseconds. */
  readonly silenceMs: number;
  /** Bits per second that a publisher is told it may send; undefined: any. */
  readonly maxBitrate?: number | undefined;
  /** Whether the viewers of a publisher see it at once. */
  readonly instantJoin: InstantJoinMode;
  /** Whether newcomers may come by HLS, too. */
  readonly awaitsHls: boolean;
}

/** What a new session consists of. */
export interface SessionParts extends Pick<IceResourceParts, 'transport' | 'taggedMid' | 'remote'> {
  readonly kind: SessionKind;
  readonly answerText: string;
  /** How long the peer may take to connect, in milliseconds; the context's time where absent. */
  readonly connectTimeoutMs?: number;
}

/** One WHIP or WHEP resource: a transport, its URL secret, its deadlines. Subclasses own what flows on it. */
export abstract class Session implements SessionInfo {
  readonly id = randomBytes(6).toString('hex');
  /** Last part of the session URL: 128 random bits, unrelated to `id`, never logged. */
  readonly secret = randomBytes(16).toString('base64url');
  readonly kind: SessionKind;
  readonly streamId: StreamId;
  readonly userAgent: string;
  readonly since = new Date();
  protected readonly log: Logger;
  protected readonly transport: MediaTransport;
  readonly #context: SessionContext;
  readonly #ice: IceResource;
  #answerText: string;
  #deadline: NodeJS.Timeout;
  #connected = false;
  #stopWatching: () => void = () => undefined;
  #ending: SessionEnding | undefined;
  #onClosed: () => void = () => undefined;

  constructor(context: SessionContext, parts: SessionParts) {
    this.#context = context;
    this.kind = parts.kind;
    this.streamId = context.streamId;
    this.userAgent = context.userAgent;
    this.#answerText = parts.answerText;
    const { transport, taggedMid, remote } = parts;
    this.transport = transport;
    this.#ice = new IceResource({
      ...{ transport, taggedMid, remote },
      isClosed: () => this.closed,
      onRestart: () => this.log.debug('ice restarted'),
    });
    this.log = context.logger.child({ sessionId: this.id, kind: this.kind, streamId: this.streamId });
    this.#deadline = this.#reapAfter(parts.connectTimeoutMs ?? context.connectTimeoutMs);
    this.transport.events.once('connected', () => {
      this.#onConnected();
    });
    this.transport.events.once('ended', (ending) => {
      this.close(ending);
    });
    this.log.info({ workerId: this.transport.workerId, userAgent: this.userAgent }, 'session opened');
    context.observer.emit('opened', this);
  }

  /** Gives the body of the reply to the POST, our answer or our counter-offer, once: nobody needs it after that, so it is not kept. */
  takeAnswerText(): string {
    const text = this.#answerText;
    this.#answerText = '';
    return text;
  }

  /** Strong entity tag of the present ICE session, with its quotes (RFC 9725 §4.3.1). */
  get etag(): string {
    return this.#ice.etag;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** The worker that moves its packets. */
  get workerId(): number {
    return this.transport.workerId;
  }

  /** Where its peer is, once it is connected, unless it is over TCP. */
  get peer(): PeerAddress | undefined {
    return this.transport.peer;
  }

  /** Where its peer says that it is. */
  get claimed(): readonly PeerAddress[] {
    return this.#ice.claimed;
  }

  /** Where its POST came from, as limits count it. */
  get clientAddress(): string {
    return this.#context.clientAddress;
  }

  /** Something that changes whenever its peer sends media, or reports on what it gets; asks the worker. */
  abstract signOfLife(): Promise<string>;

  get closed(): boolean {
    return this.#ending !== undefined;
  }

  /**
   * Applies a trickle fragment. We are ICE-lite, so nothing is sent to candidates; new credentials restart ICE and give our side's
   * fragment with a new tag (RFC 9725 §4.3.3). `isCurrent` is the request's precondition: whether it was made for the present tag.
   *
   * Throws `ERR_FRAGMENT_MALFORMED`, then `ERR_ETAG_MISMATCH` (conformance F07), `ERR_MEDIA_UNAVAILABLE` with the old ICE untouched, and
   * `ERR_SESSION_NOT_FOUND` when the session ended meanwhile.
   */
  async patch(fragmentText: string, isCurrent: (etag: string) => boolean): Promise<RestartReply | undefined> {
    return this.#ice.patch(fragmentText, isCurrent);
  }

  /** True while a counter-offer of ours waits for its answer. */
  get awaitsAnswer(): boolean {
    return false;
  }

  /** Takes the answer to our counter-offer (WHEP §4.3.2). Throws `ERR_ANSWER_UNEXPECTED` when none is pending. */
  async accept(_answerText: string): Promise<void> {
    throw new GatewayError('ERR_ANSWER_UNEXPECTED', 'This session waits for no SDP answer; media is not renegotiated after the first one.');
  }

  /** Ends the session: DTLS alert to the peer, everything freed. The first ending counts; later calls do nothing. */
  close(ending: SessionEnding): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    clearTimeout(this.#deadline);
    this.#stopWatching();
    // Nothing has flowed on a transport that never connected.
    const hasTotals = this.#connected && ending !== 'worker-died';
    this.#context.totals.settle(this, hasTotals ? this.transport.totals() : undefined);
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

  /** Tells strangers of a viewer's layers. */
  protected reportSwitch(layerSwitch: LayerSwitch): void {
    this.#context.observer.emit('layerswitch', this, layerSwitch);
  }

  /** Tells strangers that a viewer's picture seems to stand. */
  protected reportFreeze(sign: FreezeSign): void {
    this.#context.observer.emit('freeze', this, sign);
  }

  /** The peer has answered our counter-offer, and now has the usual time to connect. */
  protected peerAnswered(remote: RemotePeer): void {
    this.#ice.answered(remote);
    clearTimeout(this.#deadline);
    this.#deadline = this.#reapAfter(this.#context.connectTimeoutMs);
  }

  #reapAfter(timeoutMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.close('never-connected');
    }, timeoutMs);
  }

  #onConnected(): void {
    if (this.closed) return;
    this.#connected = true;
    clearTimeout(this.#deadline);
    const { silenceMs } = this.#context;
    this.#stopWatching = watchSilence({ transport: this.transport, silenceMs, heard: this.kind === 'publish' }, () => {
      this.close('silent');
    });
    const sinceOpenedMs = Math.round(performance.now() - this.#context.startedAt);
    this.log.info({ sinceOpenedMs }, 'session connected');
    this.#context.observer.emit('connected', this, { sinceOpenedMs });
    this.onConnected();
  }
}
