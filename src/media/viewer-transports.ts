import type { Router, WebRtcTransport } from 'mediasoup/types';
import { createWebRtcTransport } from './webrtc-transport.ts';
import type { WorkerHome } from './worker-process.ts';

/** A transport for one viewer. */
export interface TakenTransport {
  readonly transport: WebRtcTransport;
  /** Tells that it has closed. Call it once. */
  readonly leave: () => void;
}

/**
 * The transports of one router's viewers. While there are viewers, one more is open than they use: the spare one, which the next viewer takes
 * instead of waiting for the worker to open one. All are opened with the same options, and until it has a peer a transport costs only its memory.
 */
export class ViewerTransports {
  readonly #router: Router;
  readonly #home: WorkerHome;
  /** Open, or being opened. Whoever takes it takes it away. */
  #spare: Promise<WebRtcTransport> | undefined;
  #viewers = 0;

  constructor(router: Router, home: WorkerHome) {
    this.#router = router;
    this.#home = home;
  }

  /** Takes the spare transport, or opens one. Throws `ERR_MEDIA_UNAVAILABLE`. */
  async take(): Promise<TakenTransport> {
    this.#viewers += 1;
    const leave = (): void => {
      this.#leave();
    };
    try {
      return { transport: (await this.#takeSpare()) ?? (await this.#open()), leave };
    } catch (error) {
      leave();
      throw error;
    }
  }

  /**
   * Opens the spare transport, unless it is there or nobody watches. Call it when a viewer has its answer: before, it would stand in the way of
   * what the viewer waits for.
   */
  refill(): void {
    if (this.#spare !== undefined || this.#viewers === 0 || this.#router.closed) return;
    const spare = this.#open();
    this.#spare = spare;
    spare.catch(() => {
      if (this.#spare === spare) this.#spare = undefined; // the next viewer opens one, and is told
    });
  }

  async #takeSpare(): Promise<WebRtcTransport | undefined> {
    const taken = this.#spare;
    this.#spare = undefined;
    const spare = await taken?.catch(() => undefined); // then one is opened, which may fail for itself
    return spare?.closed === false ? spare : undefined;
  }

  async #open(): Promise<WebRtcTransport> {
    return createWebRtcTransport(this.#router, this.#home);
  }

  #leave(): void {
    this.#viewers -= 1;
    if (this.#viewers > 0) return;
    const left = this.#spare;
    this.#spare = undefined;
    left?.then((spare) => spare.close()).catch(() => undefined); // one that never opened is none to close
  }
}
