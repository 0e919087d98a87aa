import type { PlacedPacket } from './gop-cache.ts';

/** How long packets wait for one that is missing before them, in milliseconds: retransmission takes a round trip or two. */
const patienceMs = 300;

/** Puts packets into the order in which they were sent: what has overtaken others is kept until these have come. Has no clock: the time comes with each call. */
export class InOrder {
  #next: number | undefined;
  /** In order, all behind the next. */
  #kept: PlacedPacket[] = [];

  /** Takes what arrived, and gives what may go on. What comes later than it was waited for goes on by itself. */
  push(placed: PlacedPacket, nowMs: number): readonly PlacedPacket[] {
    this.#next ??= placed.sequence;
    if (placed.sequence < this.#next) return [placed];
    if (placed.sequence === this.#next && this.#kept.length === 0) {
      this.#next += 1;
      return [placed];
    }
    const before = this.#kept.findLastIndex(({ sequence }) => sequence < placed.sequence);
    this.#kept.splice(before + 1, 0, placed);
    return this.#kept.splice(0, this.#ready(this.#next, nowMs));
  }

  /** Gives everything that is kept. */
  flush(): readonly PlacedPacket[] {
    this.#next = undefined;
    return this.#kept.splice(0);
  }

  /** How many of the packets that are kept may go on. */
  #ready(next: number, nowMs: number): number {
    let expected = next;
    for (const [index, { sequence, arrivedMs }] of this.#kept.entries()) {
      if (sequence !== expected && nowMs - arrivedMs <= patienceMs) {
        this.#next = expected;
        return index;
      }
      expected = sequence + 1;
    }
    this.#next = expected;
    return this.#kept.length;
  }
}
