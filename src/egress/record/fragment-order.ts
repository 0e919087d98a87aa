import type { Fragment } from '../fragment.ts';

/** How long one track waits for the other, in milliseconds of media: FFmpeg hands them out at different times. */
const waitMs = 600;

/** A track that is this far behind is not waited for, in milliseconds: it is muted or gone. */
const goneMs = 3_000;

interface Track {
  readonly waiting: Fragment[];
  /** End of what has arrived; undefined: nothing has. */
  arrivedMs: number | undefined;
}

/**
 * Puts picture and sound of a run into the order of their times, so that a part can be cut between two fragments.
 *
 * What it holds back, which a crash loses, is bounded by media time: up to 0.6 s.
 */
export class FragmentOrder {
  readonly #tracks: ReadonlyMap<'audio' | 'video', Track>;

  /** `tracks`: those that the run announces. */
  constructor(tracks: Iterable<'audio' | 'video'>) {
    this.#tracks = new Map([...tracks].map((kind) => [kind, { waiting: [], arrivedMs: undefined }]));
  }

  /** Takes a fragment and gives those whose turn it is. One of a track that was not announced is passed over. */
  push(kind: 'audio' | 'video', fragment: Fragment): readonly Fragment[] {
    const track = this.#tracks.get(kind);
    if (track === undefined) return [];
    track.waiting.push(fragment);
    track.arrivedMs = endOf(fragment);
    return this.#take((next) => this.#isDue(next));
  }

  /** Gives what is left. */
  flush(): readonly Fragment[] {
    return this.#take(() => true);
  }

  #take(isDue: (fragment: Fragment) => boolean): readonly Fragment[] {
    const taken: Fragment[] = [];
    for (let track = this.#earliest(); track !== undefined; track = this.#earliest()) {
      const [next] = track.waiting;
      if (next === undefined || !isDue(next)) break;
      track.waiting.shift();
      taken.push(next);
    }
    return taken;
  }

  #earliest(): Track | undefined {
    const startOf = ({ waiting }: Track): number => waiting[0]?.startMs ?? Infinity;
    const filled = [...this.#tracks.values()].filter(({ waiting }) => waiting.length > 0);
    return filled.toSorted((one, other) => startOf(one) - startOf(other))[0];
  }

  /** No other track can bring something earlier any more, or it is not waited for any longer. */
  #isDue(next: Fragment): boolean {
    const tracks = [...this.#tracks.values()];
    const newestMs = Math.max(...tracks.map(({ arrivedMs = 0 }) => arrivedMs));
    return tracks.every(({ waiting, arrivedMs }) => {
      if (waiting.length > 0) return true;
      if (newestMs - next.startMs >= waitMs) return true;
      return arrivedMs !== undefined && (arrivedMs >= next.startMs || newestMs - arrivedMs >= goneMs);
    });
  }
}

const endOf = ({ startMs, durationMs }: Fragment): number => startMs + durationMs;
