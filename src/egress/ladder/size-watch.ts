import type { Fragment } from '../fragment.ts';

/** How long another size must hold out before anything is made anew for it, in milliseconds of media: browsers go up and down in steps. */
const steadyMs = 5_000;

interface Size {
  readonly width: number;
  readonly height: number;
}

/** Watches for an original that has changed its size for good. */
export class SizeWatch {
  readonly #size: Size;
  #other: { readonly size: Size; readonly sinceMs: number } | undefined;

  /** `size`: what there is now. */
  constructor(size: Size) {
    this.#size = size;
  }

  /** Whether the original has had another size for a while, and a key frame begins this fragment. Call it with every one. */
  isOutgrownBy({ init, startMs, independent }: Fragment): boolean {
    const { size } = init;
    if (size === undefined || same(size, this.#size)) {
      this.#other = undefined;
      return false;
    }
    if (this.#other === undefined || !same(size, this.#other.size)) this.#other = { size, sinceMs: startMs };
    return independent && startMs - this.#other.sinceMs >= steadyMs;
  }
}

function same(one: Size, other: Size): boolean {
  return one.width === other.width && one.height === other.height;
}
