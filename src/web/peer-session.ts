import {
  deleteSession,
  type Endpoint,
  ExchangeError,
  fetchLayerState,
  fetchWarnings,
  type IngestWarning,
  type LayerState,
  postLayer,
  postOffer,
} from './offer-exchange.ts';
import type { LayerChoice } from './player-layers.ts';
import { type EventHandlers, listenToSession } from './session-events.ts';
import type { SessionExtensions } from './session-extensions.ts';

/** A peer connection whose offer is its local description and waits for an answer. */
export interface OfferedPeer {
  readonly peer: RTCPeerConnection;
  readonly offerText: string;
  /** Changes to the answer before the browser reads it. Default: none. */
  readonly tuneAnswer?: (answerText: string) => string;
}

/** Why a session is of no more use: the server ended it, the network failed, or its owner asked for another. */
export interface Loss {
  readonly by: 'server' | 'network' | 'owner';
  /** A sentence for people. */
  readonly reason: string;
}

/** ICE and DTLS need a few round trips; a path that is not up by then is blocked. */
const connectDeadlineMs = 12_000;

/** ICE may recover from `disconnected` by itself, for example when a phone changes networks; longer than this is a visible gap. */
const disconnectedPatienceMs = 2000;

/** Where a session is, and what its server can do besides. */
interface SessionAccess {
  readonly url: string;
  readonly token: string | undefined;
  readonly extensions: SessionExtensions;
}

/** One WHIP or WHEP session: a connected peer, the session's URL, and the news of its loss. */
export class PeerSession {
  readonly peer: RTCPeerConnection;
  /** When the offer was sent, on the clock of `performance.now()`. */
  readonly postedAt: number;
  /** Settles once, with the cause, when the session is lost; never after `close()`. */
  readonly lost: Promise<Loss>;
  readonly #url: string;
  readonly #token: string | undefined;
  readonly #extensions: SessionExtensions;
  readonly #listening = new AbortController();
  #tellLost: (loss: Loss) => void = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #connectedAt: number | undefined;
  #lostBy: Loss['by'] | undefined;

  /** Sends the offer and applies the answer. Throws {@link ExchangeError} or the signal's reason; then no session is left behind. */
  static async open(endpoint: Endpoint, offered: OfferedPeer, signal: AbortSignal): Promise<PeerSession> {
    const postedAt = performance.now();
    const { answerText, sessionUrl, extensions } = await postOffer(endpoint, offered.offerText, signal);
    const session = new PeerSession(offered.peer, { url: sessionUrl, token: endpoint.token, extensions }, postedAt);
    try {
      signal.throwIfAborted();
      await offered.peer.setRemoteDescription({ type: 'answer', sdp: offered.tuneAnswer?.(answerText) ?? answerText });
      session.#watch();
      return session;
    } catch (cause) {
      void session.close();
      signal.throwIfAborted();
      throw new ExchangeError('The browser cannot use the server’s answer.', { status: 201, code: 'ERR_ANSWER_UNUSABLE', cause });
    }
  }

  private constructor(peer: RTCPeerConnection, { url, token, extensions }: SessionAccess, postedAt: number) {
    this.peer = peer;
    this.postedAt = postedAt;
    this.lost = new Promise((resolve) => {
      this.#tellLost = resolve;
    });
    this.#url = url;
    this.#token = token;
    this.#extensions = extensions;
  }

  /** When ICE and DTLS first were up, on the clock of `performance.now()`; undefined before. */
  get connectedAt(): number | undefined {
    return this.#connectedAt;
  }

  /** For how long the media path has been up; 0 before. */
  get connectedForMs(): number {
    return this.#connectedAt === undefined ? 0 : performance.now() - this.#connectedAt;
  }

  /** What the server says is wrong with the media that this session publishes. Rejects when it cannot be asked. */
  async warnings(): Promise<readonly IngestWarning[]> {
    return fetchWarnings(this.#url, this.#token);
  }

  /** Listens to the server's events until the session closes; hears nothing of a server that has none. */
  listen(handlers: EventHandlers): void {
    const { events } = this.#extensions;
    if (events !== undefined) void listenToSession(events, { token: this.#token, handlers, signal: this.#listening.signal });
  }

  /** Chooses layers; undefined leaves them to the server. False when it cannot do that. Rejects when it cannot be asked. */
  async chooseLayer(choice: LayerChoice | undefined): Promise<boolean> {
    const { layer } = this.#extensions;
    return layer !== undefined && postLayer(layer, this.#token, choice);
  }

  /** What the server knows of this session's layers. Rejects when it cannot be asked. */
  async layerState(): Promise<LayerState | undefined> {
    const { layer } = this.#extensions;
    return layer === undefined ? undefined : fetchLayerState(layer, this.#token);
  }

  /** Declares this session lost, for a reason that perhaps only its owner can see. */
  lose(loss: Loss): void {
    this.#lostBy ??= loss.by;
    this.#tellLost(loss);
  }

  /**
   * Tells the server and closes the peer. Idempotent; resolves when the server knows.
   *
   * In this order, because a closing peer ends the session too, and the server would not know that it was meant to end.
   */
  async close(): Promise<void> {
    if (this.#listening.signal.aborted) return;
    this.#listening.abort();
    clearTimeout(this.#timer);
    if (this.#lostBy === 'network') this.peer.close();
    if (this.#lostBy !== 'server') await deleteSession(this.#url, this.#token);
    this.peer.close();
  }

  #watch(): void {
    const { peer } = this;
    const options = { signal: this.#listening.signal };
    this.#loseAfter(connectDeadlineMs, 'No media path to the server: its UDP and TCP media port may be blocked.');
    peer.addEventListener('connectionstatechange', () => this.#followConnection(), options);
    const [transceiver] = peer.getTransceivers();
    const dtls = transceiver?.sender.transport ?? transceiver?.receiver.transport;
    dtls?.addEventListener('statechange', () => this.#followDtls(dtls.state), options);
  }

  #followConnection(): void {
    const state = this.peer.connectionState;
    if (state === 'connected') {
      clearTimeout(this.#timer);
      this.#connectedAt ??= performance.now();
    }
    if (state === 'disconnected') this.#loseAfter(disconnectedPatienceMs, 'The connection to the server broke off.');
    if (state === 'failed') this.lose({ by: 'network', reason: 'The connection to the server failed.' });
  }

  #followDtls(state: RTCDtlsTransportState): void {
    if (state === 'closed') this.lose({ by: 'server', reason: 'The server ended the session.' });
  }

  #loseAfter(delayMs: number, reason: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.lose({ by: 'network', reason }), delayMs);
  }
}
