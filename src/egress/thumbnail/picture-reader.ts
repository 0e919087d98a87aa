import type { Fragment, TapRun } from '../fragment.ts';
import type { FragmentReader } from '../fragment-hub.ts';

/** Reads until there is a fragment that begins with a key frame of the smallest encoding: the newest one that a hub remembers, or the next. */
class PictureReader implements FragmentReader {
  readonly #found: (fragment: Fragment | undefined) => void;
  #wanted: string | undefined;

  constructor(found: (fragment: Fragment | undefined) => void) {
    this.#found = found;
  }

  runStarted({ renditions }: TapRun): void {
    this.#wanted = renditions.find(({ kind }) => kind === 'video')?.name;
  }

  fragment(_run: TapRun, fragment: Fragment): void {
    if (fragment.rendition === this.#wanted && fragment.independent) this.#found(fragment);
  }

  runEnded(): void {
    this.#wanted = undefined;
  }

  ended(): void {
    this.#found(undefined);
  }
}

/** The first fragment with a picture that `hold` gives; undefined when the stream ends, or after `timeoutMs`. The hold is let go then. */
export async function awaitPicture(hold: (reader: FragmentReader) => Disposable, timeoutMs: number): Promise<Fragment | undefined> {
  const { promise, resolve } = Promise.withResolvers<Fragment | undefined>();
  using _hold = hold(new PictureReader(resolve));
  const timer = setTimeout(() => {
    resolve(undefined);
  }, timeoutMs);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
  }
}
