import { gopLimits, type PlacedPacket } from './gop-cache.ts';
import { KeptPackets } from './kept-packets.ts';
import { followSound, type SoundSource } from './sound-feed.ts';
import type { ClockMapping } from './sender-report.ts';

/** How long sound is kept, in milliseconds: as long as a GOP may be, and a second in which it may be ahead of the picture. */
const keptMs = gopLimits.durationMs + 1000;

/** Keeps a track's latest sound, so that it can be replayed with the GOP of the picture beside it. */
export class SoundMemory implements Disposable {
  readonly #following: Disposable;
  /** What came in the present time of {@link keptMs}, and in the one before. */
  #present = new KeptPackets();
  #before = new KeptPackets();
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
        this.#forget();
      },
    });
  }

  /** What came of late, in order. */
  get packets(): readonly PlacedPacket[] {
    const begin = this.#present.arrivedMs(this.#present.length - 1) - keptMs;
    const packets = [...this.#before.from(), ...this.#present.from()].filter(({ arrivedMs }) => arrivedMs >= begin);
    return packets.toSorted((one, other) => one.sequence - other.sequence);
  }

  /** What the publisher said last of its clock. */
  get report(): ClockMapping | undefined {
    return this.#report;
  }

  [Symbol.dispose](): void {
    this.#following[Symbol.dispose]();
    this.#forget();
  }

  #keep(placed: PlacedPacket): void {
    if (this.#present.length > 0 && placed.arrivedMs - this.#present.arrivedMs(0) > keptMs) {
      [this.#before, this.#present] = [this.#present, this.#before];
      this.#present.clear();
    }
    this.#present.insert(this.#present.length, placed);
  }

  #forget(): void {
    this.#before.clear();
    this.#present.clear();
  }
}
