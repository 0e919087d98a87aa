import type { PlacedPacket } from './gop-cache.ts';

/** Size of the pieces in which memory is taken, in bytes; a larger packet gets a piece of its own. */
const pieceBytes = 64 * 1024;

/** A packet is a row of numbers: what is known of it, and where its bytes are. */
const columns = { sequence: 0, timestamp: 1, arrivedMs: 2, beginsGop: 3, piece: 4, at: 5, length: 6 } as const;
const rowLength = 7;

/**
 * A list of packets that are kept for seconds: rows of numbers, and pieces of memory with the packets one behind the other. After {@link clear} both
 * are written over, unless somebody was given what they hold.
 *
 * An object and a buffer for each packet would have grown old by the time it is dropped. V8 gives these back only when it collects its whole heap:
 * up to 10 MB would wait for that, and the more of them there are, the sooner it has to be done.
 */
export class KeptPackets {
  #rows = new Float64Array(64 * rowLength);
  #length = 0;
  #bytes = 0;
  #pieces: Uint8Array[] = [];
  /** The piece that is written to, and where in it. */
  #place = { piece: 0, at: 0 };
  #isLent = false;

  /** How many there are. */
  get length(): number {
    return this.#length;
  }

  /** Size of them all, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Sequence number of the packet at `index`, as it was given; 0 where there is none. */
  sequence(index: number): number {
    return this.#number(index, 'sequence');
  }

  /** RTP timestamp of the packet at `index`; 0 where there is none. */
  timestamp(index: number): number {
    return this.#number(index, 'timestamp');
  }

  /** When the packet at `index` arrived, in milliseconds; 0 where there is none. */
  arrivedMs(index: number): number {
    return this.#number(index, 'arrivedMs');
  }

  /** What the first `count` packets took to arrive, in bit/s; 0 where that cannot be told. */
  rate(count = this.#length): number {
    const tookMs = this.arrivedMs(count - 1) - this.arrivedMs(0);
    if (tookMs <= 0) return 0;
    let bytes = 0;
    for (let index = 0; index < count; index += 1) bytes += this.#number(index, 'length');
    return (bytes * 8000) / tookMs;
  }

  /** Copies a packet to the place `index` of the list, before those that are there and behind it. */
  insert(index: number, { packet, sequence, timestamp, arrivedMs, beginsGop }: PlacedPacket): void {
    const row = this.#makeRow(index);
    const place = this.#room(packet.length);
    const { piece, at } = place;
    this.#pieces[piece]?.set(packet, at);
    place.at += packet.length;
    const rows = this.#rows;
    rows[row + columns.sequence] = sequence;
    rows[row + columns.timestamp] = timestamp;
    rows[row + columns.arrivedMs] = arrivedMs;
    rows[row + columns.beginsGop] = beginsGop ? 1 : 0;
    rows[row + columns.piece] = piece;
    rows[row + columns.at] = at;
    rows[row + columns.length] = packet.length;
    this.#bytes += packet.length;
  }

  /** The packets from `index` on. They stay as they are for ever: the list takes other memory when it is cleared. */
  from(index = 0): readonly PlacedPacket[] {
    const count = Math.max(0, this.#length - index);
    if (count > 0) this.#isLent = true;
    return Array.from({ length: count }, (_none, offset) => this.#packet(index + offset));
  }

  /** Forgets all of them. */
  clear(): void {
    if (this.#isLent) this.#pieces = [];
    this.#isLent = false;
    this.#place = { piece: 0, at: 0 };
    this.#length = 0;
    this.#bytes = 0;
  }

  #packet(index: number): PlacedPacket {
    const at = this.#number(index, 'at');
    return {
      packet: this.#pieces[this.#number(index, 'piece')]?.subarray(at, at + this.#number(index, 'length')) ?? new Uint8Array(0),
      sequence: this.sequence(index),
      timestamp: this.timestamp(index),
      arrivedMs: this.arrivedMs(index),
      beginsGop: this.#number(index, 'beginsGop') === 1,
    };
  }

  #number(index: number, column: keyof typeof columns): number {
    return index < 0 || index >= this.#length ? 0 : (this.#rows[index * rowLength + columns[column]] ?? 0);
  }

  /** Where the row begins that is now free for the packet at `index`. */
  #makeRow(index: number): number {
    const end = this.#length * rowLength;
    if (end === this.#rows.length) {
      const larger = new Float64Array(2 * end);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    const row = index * rowLength;
    if (row < end) this.#rows.copyWithin(row + rowLength, row, end);
    this.#length += 1;
    return row;
  }

  /** The place that is written to, where there is room for so many bytes behind it. */
  #room(bytes: number): { readonly piece: number; at: number } {
    for (;;) {
      const { piece, at } = this.#place;
      const present = this.#pieces[piece];
      if (present === undefined) this.#pieces[piece] = new Uint8Array(Math.max(pieceBytes, bytes));
      else if (at + bytes <= present.length) return this.#place;
      else this.#place = { piece: piece + 1, at: 0 };
    }
  }
}
