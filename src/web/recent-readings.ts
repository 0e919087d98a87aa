/** Readings older than this say little about the present. */
const windowMs = 3000;

/** Remembers the last seconds' readings, so that a rate can be taken over a span that is neither too short nor too long. */
export class RecentReadings<Reading extends { readonly at: number }> {
  #readings: readonly Reading[] = [];

  /** The oldest reading that is still recent, else the last one. */
  get earlier(): Reading | undefined {
    return this.#readings[0];
  }

  add(reading: Reading): void {
    const recent = this.#readings.filter((earlier) => earlier.at > reading.at - windowMs);
    this.#readings = [...recent, reading];
  }

  clear(): void {
    this.#readings = [];
  }
}
