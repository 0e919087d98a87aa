import { asTimestamp } from '../rtp-header.ts';
import type { PlacedPacket } from './gop-cache.ts';

/** What is added to the numbers of a source, so that they go on from those of the source before. */
export interface Offsets {
  readonly sequence: number;
  readonly timestamp: number;
}

const unmoved: Offsets = { sequence: 0, timestamp: 0 };

/**
 * Puts sources that follow each other into one RTP stream: sequence numbers without a hole between them, timestamps as far apart as the packets
 * themselves. Has no clock: the time comes with each call.
 */
export class Continuity {
  readonly #clockRate: number;
  readonly #hasKeyFrames: boolean;
  #offsets: Offsets | undefined;
  #isFirst = true;
  #hasSent = false;
  #highest = 0;
  #last = { timestamp: 0, atMs: 0 };

  /** `clockRate` in Hz. */
  constructor(clockRate: number, hasKeyFrames: boolean) {
    this.#clockRate = clockRate;
    this.#hasKeyFrames = hasKeyFrames;
  }

  /** What packets are moved by now; undefined until a later source than the first has begun. */
  get offsets(): Offsets | undefined {
    return this.#isFirst ? unmoved : this.#offsets;
  }

  /** Another source follows; it begins with a key frame, because nothing before it can be decoded behind the one before. */
  begin(): void {
    if (this.#hasSent) this.#isFirst = false;
    this.#offsets = undefined;
  }

  /** Where a packet goes; undefined for one that must be left out. */
  place(
    { sequence, timestamp, beginsGop }: PlacedPacket,
    nowMs: number,
  ): { readonly sequence: number; readonly timestamp: number } | undefined {
    if (this.#offsets === undefined) {
      if (!this.#isFirst && this.#hasKeyFrames && !beginsGop) return undefined;
      this.#offsets = this.#isFirst ? unmoved : this.#behindTheLast(sequence, timestamp, nowMs);
    }
    const placed = { sequence: sequence + this.#offsets.sequence, timestamp: asTimestamp(timestamp + this.#offsets.timestamp) };
    this.#hasSent = true;
    if (placed.sequence >= this.#highest) {
      this.#highest = placed.sequence;
      this.#last = { timestamp: placed.timestamp, atMs: nowMs };
    }
    return placed;
  }

  #behindTheLast(sequence: number, timestamp: number, nowMs: number): Offsets {
    const elapsed = Math.max(1, Math.round(((nowMs - this.#last.atMs) * this.#clockRate) / 1000));
    return { sequence: this.#highest + 1 - sequence, timestamp: asTimestamp(this.#last.timestamp + elapsed - timestamp) };
  }
}
