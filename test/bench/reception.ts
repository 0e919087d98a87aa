/** What came of one RTP stream, by its sequence numbers and its clock (RFC 3550 appendix A). */
export class Reception {
  readonly #clockRate: number;
  packets = 0;
  /** Between two packets in order of arrival, in milliseconds; since it was last reset. */
  longestGapMs = 0;
  /** Interarrival jitter, in milliseconds. */
  jitterMs = 0;
  #first: number | undefined;
  #highest = 0;
  #lastArrivalMs: number | undefined;
  #lastTransitMs: number | undefined;

  constructor(clockRate: number) {
    this.#clockRate = clockRate;
  }

  /** Missing so far; packets that are still on their way count. */
  get lost(): number {
    return this.#first === undefined ? 0 : Math.max(0, this.#highest - this.#first + 1 - this.packets);
  }

  add(packet: Uint8Array, nowMs: number): void {
    const sequence = (byteAt(packet, 2) << 8) | byteAt(packet, 3);
    this.packets += 1;
    if (this.#first === undefined) this.#first = this.#highest = sequence;
    else {
      const ahead = ((sequence - this.#highest + 0x18000) & 0xffff) - 0x8000;
      if (ahead > 0) this.#highest += ahead;
    }
    if (this.#lastArrivalMs !== undefined) this.longestGapMs = Math.max(this.longestGapMs, nowMs - this.#lastArrivalMs);
    this.#lastArrivalMs = nowMs;
    const timestamp = ((byteAt(packet, 4) << 24) | (byteAt(packet, 5) << 16) | (byteAt(packet, 6) << 8) | byteAt(packet, 7)) >>> 0;
    const transitMs = nowMs - (timestamp / this.#clockRate) * 1000;
    if (this.#lastTransitMs !== undefined) this.jitterMs += (Math.abs(transitMs - this.#lastTransitMs) - this.jitterMs) / 16;
    this.#lastTransitMs = transitMs;
  }
}

function byteAt(packet: Uint8Array, index: number): number {
  return packet[index] ?? 0;
}
