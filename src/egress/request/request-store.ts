import { mkdirSync, readFileSync, renameSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { parseRequests, writeRequests, type OutputRequest } from './output-request.ts';

/** Where {@link RequestStore} keeps what it is given. */
export interface RequestStoreOptions {
  /** Made if needed, for its owner only. */
  readonly folder: string;
  readonly logger: Logger;
}

/** What operators have asked for, on the disk: a file that only its owner can read, for it holds stream keys. */
export class RequestStore {
  /** What an earlier life has left. */
  readonly found: readonly OutputRequest[];
  readonly #file: string;
  readonly #folder: string;
  readonly #logger: Logger;
  #saving: Promise<void> = Promise.resolve();

  /** Reads the file if there is one. One that cannot be read is moved out of the way, and told of in the log. */
  constructor({ folder, logger }: RequestStoreOptions) {
    this.#folder = folder;
    this.#file = join(folder, 'egresses.json');
    this.#logger = logger;
    this.found = this.#read();
  }

  /** Replaces the file as a whole. Resolves when it is on the disk. Never rejects: outputs go on without it, and the log tells. */
  async save(requests: readonly OutputRequest[]): Promise<void> {
    const text = writeRequests(requests);
    this.#saving = this.#saving.then(async () => this.#write(text));
    return this.#saving;
  }

  #read(): readonly OutputRequest[] {
    try {
      return parseRequests(readFileSync(this.#file, 'utf8'));
    } catch (error) {
      if (isMissing(error)) return [];
      const reason = error instanceof Error ? error.message : 'unknown';
      this.#logger.error({ file: this.#file, reason }, 'outputs of an earlier life cannot be read, and are not there again');
      this.#setAside();
      return [];
    }
  }

  /** So that somebody can still look at it when there is a new one. */
  #setAside(): void {
    try {
      renameSync(this.#file, `${this.#file}.unreadable`);
    } catch (error) {
      this.#logger.error({ file: this.#file, err: error }, 'unreadable file cannot be moved out of the way');
    }
  }

  async #write(text: string): Promise<void> {
    const draft = `${this.#file}.tmp`;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      await writeWhole(draft, text);
      await rename(draft, this.#file);
      await using folder = await open(this.#folder, 'r');
      await folder.sync();
    } catch (error) {
      this.#logger.error({ file: this.#file, err: error }, 'outputs cannot be written down: a restart will forget them');
    }
  }
}

async function writeWhole(file: string, text: string): Promise<void> {
  await using handle = await open(file, 'w', 0o600);
  await handle.chmod(0o600); // where there was one with other rights
  await handle.writeFile(text);
  await handle.datasync();
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
