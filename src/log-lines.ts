/** Where log lines end up, which keeps them until it is told to write. */
interface Destination {
  write(line: string): unknown;
  flushSync(): void;
}

/**
 * Writes the log lines of one turn of the event loop together at its end: each write is a system call that wakes up whoever reads the log, and a
 * POST writes three lines before its reply.
 *
 * They do not wait for the next turn, and none is lost at an orderly end: call {@link flushSync} when the process exits. pino calls it for `fatal`.
 */
export class LogLines {
  readonly #destination: Destination;
  #isDue = false;

  constructor(destination: Destination) {
    this.#destination = destination;
  }

  write(line: string): void {
    this.#destination.write(line);
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      this.flushSync();
    });
  }

  /** Writes what there is now. */
  flushSync(): void {
    this.#destination.flushSync();
  }
}
