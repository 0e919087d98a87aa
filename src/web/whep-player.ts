import type { PeerSession } from './peer-session.ts';
import { type LayerChoice, type PlayerLayer, readLayers } from './player-layers.ts';
import { offerToReceive } from './player-offer.ts';
import type { PlayerState } from './player-state.ts';
import { describePlayback, type PlayerStats } from './player-stats.ts';
import { RecentReadings } from './recent-readings.ts';
import { SessionKeeper, type Setback } from './session-keeper.ts';
import { StateTarget } from './state-target.ts';
import { listStats } from './stats-report.ts';

/** Where to watch, and on what. */
export interface WhepPlayerOptions {
  /** The WHEP URL. */
  readonly endpoint: string;
  /** A bearer token. Default: none. */
  readonly token?: string | undefined;
  /** The element that plays. It is muted at first, so that the browser lets it start. Default: none; use {@link WhepPlayer.mediaStream}. */
  readonly video?: HTMLMediaElement | undefined;
  /** STUN and TURN servers, for viewers that cannot reach the media port. Default: none. */
  readonly iceServers?: readonly RTCIceServer[] | undefined;
  /**
   * Hear of layers, viewers and the server's wish to reconnect. Takes one HTTP connection, of which browsers have six for each server without
   * HTTP/2: pages with many players should do without. Default true.
   */
  readonly events?: boolean | undefined;
}

/** How often the arrival of packets is looked at. */
const lookEveryMs = 400;

/** A live stream that has been silent for this long has no publisher at the moment. */
const silenceMs = 2000;

/**
 * Plays a stream over WHEP, and goes on playing it: through publishers that come and go, lost networks and restarted servers.
 *
 * Like an `EventSource` it connects by itself once constructed and keeps the connection until `close()`.
 *
 * @example
 * const player = new WhepPlayer({ endpoint: '/whep/show', video: document.querySelector('video') });
 * player.addEventListener('state', ({ state }) => console.log(state.name));
 * player.addEventListener('layers', () => console.log(player.layers.map(({ height }) => height)));
 *
 * @see draft-ietf-wish-whep
 */
export class WhepPlayer extends StateTarget<PlayerState> {
  readonly #video: HTMLMediaElement | undefined;
  readonly #hearsEvents: boolean;
  readonly #keeper: SessionKeeper;
  readonly #readings = new RecentReadings<PlayerStats>();
  #mediaStream: MediaStream | undefined;
  #firstFrameMs: number | undefined;
  #looking: ReturnType<typeof setInterval> | undefined;
  #layers: readonly PlayerLayer[] = [];
  #viewers: number | undefined;
  #choice: LayerChoice | undefined;
  /** The last sign of media: totals that changed, and when. */
  #sign = { packets: 0, frames: 0, at: 0 };

  constructor(options: WhepPlayerOptions) {
    super({ name: 'connecting' });
    this.#video = options.video;
    this.#hearsEvents = options.events ?? true;
    if (this.#video) this.#video.muted = true;
    this.#keeper = new SessionKeeper(
      { url: options.endpoint, token: options.token },
      {
        prepare: () => offerToReceive(options.iceServers ?? []),
        opened: (session) => this.#opened(session),
        setback: (setback) => this.#setback(setback),
      },
    );
  }

  /** The tracks of the present session; a new stream after each reconnection. */
  get mediaStream(): MediaStream | undefined {
    return this.#mediaStream;
  }

  /** The present session's peer connection, for debugging. */
  get peer(): RTCPeerConnection | undefined {
    return this.#keeper.session?.peer;
  }

  /** Whether the present session has an audio track. */
  get hasAudio(): boolean {
    return (this.#mediaStream?.getAudioTracks().length ?? 0) > 0;
  }

  /** Whether the present session has a video track. */
  get hasVideo(): boolean {
    return (this.#mediaStream?.getVideoTracks().length ?? 0) > 0;
  }

  /** The picture sizes of the stream, smallest first; empty until the server has told. An event `layers` tells of each change. */
  get layers(): readonly PlayerLayer[] {
    return this.#layers;
  }

  /** What was chosen; undefined: the server chooses. */
  get choice(): LayerChoice | undefined {
    return this.#choice;
  }

  /** How many watch; undefined until the server has told. An event `viewers` tells of each change. */
  get viewers(): number | undefined {
    return this.#viewers;
  }

  /**
   * Chooses what to be sent; undefined leaves it to the server. It holds for later sessions too, as far as they can have it.
   *
   * Resolves false when the server cannot do that; then what was chosen before holds on.
   *
   * @see WHEP core extensions, video layer selection
   */
  async choose(choice: LayerChoice | undefined): Promise<boolean> {
    const done = (await this.#keeper.session?.chooseLayer(choice).catch(() => false)) ?? true;
    if (done) this.#choice = choice;
    if (done) this.dispatchEvent(new Event('layers'));
    return done;
  }

  /** What the server thinks that the network carries, in bit/s; undefined where it does not know. */
  async estimate(): Promise<number | undefined> {
    return (await this.#keeper.session?.layerState().catch(() => undefined))?.estimate;
  }

  /** What arrives now, or undefined while there is no session. */
  async stats(): Promise<PlayerStats | undefined> {
    const session = this.#keeper.session;
    if (session === undefined) return undefined;
    const entries = listStats(await session.peer.getStats());
    const context = { at: performance.now(), firstFrameMs: this.#firstFrameMs, before: this.#readings.earlier };
    const stats = describePlayback(entries, context);
    if (session === this.#keeper.session) this.#readings.add(stats);
    return stats;
  }

  /** Makes the next attempt now, while waiting or reconnecting. */
  retryNow(): void {
    this.#keeper.retryNow();
  }

  /** Stops playing and ends the session. Idempotent; resolves when the server knows. */
  async close(): Promise<void> {
    if (this.state.name === 'closed') return;
    this.#stopLooking();
    const ending = this.#keeper.close();
    this.enter({ name: 'closed' });
    await ending;
  }

  #opened(session: PeerSession): void {
    if (this.state.name === 'waiting') this.enter({ name: 'connecting' }); // somebody publishes now
    this.#readings.clear();
    this.#firstFrameMs = undefined;
    this.#sign = { packets: 0, frames: 0, at: performance.now() };
    const received = session.peer.getTransceivers().filter((transceiver) => transceiver.currentDirection === 'recvonly');
    this.#mediaStream = new MediaStream(received.map((transceiver) => transceiver.receiver.track));
    this.#play(session, this.#mediaStream);
    if (this.#hearsEvents) this.#listen(session);
    this.#looking = setInterval(() => void this.#look(session), lookEveryMs);
  }

  #listen(session: PeerSession): void {
    let wanted = this.#choice;
    session.listen({
      layers: (data) => {
        this.#layers = readLayers(data);
        this.dispatchEvent(new Event('layers'));
        // Only now does the server know what a choice means.
        if (wanted !== undefined) void session.chooseLayer(wanted).catch(() => {});
        wanted = undefined;
      },
      viewercount: (data) => {
        this.#viewers = (JSON.parse(data) as { readonly viewercount: number }).viewercount;
        this.dispatchEvent(new Event('viewers'));
      },
      reconnect: () => session.lose({ by: 'server', reason: 'The server asked for a new session.' }),
    });
  }

  #play(session: PeerSession, mediaStream: MediaStream): void {
    const video = this.#video;
    if (video === undefined) return;
    video.srcObject = mediaStream;
    // Where the browser wants a gesture first, the element stays paused and the page shows its own button.
    video.play().catch(() => {});
    this.#awaitPicture(session);
  }

  /** Notices the next picture in the moment it is shown; where the browser cannot tell, `#look` does a little later. */
  #awaitPicture(session: PeerSession): void {
    const video = this.#video;
    if (!(video instanceof HTMLVideoElement) || !('requestVideoFrameCallback' in video)) return;
    video.requestVideoFrameCallback((_now, { presentationTime }) => {
      if (session !== this.#keeper.session) return;
      this.#firstFrameMs ??= presentationTime - session.postedAt;
      this.#flowing();
    });
  }

  /** Notices that media flows, or has ceased, on a connection that is up. */
  async #look(session: PeerSession): Promise<void> {
    if (session.peer.connectionState !== 'connected') return;
    const stats = await this.stats();
    if (stats === undefined || session !== this.#keeper.session) return;
    const { packets, frames, at } = this.#sign;
    if (stats.packetsReceived !== packets) {
      this.#sign = { packets: stats.packetsReceived, frames: stats.framesDecoded, at: stats.at };
      if (!this.hasVideo || stats.framesDecoded !== frames) this.#flowing();
    } else if (stats.at - Math.max(at, session.connectedAt ?? stats.at) > silenceMs) {
      this.#silent(session);
    }
  }

  #silent(session: PeerSession): void {
    if (this.state.name === 'waiting') return;
    this.#awaitPicture(session);
    this.#wait('The publisher is away. Playback resumes by itself.');
  }

  #flowing(): void {
    if (this.state.name !== 'playing') this.enter({ name: 'playing' });
  }

  #wait(reason: string): void {
    if (this.state.name === 'waiting' && this.state.reason === reason) return;
    this.enter({ name: 'waiting', reason });
  }

  #setback({ reason, code, status, attempt, retryAt }: Setback): void {
    this.#stopLooking();
    if (retryAt === undefined) this.enter({ name: 'failed', reason, code, status });
    else if (status === 409) this.#wait(reason);
    // A server that ends a session whose publisher did not return says so at the next attempt.
    else if (this.state.name !== 'waiting' || code !== 'ERR_SESSION_LOST') this.enter({ name: 'reconnecting', reason, attempt, retryAt });
  }

  #stopLooking(): void {
    clearInterval(this.#looking);
  }
}
