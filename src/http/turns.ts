import type { RequestListener } from 'node:http';

/** How {@link Turns} are given. */
export interface TurnsOptions {
  /** How many are served before whoever has come meanwhile is looked at. Default 2: some tenths of a millisecond. */
  readonly atOnce?: number;
}

interface Waiting {
  readonly go: () => void;
  readonly since: number;
}

/**
 * Serves a crowd a few at a time, so that others are never behind all of it.
 *
 * Hundreds of HLS players wait for the same segment, and all of them are due in the moment when it is there; a POST that comes just then would
 * wait for every one of their answers, at each of its own steps. Between turns the event loop serves what else has arrived.
 */
export class Turns {
  readonly #atOnce: number;
  readonly #waiting: Waiting[] = [];
  /** Served since the event loop last came round. */
  #served = 0;
  #isDue = false;

  constructor({ atOnce = 2 }: TurnsOptions = {}) {
    this.#atOnce = atOnce;
  }

  /** How long the first of those who wait has waited, in milliseconds; 0 where nobody waits. */
  get waitMs(): number {
    const first = this.#waiting[0];
    return first === undefined ? 0 : performance.now() - first.since;
  }

  /** Settles when it is one's turn, in the order of asking. Never rejects. */
  async take(): Promise<void> {
    this.#comeRound();
    if (this.#served < this.#atOnce) {
      this.#served += 1;
      return;
    }
    await new Promise<void>((resolve) => this.#waiting.push({ go: resolve, since: performance.now() }));
  }

  #comeRound(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      const next = this.#waiting.splice(0, this.#atOnce);
      this.#served = next.length;
      if (next.length > 0) this.#comeRound();
      for (const { go } of next) go();
    });
  }
}

/** Lets requests below a path wait for their turn before anything is done about them; all others are served at once. */
export function inTurns(listener: RequestListener, path: string, turns: Turns): RequestListener {
  const serveInTurn = async (...[request, response]: Parameters<RequestListener>): Promise<void> => {
    await turns.take();
    if (!response.destroyed) listener(request, response); // else its client has gone meanwhile
  };
  return (request, response) => {
    if (request.url?.startsWith(path) === true) void serveInTurn(request, response);
    else listener(request, response);
  };
}
