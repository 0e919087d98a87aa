import { EventEmitter } from 'node:events';

/** How long to wait for something. */
export interface Patience {
  readonly timeoutMs: number;
  /** Fires when nobody waits any more. */
  readonly signal: AbortSignal;
}

/** Lets many wait for a condition that may become true with any change. */
export class ChangeSignal {
  readonly #changes = new EventEmitter<{ change: [] }>();

  constructor() {
    this.#changes.setMaxListeners(0); // every request that waits
  }

  /** Something has changed. */
  tell(): void {
    this.#changes.emit('change');
  }

  /** Calls a listener at every change until the result is disposed of. */
  listen(listener: () => void): Disposable {
    this.#changes.on('change', listener);
    return { [Symbol.dispose]: () => this.#changes.off('change', listener) };
  }

  /** Settles when the condition holds, the time is over, or nobody waits any more. Never rejects. */
  async until(condition: () => boolean, { timeoutMs, signal }: Patience): Promise<void> {
    if (condition() || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        listening[Symbol.dispose]();
        signal.removeEventListener('abort', settle);
        resolve();
      };
      const timer = setTimeout(settle, timeoutMs);
      const listening = this.listen(() => {
        if (condition()) settle();
      });
      signal.addEventListener('abort', settle, { once: true });
    });
  }
}
