import { unwrap } from './rtp-header.ts';

/** A packet is asked for again after this time (mediasoup ignores what comes sooner), in milliseconds, and so often. */
const retry = { everyMs: 100, times: 5 } as const;

/** So many packets are asked for in so many milliseconds: more at once would be lost as the first time. */
const turn = { packets: 24, ms: 10 } as const;

/** After a larger gap than this the stream goes on as it comes; what lies farther back is forgotten. */
const mostMissing = 2000;

const nothing: readonly number[] = [];

interface Wanted {
  askedAtMs: number;
  times: number;
}

/** Which packets of a stream did not come, by its sequence numbers. Has no clock: the time comes with each call. */
export class LossRepair {
  readonly #missing = new Map<number, Wanted>();
  #lowest = 0;
  #highest: number | undefined;
  #askedAtMs = -Infinity;

  /** Takes the number, of 16 bits, of a packet; false for one that was there before. */
  arrived(sequence16: number): boolean {
    const sequence = unwrap(sequence16, this.#highest);
    if (this.#highest === undefined || sequence - this.#highest > mostMissing) {
      this.#missing.clear();
      this.#lowest = sequence;
      this.#highest = sequence;
      return true;
    }
    if (sequence <= this.#highest) return this.#missing.delete(sequence) || sequence < this.#lowest;
    for (let absent = this.#highest + 1; absent < sequence; absent += 1) this.#missing.set(absent, { askedAtMs: -Infinity, times: 0 });
    this.#highest = sequence;
    return true;
  }

  /** The numbers, of 16 bits, of those that should be asked for now. */
  due(nowMs: number): readonly number[] {
    if (this.#missing.size === 0 || nowMs - this.#askedAtMs < turn.ms) return nothing;
    this.#askedAtMs = nowMs;
    const due: number[] = [];
    for (const [sequence, wanted] of this.#missing) {
      if ((this.#highest ?? 0) - sequence > mostMissing) this.#missing.delete(sequence);
      if (wanted.times === retry.times || nowMs - wanted.askedAtMs < retry.everyMs) continue;
      wanted.askedAtMs = nowMs;
      wanted.times += 1;
      if (due.push(sequence & 0xffff) === turn.packets) break;
    }
    return due;
  }
}

/** Asks for packets of a stream again: a generic NACK (RFC 4585 §6.2.1). */
export function nack(ssrc: number, sequences: readonly number[]): Buffer {
  const packet = Buffer.alloc(12 + 4 * sequences.length);
  packet.writeUInt8(0x81, 0);
  packet.writeUInt8(205, 1);
  packet.writeUInt16BE(2 + sequences.length, 2);
  packet.writeUInt32BE(ssrc, 8);
  for (const [index, sequence] of sequences.entries()) packet.writeUInt16BE(sequence, 12 + 4 * index);
  return packet;
}
