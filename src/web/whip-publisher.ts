import type { VideoCodec } from './encoding-plan.ts';
import type { IngestWarning } from './offer-exchange.ts';
import type { PeerSession } from './peer-session.ts';
import { offerToSend } from './publisher-offer.ts';
import { describePublishing, type PublisherStats } from './publisher-stats.ts';
import { RecentReadings } from './recent-readings.ts';
import { SessionKeeper, type Setback } from './session-keeper.ts';
import { StateTarget } from './state-target.ts';
import { listStats } from './stats-report.ts';

/** What to publish, where and how. */
export interface WhipPublisherOptions {
  /** The WHIP URL. */
  readonly endpoint: string;
  /** A bearer token. Default: none. */
  readonly token?: string | undefined;
  /** The tracks to send, at most one audio and one video. They stay the caller's: `close()` does not stop them. */
  readonly stream: MediaStream;
  /** The video codec. Default: the server chooses among all that the browser has. */
  readonly codec?: VideoCodec | undefined;
  /** True for three sizes of the video at once, or encodings of one's own, smallest first. Default: false. */
  readonly simulcast?: boolean | readonly RTCRtpEncodingParameters[] | undefined;
  /** Layers within an encoding, such as `L3T3_KEY`; for VP9 and AV1 the better way to several qualities. Default: the browser's. */
  readonly scalabilityMode?: string | undefined;
  /** Bits per second of the video, all encodings together. Default: the browser's choice. */
  readonly maxBitrate?: number | undefined;
  /** STUN and TURN servers. Default: none. */
  readonly iceServers?: readonly RTCIceServer[] | undefined;
  /**
   * Asked when the server ended the session on purpose: it shuts down, or somebody else took the stream's name. True comes back, and
   * takes the name again. Default: always true.
   */
  readonly mayReturn?: (() => Promise<boolean>) | undefined;
}

/** What a publisher is doing. `reason` is a sentence for people. */
export type PublisherState =
  | { readonly name: 'connecting' }
  /** Media can flow. */
  | { readonly name: 'live' }
  /** The connection was lost; the next attempt is made at `retryAt`, on the clock of `Date.now()`. */
  | { readonly name: 'reconnecting'; readonly reason: string; readonly attempt: number; readonly retryAt: number }
  /** The server's answer was final, or the session was ended and `mayReturn` said no (`ERR_SESSION_ENDED`). */
  | { readonly name: 'failed'; readonly reason: string; readonly code: string; readonly status: number | undefined }
  | { readonly name: 'closed' };

/**
 * Publishes a `MediaStream` over WHIP, and goes on publishing it through lost networks and restarted servers.
 *
 * Like an `EventSource` it connects by itself once constructed and keeps the connection until `close()`.
 *
 * @example
 * const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
 * const publisher = new WhipPublisher({ endpoint: '/whip/show', stream, codec: 'VP8', simulcast: true });
 * publisher.addEventListener('state', ({ state }) => console.log(state.name));
 *
 * @see RFC 9725
 */
export class WhipPublisher extends StateTarget<PublisherState> {
  readonly #keeper: SessionKeeper;
  readonly #readings = new RecentReadings<PublisherStats>();
  #stream: MediaStream;

  constructor(options: WhipPublisherOptions) {
    super({ name: 'connecting' });
    this.#stream = options.stream;
    const { codec, scalabilityMode, maxBitrate, simulcast = false } = options;
    this.#keeper = new SessionKeeper(
      { url: options.endpoint, token: options.token },
      {
        prepare: () => offerToSend(this.#stream, { codec, simulcast, scalabilityMode, maxBitrate }, options.iceServers ?? []),
        opened: (session) => this.#opened(session),
        setback: (setback) => this.#setback(setback),
        mayReturn: options.mayReturn,
      },
    );
  }

  /** The present session's peer connection, for debugging. */
  get peer(): RTCPeerConnection | undefined {
    return this.#keeper.session?.peer;
  }

  /** What is sent now, or undefined while there is no session. */
  async stats(): Promise<PublisherStats | undefined> {
    const session = this.#keeper.session;
    if (session === undefined) return undefined;
    const entries = listStats(await session.peer.getStats());
    const stats = describePublishing(entries, performance.now(), this.#readings.earlier);
    if (session === this.#keeper.session) this.#readings.add(stats);
    return stats;
  }

  /** What the gateway says is wrong with what is sent; empty while there is no session. Rejects when it cannot be asked. */
  async warnings(): Promise<readonly IngestWarning[]> {
    return (await this.#keeper.session?.warnings()) ?? [];
  }

  /**
   * Sends other tracks from now on, for example of the screen instead of the camera.
   *
   * Viewers see the change within a frame or two. Only when a kind of track comes or goes is a new session needed, because WHIP has no
   * renegotiation (RFC 9725 §3).
   */
  async replaceStream(stream: MediaStream): Promise<void> {
    this.#stream = stream;
    const transceivers = this.#keeper.peer?.getTransceivers() ?? [];
    const tracks = stream.getTracks();
    const replacements = transceivers.flatMap(({ sender, receiver }) => {
      const track = tracks.find((candidate) => candidate.kind === receiver.track.kind);
      return track === undefined ? [] : [sender.replaceTrack(track)];
    });
    await Promise.all(replacements);
    if (replacements.length !== transceivers.length || replacements.length !== tracks.length) this.#keeper.reopen('The tracks changed.');
  }

  /** Makes the next attempt now, while reconnecting. */
  retryNow(): void {
    this.#keeper.retryNow();
  }

  /** Ends the session. Idempotent; resolves when the server knows. */
  async close(): Promise<void> {
    if (this.state.name === 'closed') return;
    const ending = this.#keeper.close();
    this.enter({ name: 'closed' });
    await ending;
  }

  #opened({ peer }: PeerSession): void {
    this.#readings.clear();
    const follow = (): void => {
      if (peer.connectionState === 'connected' && this.state.name !== 'live') this.enter({ name: 'live' });
    };
    peer.addEventListener('connectionstatechange', follow);
    follow();
  }

  #setback({ reason, code, status, attempt, retryAt }: Setback): void {
    this.enter(retryAt === undefined ? { name: 'failed', reason, code, status } : { name: 'reconnecting', reason, attempt, retryAt });
  }
}
