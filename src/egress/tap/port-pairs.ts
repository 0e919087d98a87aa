/** Where pairs are looked for: below the ports that Linux gives to clients by itself, beside those that media workers take. */
const firstPort = 30_000;
const lastPort = 39_998;

/** Two UDP ports of 127.0.0.1, RTP on the even one and RTCP on the next. Return it when the program has ended. */
export interface PortPair extends Disposable {
  readonly port: number;
}

/** Leases pairs of UDP ports to the programs of this gateway, so that no two of them get the same. */
export class PortPairs {
  readonly #leased = new Set<number>();
  #next: number;

  /** `start` in [0, 1) says where to begin, so that gateways on one machine do not try the same ports. */
  constructor(start: number) {
    this.#next = firstPort + 2 * Math.floor((start * (lastPort - firstPort)) / 2);
  }

  /** How many are leased now. */
  get size(): number {
    return this.#leased.size;
  }

  /** Takes a pair that is neither leased nor `bound` by anybody else. Throws `RangeError` when there is none. */
  lease(bound: ReadonlySet<number>): PortPair {
    for (let tries = 0; tries <= (lastPort - firstPort) / 2; tries += 1) {
      const port = this.#next;
      this.#next = port + 2 > lastPort ? firstPort : port + 2;
      if (this.#leased.has(port) || bound.has(port) || bound.has(port + 1)) continue;
      this.#leased.add(port);
      return { port, [Symbol.dispose]: () => this.#leased.delete(port) };
    }
    throw new RangeError('no pair of UDP ports is free');
  }
}
