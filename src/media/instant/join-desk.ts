import type { EventEmitter } from 'node:events';
import type { EngineEvents, JoinOutcome } from '../engine.ts';

/** GOPs that are replayed at once, over all streams: each costs Node 15–20 ms of CPU, and more would hold up everybody. */
const mostInjections = 50;

/** How often packets that wait for their pace are looked at, in milliseconds. */
const tickMs = 2;

/** Longest time in a row for that, in milliseconds; who did not get a turn is first the next time. */
const turnMs = 4;

/** Something that sends what its pace allows. */
export interface Pumped {
  pump(nowMs: number): void;
}

/** Anything that holds packets back for newcomers. */
interface Holding {
  readonly bytes: number;
}

/** What all instant joins of an engine share: the limit, the clock and the counting. */
export class JoinDesk {
  readonly #observer: EventEmitter<EngineEvents>;
  readonly #caches = new Set<Holding>();
  readonly #pumped = new Set<Pumped>();
  #seats = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(observer: EventEmitter<EngineEvents>) {
    this.#observer = observer;
  }

  /** Viewers to whom packets are injected now. */
  get injections(): number {
    return this.#seats;
  }

  /** Size of all cached GOPs, in bytes. */
  get cacheBytes(): number {
    return [...this.#caches].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  get hasRoom(): boolean {
    return this.#seats < mostInjections;
  }

  /** Takes a place for one injection, which {@link hasRoom} must have promised; give it back by disposing of the result. */
  take(): Disposable {
    this.#seats += 1;
    let taken = true;
    return {
      [Symbol.dispose]: () => {
        if (taken) this.#seats -= 1;
        taken = false;
      },
    };
  }

  /** Calls `pump` again and again, until the result is disposed of. */
  keepPumping(pumped: Pumped): Disposable {
    this.#pumped.add(pumped);
    this.#timer ??= setInterval(() => {
      this.#tick();
    }, tickMs);
    return {
      [Symbol.dispose]: () => {
        this.#pumped.delete(pumped);
        if (this.#pumped.size > 0) return;
        clearInterval(this.#timer);
        this.#timer = undefined;
      },
    };
  }

  /** Counts the size of a cache until the result is disposed of. */
  weigh(cache: Holding): Disposable {
    this.#caches.add(cache);
    return { [Symbol.dispose]: () => this.#caches.delete(cache) };
  }

  /** Tells strangers how a join went. */
  report(outcome: JoinOutcome): void {
    this.#observer.emit('instantjoin', outcome);
  }

  #tick(): void {
    const startedMs = performance.now();
    for (const pumped of [...this.#pumped]) {
      if (!this.#pumped.delete(pumped)) continue; // it has stopped while others were pumped
      this.#pumped.add(pumped); // last the next time
      pumped.pump(performance.now());
      if (performance.now() - startedMs > turnMs) return;
    }
  }
}
