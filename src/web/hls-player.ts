import type Hls from './hls.js';
import { catchUp } from './hls-settings.ts';
import type { LayerChoice, PlayerLayer } from './player-layers.ts';
import type { PlayerState } from './player-state.ts';
import type { PlayerStats } from './player-stats.ts';
import { backOffMs } from './retry-plan.ts';
import { StateTarget } from './state-target.ts';

/** Where to watch, and on what. */
export interface HlsPlayerOptions {
  /** The URL of the multivariant playlist. */
  readonly url: string;
  /** A bearer token. Default: none. */
  readonly token?: string | undefined;
  /** The element that plays. */
  readonly video: HTMLVideoElement;
}

/** What hls.js tells of a failed load. */
interface LoadFailure {
  readonly fatal: boolean;
  readonly type: string;
  readonly details: string;
  readonly response?: { readonly code?: number | undefined } | undefined;
}

/** How long to wait where a server says that there is nothing to play yet, in milliseconds. */
const waitMs = 2_000;

/**
 * Plays a stream over HLS with hls.js, or natively on Apple's devices, some seconds behind: for those who cannot be reached by WebRTC.
 *
 * It has the states of a {@link WhepPlayer}, and goes on by itself through publishers that come and go.
 */
export class HlsPlayer extends StateTarget<PlayerState> {
  readonly #options: HlsPlayerOptions;
  readonly #closing = new AbortController();
  readonly #startedAt = performance.now();
  #hls: Hls | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #firstFrameMs: number | undefined;
  #frames = { count: 0, at: 0, perSecond: 0 };

  constructor(options: HlsPlayerOptions) {
    super({ name: 'connecting' });
    this.#options = options;
    const { video } = options;
    const { signal } = this.#closing;
    video.addEventListener('playing', () => this.#playing(), { signal });
    video.addEventListener('waiting', () => this.#stalled(), { signal });
    video.addEventListener('ended', () => this.#retry('The stream has ended. Playback begins anew when there is another.'), { signal });
    addEventListener('pagehide', () => void this.close(), { signal });
    void this.#start();
  }

  /** Whether there is sound, as far as the browser tells. */
  get hasAudio(): boolean {
    return (
      this.#hls === undefined || this.#hls.audioTracks.length > 0 || this.#hls.levels.some(({ audioCodec }) => audioCodec !== undefined)
    );
  }

  /** Whether there is a picture. */
  get hasVideo(): boolean {
    return this.#options.video.videoWidth > 0;
  }

  /** The renditions, smallest first; none where the browser plays by itself. */
  get layers(): readonly PlayerLayer[] {
    const hls = this.#hls;
    return (hls?.levels ?? []).map(({ width, height, bitrate }, index) => ({
      spatialLayerId: index,
      rid: undefined,
      width: width || undefined,
      height: height || undefined,
      bitrate,
      isActive: true,
      isCurrent: index === hls?.currentLevel,
    }));
  }

  /** What was chosen; undefined: hls.js chooses by itself. */
  get choice(): LayerChoice | undefined {
    return this.#hls === undefined || this.#hls.autoLevelEnabled ? undefined : { spatialLayerId: this.#hls.manualLevel };
  }

  /** What is played now, in the terms of WebRTC as far as they apply; undefined before the first picture. */
  async stats(): Promise<PlayerStats | undefined> {
    const { video } = this.#options;
    if (this.#firstFrameMs === undefined) return undefined;
    const level = this.#hls?.levels[this.#hls.currentLevel];
    const at = performance.now();
    return {
      at,
      videoCodec: level?.videoCodec?.startsWith('avc1') === true ? 'H264' : level?.videoCodec,
      audioCodec: this.hasAudio ? 'AAC' : undefined,
      width: video.videoWidth || undefined,
      height: video.videoHeight || undefined,
      framesPerSecond: this.#frameRate(at),
      framesDecoded: video.getVideoPlaybackQuality().totalVideoFrames,
      bitsPerSecond: level?.bitrate,
      audioBytesReceived: 0,
      videoBytesReceived: 0,
      packetsReceived: 0,
      packetsLost: 0,
      lossRatio: undefined,
      jitterMs: undefined,
      roundTripMs: undefined,
      protocol: 'HLS',
      firstFrameMs: this.#firstFrameMs,
    };
  }

  /** What the network carries, in bit/s, as hls.js estimates it. */
  async estimate(): Promise<number | undefined> {
    return this.#hls?.bandwidthEstimate;
  }

  /** Chooses one of the {@link layers} by its place from the next segment on, or none: hls.js chooses. False: there is no choice. */
  async choose(choice: LayerChoice | undefined): Promise<boolean> {
    if (this.#hls === undefined) return false;
    this.#hls.nextLevel = choice?.spatialLayerId ?? -1;
    this.#tellLayers();
    return true;
  }

  /** Makes the next attempt now. */
  retryNow(): void {
    if (this.#timer === undefined) return;
    clearTimeout(this.#timer);
    void this.#start();
  }

  /** Stops playing. Idempotent. */
  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    clearTimeout(this.#timer);
    this.#unload();
    this.enter({ name: 'closed' });
  }

  async #start(): Promise<void> {
    this.#timer = undefined;
    const { url, token, video } = this.#options;
    video.srcObject = null;
    if (playsNatively(video)) {
      video.src = token === undefined ? url : `${url}?${new URLSearchParams({ access_token: token })}`;
      video.addEventListener('error', () => this.#retry('This stream cannot be loaded.'), { once: true, signal: this.#closing.signal });
      return this.#play();
    }
    const { default: Player } = await import('./hls.js');
    if (this.#closing.signal.aborted) return;
    this.#unload();
    const hls = new Player({
      ...catchUp,
      workerPath: new URL('./hls.worker.js', import.meta.url).href,
      xhrSetup: (request, requested) => {
        if (requested === url && token !== undefined) request.setRequestHeader('Authorization', `Bearer ${token}`);
      },
    });
    this.#hls = hls;
    for (const event of [Player.Events.MANIFEST_PARSED, Player.Events.LEVELS_UPDATED, Player.Events.LEVEL_SWITCHED]) {
      hls.on(event, () => this.#tellLayers());
    }
    hls.on(Player.Events.ERROR, (_event, failure) => this.#failed(failure));
    hls.loadSource(url);
    hls.attachMedia(video);
    return this.#play();
  }

  async #play(): Promise<void> {
    // Where the browser wants a gesture first, the element stays paused and the page shows its own button.
    await this.#options.video.play().catch(() => {});
  }

  #tellLayers(): void {
    this.dispatchEvent(new Event('layers'));
  }

  #playing(): void {
    this.#attempt = 0;
    this.#firstFrameMs ??= performance.now() - this.#startedAt;
    if (this.state.name !== 'playing') this.enter({ name: 'playing' });
  }

  #stalled(): void {
    if (this.state.name === 'playing')
      this.enter({ name: 'waiting', reason: 'Nothing arrives at the moment. Playback resumes by itself.' });
  }

  #failed({ fatal, type, response }: LoadFailure): void {
    if (!fatal) return;
    const status = response?.code;
    if (type === 'mediaError' && this.#attempt === 0) {
      this.#attempt += 1;
      this.#hls?.recoverMediaError();
      return;
    }
    if (status === 401 || status === 403) this.#give('A token is needed for this stream.', status);
    else if (status === 404 || status === 503 || status === 409) this.#wait();
    else this.#retry('The stream cannot be loaded.');
  }

  /** Nothing to see yet, or any more. */
  #wait(): void {
    this.#unload();
    this.enter({ name: 'waiting', reason: 'Playback begins as soon as there is something to see.' });
    this.#timer = setTimeout(() => void this.#start(), waitMs);
  }

  #retry(reason: string): void {
    this.#unload();
    const delayMs = backOffMs(this.#attempt, Math.random());
    this.#attempt += 1;
    this.enter({ name: 'reconnecting', reason, attempt: this.#attempt, retryAt: Date.now() + delayMs });
    this.#timer = setTimeout(() => void this.#start(), delayMs);
  }

  #give(reason: string, status: number): void {
    this.#unload();
    this.enter({ name: 'failed', reason, code: `HTTP_${status}`, status });
  }

  #unload(): void {
    this.#hls?.destroy();
    this.#hls = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Over about a second. */
  #frameRate(at: number): number {
    const count = this.#options.video.getVideoPlaybackQuality().totalVideoFrames;
    if (at - this.#frames.at >= 1000) {
      const perSecond = this.#frames.at === 0 ? 0 : ((count - this.#frames.count) * 1000) / (at - this.#frames.at);
      this.#frames = { count, at, perSecond };
    }
    return this.#frames.perSecond;
  }
}

/** Only Apple's own player is kept up to date with HLS; other browsers that say they can play it are served better by hls.js. */
function playsNatively(video: HTMLVideoElement): boolean {
  return navigator.vendor.startsWith('Apple') && video.canPlayType('application/vnd.apple.mpegurl') !== '';
}
