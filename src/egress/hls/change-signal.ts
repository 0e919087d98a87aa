import { EventEmitter } from 'node:events';

/** How long to wait for something. */
export interface Patience {
  readonly timeoutMs: number;
  /** Fires when nobody waits any more. */
  readonly signal: AbortSignal;
}

/** What is waited for. */
export interface Condition {
  /** The same for the same condition: a crowd that waits for one thing looks at it once. */
  readonly name: string;
  readonly holds: () => boolean;
}

interface Waiting {
  readonly holds: () => boolean;
  readonly settle: Set<() => void>;
}

/** Lets many wait for conditions that may become true with any change. */
export class ChangeSignal {
  readonly #changes = new EventEmitter<{ change: [] }>();
  readonly #waiting = new Map<string, Waiting>();

  /** Something has changed. */
  tell(): void {
    this.#changes.emit('change');
    for (const [name, { holds, settle }] of this.#waiting) {
      if (!holds()) continue;
      this.#waiting.delete(name);
      for (const each of settle) each();
    }
  }

  /** Calls a listener at every change until the result is disposed of. */
  listen(listener: () => void): Disposable {
    this.#changes.on('change', listener);
    return { [Symbol.dispose]: () => this.#changes.off('change', listener) };
  }

  /** Settles when the condition holds, the time is over, or nobody waits any more. Never rejects. */
  async until({ name, holds }: Condition, { timeoutMs, signal }: Patience): Promise<void> {
    if (holds() || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const settle = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', settle);
        waiting.settle.delete(settle);
        if (waiting.settle.size === 0 && this.#waiting.get(name) === waiting) this.#waiting.delete(name);
        resolve();
      };
      const timer = setTimeout(settle, timeoutMs);
      const waiting = this.#waiting.get(name) ?? { holds, settle: new Set() };
      this.#waiting.set(name, waiting);
      waiting.settle.add(settle);
      signal.addEventListener('abort', settle, { once: true });
    });
  }
}
