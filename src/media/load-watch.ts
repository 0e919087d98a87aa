import type { Worker } from 'mediasoup/types';
import type { LoadMeter } from './load-meter.ts';
import { sessionShare } from './placement.ts';

const periodMs = 1000;

/** A worker that owes an answer for so long gets no sessions, in milliseconds. */
const patienceMs = 3000;

/** A worker that is watched. */
interface Watched {
  readonly worker: Pick<Worker, 'getResourceUsage'>;
  readonly load: LoadMeter;
}

/** What a {@link LoadWatch} watches. */
interface LoadWatchOptions<Home extends Watched> {
  /** The workers that run now. */
  readonly homes: () => readonly Home[];
  /** A worker that owes an answer for longer than this hangs, in milliseconds. Default 30 000. */
  readonly hungMs?: number | undefined;
  readonly onHung: (home: Home) => void;
}

/**
 * Asks every worker once a second what CPU time it has used; one that does not answer is noticed.
 *
 * For how long it has owed the answer is told by looks and not by the clock: where the whole machine stood still, the clock went on, and the
 * workers did not hang.
 */
export class LoadWatch<Home extends Watched> implements Disposable {
  readonly #options: LoadWatchOptions<Home>;
  readonly #timer: NodeJS.Timeout;
  #sessionShare = sessionShare([]);

  constructor(options: LoadWatchOptions<Home>) {
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
  answering(): readonly Home[] {
    return this.#options.homes().filter(({ load }) => load.missed * periodMs < patienceMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { homes, hungMs = 30_000, onHung } = this.#options;
    for (const home of homes()) {
      const missed = home.load.look();
      if (missed === undefined)
        void this.#ask(home).catch(() => undefined); // it has died meanwhile, and is replaced
      else if (missed * periodMs > hungMs) onHung(home);
    }
    this.#sessionShare = sessionShare(homes().map(({ load }) => load));
  }

  async #ask({ worker, load }: Home): Promise<void> {
    load.asked();
    const { ru_utime: userMs, ru_stime: systemMs } = await worker.getResourceUsage();
    load.sample(userMs + systemMs, performance.now());
  }
}
