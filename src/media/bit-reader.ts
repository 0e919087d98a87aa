/** Reads the bits of codec headers, most significant first. Past the end everything is 0. */
export class BitReader {
  readonly #bytes: ArrayLike<number>;
  #position = 0;

  constructor(bytes: ArrayLike<number>) {
    this.#bytes = bytes;
  }

  /** True once more was read than there is. */
  get isExhausted(): boolean {
    return this.#position > this.#bytes.length * 8;
  }

  /** How many bytes were read from, the present one included. */
  get bytesRead(): number {
    return Math.ceil(this.#position / 8);
  }

  /** An unsigned number of up to 32 bits. */
  read(count: number): number {
    let value = 0;
    for (let index = 0; index < count; index += 1) {
      const byte = this.#bytes[this.#position >> 3] ?? 0;
      value = value * 2 + ((byte >> (7 - (this.#position & 7))) & 1);
      this.#position += 1;
    }
    return value;
  }

  /** One bit. */
  flag(): boolean {
    return this.read(1) === 1;
  }

  /** ue(v) of H.264 §9.1. */
  exponential(): number {
    let zeros = 0;
    while (zeros < 32 && this.read(1) === 0) zeros += 1;
    return 2 ** zeros - 1 + this.read(zeros);
  }

  /** se(v) of H.264 §9.1.1. */
  signedExponential(): number {
    const code = this.exponential();
    return code % 2 === 0 ? -code / 2 : (code + 1) / 2;
  }

  /** ns(n) of the AV1 specification §4.10.7: a number below `values`. */
  nonSymmetric(values: number): number {
    const width = 32 - Math.clz32(values);
    const short = 2 ** width - values;
    const value = this.read(width - 1);
    return value < short ? value : value * 2 - short + this.read(1);
  }
}
