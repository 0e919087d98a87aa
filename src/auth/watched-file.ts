import { readFile, stat } from 'node:fs/promises';
import { setInterval } from 'node:timers/promises';
import type { Logger } from 'pino';
import { unusable } from './unusable.ts';

/** What to read, and how. */
export interface WatchedFileOptions<Value> {
  readonly path: string;
  /** Throws when the text is not usable, with a message that quotes nothing secret. */
  readonly parse: (text: string) => Value;
  readonly logger: Logger;
  /** How often to look, in milliseconds. Default 500. */
  readonly pollMs?: number | undefined;
}

/**
 * A file whose last good content is at hand.
 *
 * Looks at the file instead of asking for events: that sees atomic replacement, symbolic links and network shares alike. A changed file
 * is read once it has stayed the same from one look to the next, for it may still be being written.
 */
export class WatchedFile<Value> implements AsyncDisposable {
  readonly #options: WatchedFileOptions<Value>;
  readonly #stopped = new AbortController();
  readonly #watching: Promise<void>;
  #current: Value;

  /** Reads a file, and again whenever it changes. Throws `ERR_CONFIG_INVALID` when it is not usable now; what comes later is logged. */
  static async open<Value>(options: WatchedFileOptions<Value>): Promise<WatchedFile<Value>> {
    const stamp = await stampOf(options.path); // before the content: a change between the two is seen
    return new WatchedFile(options, stamp, await load(options));
  }

  private constructor(options: WatchedFileOptions<Value>, stamp: string | undefined, content: Value) {
    this.#options = options;
    this.#current = content;
    this.#watching = this.#watch(stamp);
  }

  get current(): Value {
    return this.#current;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#watching;
  }

  async #watch(stamp: string | undefined): Promise<void> {
    let [loaded, seen] = [stamp, stamp];
    try {
      for await (const _ of setInterval(this.#options.pollMs ?? 500, undefined, { ref: false, signal: this.#stopped.signal })) {
        const found = await stampOf(this.#options.path);
        if (found !== loaded && found === seen) {
          loaded = found;
          await this.#reload();
        }
        seen = found;
      }
    } catch (error) {
      if (!this.#stopped.signal.aborted) throw error;
    }
  }

  async #reload(): Promise<void> {
    const { path, logger } = this.#options;
    try {
      this.#current = await load(this.#options);
      logger.info({ path }, 'file reloaded');
    } catch (error) {
      logger.error({ path, problem: messageOf(error) }, 'file is not usable, its former content stays in force');
    }
  }
}

/** Changes with the file; undefined: there is none. */
async function stampOf(path: string): Promise<string | undefined> {
  try {
    const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch {
    return undefined; // why it cannot be read, reading will tell
  }
}

async function load<Value>({ path, parse }: WatchedFileOptions<Value>): Promise<Value> {
  try {
    return parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw unusable(`${path} is not usable: ${messageOf(error)}`);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
