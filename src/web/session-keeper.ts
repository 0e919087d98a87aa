import { type Endpoint, ExchangeError } from './offer-exchange.ts';
import { type Loss, type OfferedPeer, PeerSession } from './peer-session.ts';
import { backOffMs, planRetry } from './retry-plan.ts';

/** What went wrong, and what the keeper does about it. */
export interface Setback {
  /** A sentence for people. */
  readonly reason: string;
  /** The server's code, or one of ours: `ERR_UNREACHABLE`, `ERR_SESSION_LOST`, `ERR_SESSION_ENDED`. */
  readonly code: string;
  /** The HTTP status, if it was a refusal. */
  readonly status: number | undefined;
  /** Which retry in a row follows, from 1. */
  readonly attempt: number;
  /** When it follows, on the clock of `Date.now()`; undefined when the keeper gave up. */
  readonly retryAt: number | undefined;
}

/** The owner's part in keeping a session. */
export interface KeeperHooks {
  /** Makes a peer connection with an offer. */
  prepare(): Promise<OfferedPeer>;
  /** A session is open; its media path is not yet up. */
  opened(session: PeerSession): void;
  /** A session was refused or lost. */
  setback(setback: Setback): void;
  /** Whether to come back after the server ended the session on purpose. Default: yes. */
  mayReturn?: (() => Promise<boolean>) | undefined;
}

/** A session that lasted this long was a good one: the next loss begins a new series of attempts. */
const goodSessionMs = 10_000;

/** Keeps one session open: opens it, waits for its loss, and opens the next one, with back-off, until closed or refused for good. */
export class SessionKeeper {
  readonly #endpoint: Endpoint;
  readonly #hooks: KeeperHooks;
  readonly #closing = new AbortController();
  #offered: OfferedPeer | undefined;
  #session: PeerSession | undefined;
  #attempt = 0;
  #outdated = false;
  #endDelay: () => void = () => {};

  constructor(endpoint: Endpoint, hooks: KeeperHooks) {
    this.#endpoint = endpoint;
    this.#hooks = hooks;
    addEventListener('pagehide', () => void this.close(), { signal: this.#closing.signal });
    void this.#run();
  }

  /** The open session, if there is one. */
  get session(): PeerSession | undefined {
    return this.#session;
  }

  /** The peer connection of the open session, or of the one that is being asked for. */
  get peer(): RTCPeerConnection | undefined {
    return this.#session?.peer ?? this.#offered?.peer;
  }

  /** Replaces the session by a new one, from a new offer. */
  reopen(reason: string): void {
    if (this.#session) this.#session.lose({ by: 'owner', reason });
    else this.#outdated = true;
  }

  /** Makes the next attempt now instead of later. */
  retryNow(): void {
    this.#endDelay();
  }

  /** Ends the session and everything else. Idempotent; resolves when the server knows. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#dropOffer();
    const session = this.#session;
    this.#session = undefined;
    await session?.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    // A task later, so that the owner is fully built and its listeners are there.
    await this.#delay(0);
    while (!signal.aborted) {
      const retryInMs = await this.#attend().catch((error: unknown) => this.#refused(error));
      if (retryInMs === undefined) return;
      await this.#delay(retryInMs);
    }
  }

  /** One session from its offer to its loss; returns the delay before the next, or undefined to stop. */
  async #attend(): Promise<number | undefined> {
    const { signal } = this.#closing;
    const offered = await this.#prepare();
    const session = await PeerSession.open(this.#endpoint, offered, signal);
    this.#offered = undefined;
    this.#session = session;
    this.#hooks.opened(session);
    if (this.#outdated) this.reopen('The offer was out of date.');
    const loss = await session.lost;
    if (signal.aborted) return undefined;
    if (session.connectedForMs > goodSessionMs) this.#attempt = 0;
    this.#session = undefined;
    void session.close();
    return this.#lostBy(loss);
  }

  /** A refused offer is as good as new the next time, unless it is out of date. */
  async #prepare(): Promise<OfferedPeer> {
    if (this.#outdated) this.#dropOffer();
    this.#outdated = false;
    const offered = this.#offered ?? (await this.#hooks.prepare());
    this.#offered = offered;
    if (this.#closing.signal.aborted) this.#dropOffer();
    this.#closing.signal.throwIfAborted();
    return offered;
  }

  #dropOffer(): void {
    this.#offered?.peer.close();
    this.#offered = undefined;
  }

  async #lostBy(loss: Loss): Promise<number | undefined> {
    if (loss.by === 'owner') return 0;
    const retryInMs = backOffMs(this.#attempt, Math.random());
    const facts = { reason: loss.reason, status: undefined };
    this.#setback({ ...facts, code: 'ERR_SESSION_LOST' }, retryInMs);
    this.#attempt += 1;
    if (loss.by === 'network' || this.#hooks.mayReturn === undefined || (await this.#hooks.mayReturn())) return retryInMs;
    if (!this.#closing.signal.aborted) this.#setback({ ...facts, code: 'ERR_SESSION_ENDED' }, undefined);
    return undefined;
  }

  #refused(error: unknown): number | undefined {
    if (this.#closing.signal.aborted) return undefined;
    if (this.#offered?.peer.signalingState === 'closed') this.#offered = undefined;
    const refusal = error instanceof ExchangeError ? error : asExchangeError(error);
    const plan = planRetry(refusal, this.#attempt, Math.random());
    const retryInMs = plan.retry ? plan.delayMs : undefined;
    this.#setback({ reason: refusal.message, code: refusal.code, status: refusal.status }, retryInMs);
    // A server that names a time is well: only failures make the next delay longer.
    if (refusal.retryAfterSeconds === undefined) this.#attempt += 1;
    if (retryInMs === undefined) void this.close();
    return retryInMs;
  }

  #setback(facts: Omit<Setback, 'attempt' | 'retryAt'>, retryInMs: number | undefined): void {
    this.#hooks.setback({ ...facts, attempt: this.#attempt + 1, retryAt: retryInMs === undefined ? undefined : Date.now() + retryInMs });
  }

  /** Resolves after the time, or at once when the network is back, when asked to, or when closed. */
  #delay(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const over = new AbortController();
      const finish = (): void => {
        clearTimeout(timer);
        over.abort();
        resolve();
      };
      const timer = setTimeout(finish, delayMs);
      this.#endDelay = finish;
      addEventListener('online', finish, { signal: over.signal });
      this.#closing.signal.addEventListener('abort', finish, { signal: over.signal });
      if (this.#closing.signal.aborted) finish();
    });
  }
}

/** What the browser itself refused to do, for example to encode with a codec that it does not have. */
function asExchangeError(cause: unknown): ExchangeError {
  return new ExchangeError(cause instanceof Error ? cause.message : String(cause), { status: 0, code: 'ERR_BROWSER', cause });
}
