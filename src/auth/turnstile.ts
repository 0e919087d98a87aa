/** How many may pass. */
export interface TurnstileOptions {
  readonly atOnce: number;
  /** How many may wait for their turn, besides. */
  readonly waiting: number;
  /** How many turns one address may have or wait for. */
  readonly perAddress: number;
}

/** Lets only so many pass at once, so that something costly cannot be made to eat the machine, nor one address to lock out all others. */
export class Turnstile {
  readonly #options: TurnstileOptions;
  readonly #waiting: (() => void)[] = [];
  readonly #held = new Map<string, number>();
  #inside = 0;

  constructor(options: TurnstileOptions) {
    this.#options = options;
  }

  /** A turn, to be disposed of at its end; undefined: there is none to be had, now. */
  enter(address: string): Promise<Disposable> | undefined {
    const held = this.#held.get(address) ?? 0;
    const isFull = this.#inside >= this.#options.atOnce;
    if (held >= this.#options.perAddress || (isFull && this.#waiting.length >= this.#options.waiting)) return undefined;
    this.#held.set(address, held + 1);
    return this.#turn(isFull, address);
  }

  async #turn(mustWait: boolean, address: string): Promise<Disposable> {
    if (mustWait) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#inside += 1;
    let isOver = false;
    return {
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        this.#leave(address);
      },
    };
  }

  #leave(address: string): void {
    const held = this.#held.get(address) ?? 0;
    if (held > 1) this.#held.set(address, held - 1);
    else this.#held.delete(address);
    const next = this.#waiting.shift();
    if (next === undefined) this.#inside -= 1;
    else next();
  }
}
