import { EventEmitter } from 'node:events';

/** How long something is waited for. */
export interface WaitLimits {
  /** In milliseconds. */
  readonly timeoutMs: number;
  /** Fires when nobody waits any more. */
  readonly signal: AbortSignal;
}

/** Tells those who wait that something has changed; what, they look up themselves. */
export class ChangeSignal {
  readonly #events = new EventEmitter<{ change: [] }>();

  constructor() {
    this.#events.setMaxListeners(0); // a whole audience may wait
  }

  /** Wakes everybody who waits now. */
  emit(): void {
    this.#events.emit('change');
  }

  /** Waits until something is so, or the wait is over; nothing outlives that. */
  async until(isSo: () => boolean, { timeoutMs, signal }: WaitLimits): Promise<void> {
    if (isSo()) return;
    const late = new AbortController();
    const timer = setTimeout(() => {
      late.abort();
    }, timeoutMs);
    const over = AbortSignal.any([signal, late.signal]);
    try {
      while (!over.aborted && !isSo()) await this.#next(over);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits for the next change, or until `signal` fires. */
  async #next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const settle = (): void => {
        this.#events.off('change', settle);
        signal.removeEventListener('abort', settle);
        resolve();
      };
      this.#events.once('change', settle);
      signal.addEventListener('abort', settle, { once: true });
    });
  }
}
