import { deleteSession, type Endpoint, ExchangeError, postOffer, fetchWarnings, type IngestWarning } from './offer-exchange.ts';

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

/** One WHIP or WHEP session: a connected peer, the session's URL, and the news of its loss. */
export class PeerSession {
  readonly peer: RTCPeerConnection;
  /** When the offer was sent, on the clock of `performance.now()`. */
  readonly postedAt: number;
  /** Settles once, with the cause, when the session is lost; never after `close()`. */
  readonly lost: Promise<Loss>;
  readonly #url: string;
  readonly #token: string | undefined;
  readonly #listening = new AbortController();
  #tellLost: (loss: Loss) => void = () => {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #connectedAt: number | undefined;
  #lostBy: Loss['by'] | undefined;

  /** Sends the offer and applies the answer. Throws {@link ExchangeError} or the signal's reason; then no session is left behind. */
  static async open(endpoint: Endpoint, offered: OfferedPeer, signal: AbortSignal): Promise<PeerSession> {
    const postedAt = performance.now();
    const { answerText, sessionUrl } = await postOffer(endpoint, offered.offerText, signal);
    const session = new PeerSession(offered.peer, sessionUrl, endpoint.token, postedAt);
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

  private constructor(peer: RTCPeerConnection, url: string, token: string | undefined, postedAt: number) {
    this.peer = peer;
    this.postedAt = postedAt;
    this.lost = new Promise((resolve) => {
      this.#tellLost = resolve;
    });
    this.#url = url;
    this.#token = token;
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
