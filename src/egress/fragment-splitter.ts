/** A part of a fragmented MP4 that can stand alone. */
export interface Mp4Part {
  /** `init`: up to and including the `moov`; `fragment`: up to and including the `mdat`. */
  readonly kind: 'init' | 'fragment';
  readonly bytes: Buffer;
}

/** No box of ours is larger; a larger one is not MP4. In bytes. */
const maxBoxBytes = 64 * 2 ** 20;

const headerBytes = 8;

/** Cuts the bytes of a pipe into {@link Mp4Part}s. A part that arrives in one chunk is a view of it; any other is copied once. */
export class FragmentSplitter {
  #chunks: Buffer[] = [];
  #length = 0;
  /** Where the next box begins, or ends when it is the last of its part. */
  #position = 0;
  #kind: Mp4Part['kind'] | undefined;

  /** Throws `RangeError` when the bytes cannot be boxes. */
  push(chunk: Buffer): Mp4Part[] {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
    const parts: Mp4Part[] = [];
    for (let part = this.#next(); part !== undefined; part = this.#next()) parts.push(part);
    return parts;
  }

  #next(): Mp4Part | undefined {
    while (this.#kind === undefined) {
      if (this.#length < this.#position + headerBytes) return undefined;
      this.#readHeader();
    }
    if (this.#length < this.#position) return undefined;
    const part = { kind: this.#kind, bytes: this.#take(this.#position) };
    this.#kind = undefined;
    this.#position = 0;
    return part;
  }

  #readHeader(): void {
    const header = this.#peek(this.#position, headerBytes);
    const size = header.readUInt32BE(0);
    if (size < headerBytes || size > maxBoxBytes) throw new RangeError(`not MP4: a box of ${size} bytes`);
    const type = header.toString('latin1', 4, headerBytes);
    this.#position += size;
    if (type === 'moov') this.#kind = 'init';
    if (type === 'mdat') this.#kind = 'fragment';
  }

  #peek(start: number, length: number): Buffer {
    let offset = start;
    const first = this.#chunks.findIndex((chunk) => {
      if (offset < chunk.length) return true;
      offset -= chunk.length;
      return false;
    });
    const chunk = this.#chunks[first] ?? Buffer.alloc(0);
    if (offset + length <= chunk.length) return chunk.subarray(offset, offset + length);
    return Buffer.concat(this.#chunks.slice(first)).subarray(offset, offset + length);
  }

  #take(length: number): Buffer {
    const taken: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      const chunk = this.#chunks.shift() ?? Buffer.alloc(0);
      taken.push(chunk.subarray(0, missing));
      if (chunk.length > missing) this.#chunks.unshift(chunk.subarray(missing));
      missing -= Math.min(missing, chunk.length);
    }
    this.#length -= length;
    const [only] = taken;
    return taken.length === 1 && only !== undefined ? only : Buffer.concat(taken, length);
  }
}
