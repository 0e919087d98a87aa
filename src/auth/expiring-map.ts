/** A map that forgets: each entry at its time, and the oldest ones when there are too many. Times in milliseconds on one clock. */
export class ExpiringMap<Value> {
  readonly #maxSize: number;
  readonly #entries = new Map<string, { readonly value: Value; readonly until: number }>();

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  get(key: string, now: number): Value | undefined {
    const entry = this.#entries.get(key);
    return entry !== undefined && now < entry.until ? entry.value : undefined;
  }

  set(key: string, value: Value, until: number): void {
    this.#entries.delete(key);
    this.#entries.set(key, { value, until });
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > this.#maxSize && oldest !== undefined) this.#entries.delete(oldest);
  }
}
