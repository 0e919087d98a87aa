import type { StreamId } from '../../streams/stream-id.ts';

/** Somebody who watches a stream as HLS: a player that got its playlists' URL. */
export interface HlsViewer {
  readonly streamId: StreamId;
  /** Part of the URL of its playlists, which stands for the token that it showed: plain players send none. */
  readonly secret: string;
}

interface Seated extends HlsViewer {
  readonly endsAt: Date | undefined;
  readonly seat: Disposable;
  /** On the clock of `performance.now()`. */
  seenAt: number;
}

/** Counts viewers, who never say when they go. */
export class HlsViewers {
  readonly #idleMs: number;
  readonly #newSecret: () => string;
  readonly #viewers = new Map<string, Seated>();
  readonly #counts = new Map<StreamId, number>();

  constructor({ idleMs, newSecret }: { readonly idleMs: number; readonly newSecret: () => string }) {
    this.#idleMs = idleMs;
    this.#newSecret = newSecret;
  }

  add(terms: { readonly streamId: StreamId; readonly endsAt: Date | undefined; readonly seat: Disposable }): HlsViewer {
    const viewer: Seated = { ...terms, secret: this.#newSecret(), seenAt: performance.now() };
    this.#viewers.set(viewer.secret, viewer);
    this.#counts.set(viewer.streamId, this.count(viewer.streamId) + 1);
    return viewer;
  }

  /** A viewer who has just asked for something; undefined: there is no such one, or its time is over. */
  find(streamId: StreamId, secret: string): HlsViewer | undefined {
    const viewer = this.#viewers.get(secret);
    if (viewer?.streamId !== streamId || isOver(viewer)) return undefined;
    viewer.seenAt = performance.now();
    return viewer;
  }

  count(streamId: StreamId): number {
    return this.#counts.get(streamId) ?? 0;
  }

  /** Lets those go who have asked for nothing for long, and those whose time is over. */
  sweep(): void {
    const before = performance.now() - this.#idleMs;
    for (const viewer of this.#viewers.values()) if (viewer.seenAt < before || isOver(viewer)) this.#remove(viewer);
  }

  clear(): void {
    for (const viewer of this.#viewers.values()) this.#remove(viewer);
  }

  #remove(viewer: Seated): void {
    this.#viewers.delete(viewer.secret);
    const left = this.count(viewer.streamId) - 1;
    if (left > 0) this.#counts.set(viewer.streamId, left);
    else this.#counts.delete(viewer.streamId);
    viewer.seat[Symbol.dispose]();
  }
}

function isOver({ endsAt }: Seated): boolean {
  return endsAt !== undefined && endsAt.getTime() <= Date.now();
}
