/** Size of the pieces in which memory is taken, in bytes; a larger packet gets a piece of its own. */
const pieceBytes = 64 * 1024;

/**
 * Memory for packets that are kept, a GOP at a time: the copies of one GOP are written over those of the one before, unless somebody was lent these.
 *
 * Each packet that arrives has memory of its own, which V8 gives back as soon as it next looks for young garbage. Of what is kept for seconds it
 * would not: that has grown old by then, and waits for a collection of the whole heap, up to 10 MB of it.
 */
export class PacketMemory {
  #pieces: Uint8Array[] = [];
  /** The piece that is written to, and where in it. */
  #place = { piece: 0, at: 0 };
  #isLent = false;

  /** A copy of a packet. It stays as it is until {@link reuse}, and if it was lent before that, for ever. */
  keep(packet: Uint8Array): Uint8Array {
    const { piece, at } = this.#room(packet.length);
    piece.set(packet, at);
    this.#place.at = at + packet.length;
    return piece.subarray(at, at + packet.length);
  }

  /** Somebody else gets what is kept now, who knows nothing of {@link reuse}. */
  lend(): void {
    this.#isLent = true;
  }

  /** Nothing of what is kept is needed any more, but by those it was lent to: they keep this memory, and other is taken. */
  reuse(): void {
    if (this.#isLent) this.#pieces = [];
    this.#isLent = false;
    this.#place = { piece: 0, at: 0 };
  }

  #room(bytes: number): { readonly piece: Uint8Array; readonly at: number } {
    const { piece: index, at } = this.#place;
    const piece = this.#pieces[index];
    if (piece !== undefined && at + bytes <= piece.length) return { piece, at };
    const fresh = new Uint8Array(Math.max(pieceBytes, bytes));
    if (piece === undefined) {
      this.#pieces[index] = fresh;
      return { piece: fresh, at: 0 };
    }
    this.#place = { piece: index + 1, at: 0 };
    return this.#room(bytes);
  }
}
