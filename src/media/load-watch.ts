import type { WorkerHome } from './worker-process.ts';
import { sessionShare } from './placement.ts';

const periodMs = 1000;

/** A worker that owes an answer for longer than this gets no sessions, in milliseconds. */
const patienceMs = 3000;

/** What a {@link LoadWatch} watches. */
export interface LoadWatchOptions {
  /** The workers that run now. */
  readonly homes: () => readonly WorkerHome[];
  /** A worker that owes an answer for longer than this hangs, in milliseconds. Default 30 000. */
  readonly hungMs?: number | undefined;
  readonly onHung: (home: WorkerHome) => void;
}

/** Asks every worker once a second what CPU time it has used; one that does not answer is noticed. */
export class LoadWatch implements Disposable {
  readonly #options: LoadWatchOptions;
  readonly #timer: NodeJS.Timeout;
  #sessionShare = sessionShare([]);

  constructor(options: LoadWatchOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#look();
    }, periodMs).unref();
  }

  /** Share of a core that a session costs on average now. */
  get sessionShare(): number {
    return this.#sessionShare;
  }

  /** The workers that answer. */
  answering(): readonly WorkerHome[] {
    const nowMs = performance.now();
    return this.#options.homes().filter(({ load }) => load.silentMs(nowMs) < patienceMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { homes, hungMs = 30_000, onHung } = this.#options;
    const nowMs = performance.now();
    for (const home of homes()) {
      const silentMs = home.load.silentMs(nowMs);
      if (silentMs > hungMs) onHung(home);
      else if (silentMs === 0) void this.#ask(home).catch(() => undefined); // it has died meanwhile, and is replaced
    }
    this.#sessionShare = sessionShare(homes().map(({ load }) => load));
  }

  async #ask({ worker, load }: WorkerHome): Promise<void> {
    load.asked(performance.now());
    const { ru_utime: userMs, ru_stime: systemMs } = await worker.getResourceUsage();
    load.sample(userMs + systemMs, performance.now());
  }
}
