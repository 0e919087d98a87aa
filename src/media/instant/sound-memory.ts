import { gopLimits, type PlacedPacket } from './gop-cache.ts';
import { followSound, type SoundSource } from './sound-feed.ts';
import type { ClockMapping } from './sender-report.ts';

/** How long sound is kept, in milliseconds: as long as a GOP may be, and a second in which it may be ahead of the picture. */
const keptMs = gopLimits.durationMs + 1000;

/** Keeps a track's latest sound, so that it can be replayed with the GOP of the picture beside it. */
export class SoundMemory implements Disposable {
  readonly #following: Disposable;
  #packets: PlacedPacket[] = [];
  #report: ClockMapping | undefined;

  constructor(source: SoundSource) {
    this.#following = followSound(source, {
      packet: (placed) => {
        this.#keep(placed);
      },
      clock: (mapping) => {
        this.#report = mapping;
      },
      ended: () => {
        this.#packets = [];
      },
    });
  }

  /** What came of late, in order. */
  get packets(): readonly PlacedPacket[] {
    return this.#packets.toSorted((one, other) => one.sequence - other.sequence);
  }

  /** What the publisher said last of its clock. */
  get report(): ClockMapping | undefined {
    return this.#report;
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
    this.#packets = [];
  }

  #keep(placed: PlacedPacket): void {
    const begin = placed.arrivedMs - keptMs;
    const fresh = this.#packets.findIndex(({ arrivedMs }) => arrivedMs >= begin);
    this.#packets.splice(0, fresh === -1 ? this.#packets.length : fresh);
    this.#packets.push(placed);
  }
}
