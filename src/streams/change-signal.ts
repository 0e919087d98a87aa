import { EventEmitter } from 'node:events';

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

  /** Waits for the next change; false: `signal` fired before. */
  async next(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    return new Promise((resolve) => {
      const settle = (): void => {
        this.#events.off('change', settle);
        signal.removeEventListener('abort', settle);
        resolve(!signal.aborted);
      };
      this.#events.once('change', settle);
      signal.addEventListener('abort', settle, { once: true });
    });
  }
}
