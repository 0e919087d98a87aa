import type { SubscribeSession } from './subscribe-session.ts';

/** Shortest time between two counts, in milliseconds: a rush of joins is told as one. */
const countEveryMs = 1000;

/** The viewers of one stream, who hear how many they are. */
export class Audience {
  readonly #sessions = new Set<SubscribeSession>();
  #timer: NodeJS.Timeout | undefined;

  get size(): number {
    return this.#sessions.size;
  }

  add(session: SubscribeSession): void {
    this.#sessions.add(session);
    session.news.viewers(this.size);
    this.#countLater();
  }

  remove(session: SubscribeSession): void {
    if (this.#sessions.delete(session)) this.#countLater();
  }

  /** Does something with every viewer; they may leave meanwhile. */
  forEach(visit: (session: SubscribeSession) => void): void {
    for (const session of [...this.#sessions]) visit(session);
  }

  /** Counts no more. */
  close(): void {
    clearTimeout(this.#timer);
  }

  #countLater(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.forEach(({ news }) => {
        news.viewers(this.size);
      });
    }, countEveryMs);
  }
}
