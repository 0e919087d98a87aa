import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Beyond which the gateway takes no more sessions; undefined: not looked at. */
export interface OverloadLimits {
  /** Mean delay of our own thread, in milliseconds. */
  readonly eventLoopDelayMs?: number | undefined;
  /** Resident memory of our own process, in bytes. */
  readonly memoryBytes?: number | undefined;
  /** Share of its core that the idlest media worker uses, 0 to 1. */
  readonly workerCpu?: number | undefined;
}

/** What was measured over one period. */
export interface Load {
  readonly eventLoopDelayMs: number;
  readonly memoryBytes: number;
  /** Undefined: not known. */
  readonly workerCpu: number | undefined;
}

/** Which limit the load exceeds; undefined: none. */
export function overloadOf(load: Load, limits: OverloadLimits): string | undefined {
  if (load.eventLoopDelayMs > (limits.eventLoopDelayMs ?? Infinity)) return 'event loop delay';
  if (load.memoryBytes > (limits.memoryBytes ?? Infinity)) return 'memory';
  if ((load.workerCpu ?? 0) > (limits.workerCpu ?? Infinity)) return 'worker CPU';
  return undefined;
}

/** What an {@link OverloadWatch} looks at, and how often. */
export interface OverloadOptions extends OverloadLimits {
  /** Share of its core that each media worker uses now. */
  readonly workerShares: () => readonly number[];
  /** In milliseconds. Default 1000. */
  readonly periodMs?: number;
}

/** How often our thread is looked at, in milliseconds. Each look wakes it up, which is most of what an idle gateway costs. */
const resolutionMs = 100;

/** Looks at the load all the time, so that a request only has to ask. */
export class OverloadWatch implements Disposable {
  readonly #options: OverloadOptions;
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #timer: NodeJS.Timeout;
  #reason: string | undefined;

  constructor(options: OverloadOptions) {
    this.#options = options;
    this.#delay.enable();
    const { periodMs = 1_000 } = options;
    this.#timer = setInterval(() => {
      this.#look();
    }, periodMs).unref();
  }

  /** Why no new session fits in now; undefined: it does. */
  get reason(): string | undefined {
    return this.#reason;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  #look(): void {
    const eventLoopDelayMs = this.#delay.count === 0 ? 0 : this.#delay.mean / 1e6 - resolutionMs;
    this.#delay.reset();
    const shares = this.#options.workerShares();
    // The idlest one counts: a new session can go there.
    const workerCpu = shares.length === 0 ? undefined : Math.min(...shares);
    this.#reason = overloadOf({ eventLoopDelayMs, memoryBytes: process.memoryUsage.rss(), workerCpu }, this.#options);
  }
}
