/** Keeps what a program writes line by line, so that nothing piles up while nobody looks. */
export class HeardLines<T> {
  #lines: T[] = [];
  #waiting: (() => void)[] = [];

  /** `next`: gives the next line; rejects when the program has ended. */
  constructor(next: () => Promise<T>) {
    void this.#follow(next).catch(() => undefined); // it was disposed of: no more lines
  }

  /** The lines since the last time, and one more at least. */
  async take(): Promise<readonly [T, ...T[]]> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    const [first, ...rest] = this.#lines.splice(0);
    if (first === undefined) throw new TypeError('a line has come');
    return [first, ...rest];
  }

  async #follow(next: () => Promise<T>): Promise<void> {
    for (;;) {
      this.#lines.push(await next());
      for (const resolve of this.#waiting.splice(0)) resolve();
    }
  }
}
