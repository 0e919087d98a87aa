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

/** CPU time of a media worker so far. */
interface WorkerUsage {
  readonly pid: number;
  readonly cpuMs: number;
}

/** Share of a core that the idlest worker used between two looks: a new session goes there. Undefined when none was seen twice. */
export function idlestShare(before: readonly WorkerUsage[], after: readonly WorkerUsage[], elapsedMs: number): number | undefined {
  const shares = after.flatMap(({ pid, cpuMs }) => {
    const then = before.find((worker) => worker.pid === pid);
    return then === undefined || elapsedMs <= 0 ? [] : [(cpuMs - then.cpuMs) / elapsedMs];
  });
  return shares.length === 0 ? undefined : Math.min(...shares);
}

/** What an {@link OverloadWatch} looks at, and how often. */
export interface OverloadOptions extends OverloadLimits {
  readonly workers: () => Promise<readonly WorkerUsage[]>;
  /** In milliseconds. Default 1000. */
  readonly periodMs?: number;
}

const resolutionMs = 20;

/** Looks at the load all the time, so that a request only has to ask. */
export class OverloadWatch implements Disposable {
  readonly #options: OverloadOptions;
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs });
  readonly #timer: NodeJS.Timeout;
  #usage: { readonly workers: readonly WorkerUsage[]; readonly atMs: number } = { workers: [], atMs: 0 };
  #isLooking = false;
  #reason: string | undefined;

  constructor(options: OverloadOptions) {
    this.#options = options;
    this.#delay.enable();
    const { periodMs = 1_000 } = options;
    this.#timer = setInterval(() => void this.#look().catch(() => undefined), periodMs).unref(); // a worker died: the next look finds the new one
  }

  /** Why no new session fits in now; undefined: it does. */
  get reason(): string | undefined {
    return this.#reason;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    this.#delay.disable();
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const eventLoopDelayMs = this.#delay.count === 0 ? 0 : this.#delay.mean / 1e6 - resolutionMs;
      this.#delay.reset();
      this.#reason = overloadOf(
        { eventLoopDelayMs, memoryBytes: process.memoryUsage.rss(), workerCpu: await this.#workerCpu() },
        this.#options,
      );
    } finally {
      this.#isLooking = false;
    }
  }

  async #workerCpu(): Promise<number | undefined> {
    if (this.#options.workerCpu === undefined) return undefined;
    const before = this.#usage;
    this.#usage = { workers: await this.#options.workers(), atMs: performance.now() };
    return idlestShare(before.workers, this.#usage.workers, this.#usage.atMs - before.atMs);
  }
}
