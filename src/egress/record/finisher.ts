import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import type { Catalogue } from './catalogue.ts';
import { containerOf } from './measure.ts';
import type { Container, Recording } from './recording.ts';
import { remux } from './remux.ts';
import { hideSound } from './unused-sound.ts';

/** What {@link Finisher} works with. */
export interface FinisherOptions {
  readonly catalogue: Catalogue;
  readonly logger: Logger;
  /** Path of FFmpeg; undefined: recordings stay as they were written. */
  readonly ffmpeg: string | undefined;
  /** Whether MP4 gets one index in front instead of one in each fragment. */
  readonly faststart: boolean;
}

/** What is appended to the name of a recording while it is rewritten. */
export const remuxEnding = '.remux';

/** Gives recordings that have ended their index, their name and their side-car, one after the other. */
export class Finisher implements AsyncDisposable {
  readonly #options: FinisherOptions;
  readonly #closing = new AbortController();
  #last: Promise<void> = Promise.resolve();

  constructor(options: FinisherOptions) {
    this.#options = options;
  }

  /** Resolves when the recording is complete. Never rejects: what cannot be finished now is found again at the next start. */
  async finish(recording: Recording): Promise<void> {
    this.#last = this.#last.then(async () => this.#finish(recording));
    return this.#last;
  }

  /** From now on leaves out what takes long. */
  hurry(): void {
    this.#closing.abort();
  }

  /** Hurries, and resolves when everything that was begun is done. Idempotent. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.hurry();
    await this.#last;
  }

  async #finish(recording: Recording): Promise<void> {
    const { catalogue, logger } = this.#options;
    const facts = { recordingId: recording.id, streamId: recording.streamId, path: recording.path };
    try {
      const finishing = { ...recording, state: 'finishing' } as const;
      await catalogue.save(finishing);
      const complete = await this.#name(finishing);
      await catalogue.save(complete);
      const { durationMs, bytes, ending } = complete;
      logger.info({ ...facts, path: complete.path, durationMs, bytes, ending: ending?.cause }, 'recording complete');
    } catch (error) {
      logger.error({ ...facts, err: error }, 'recording could not be finished; it is looked after at the next start');
    }
  }

  /** Rewrites the file where that is wanted and possible, and gives it its name. */
  async #name(recording: Recording): Promise<Recording> {
    const { catalogue } = this.#options;
    const grown = catalogue.fileOf(recording);
    const written = await containerOf(grown);
    if (written === 'mp4' && recording.audio === undefined) await hideSound(grown);
    const rewritten = await this.#rewrite(recording, grown, written);
    const container = rewritten === undefined ? written : recording.container;
    const complete: Recording = { ...recording, state: 'complete', container, path: withEnding(recording.path, container) };
    const file = catalogue.fileOf(complete);
    await rename(await synced(rewritten ?? grown), file);
    await syncFolder(dirname(file));
    await rm(grown, { force: true });
    const { size } = await stat(file);
    return { ...complete, bytes: size };
  }

  /** The rewritten file; undefined: it stays as it is, or has to. */
  async #rewrite(recording: Recording, grown: string, written: Container): Promise<string | undefined> {
    const { ffmpeg, faststart, logger } = this.#options;
    const isWanted = recording.container === 'mp4' ? faststart : true;
    if (ffmpeg === undefined || !isWanted || this.#closing.signal.aborted) return undefined;
    const to = `${grown}${remuxEnding}`;
    const failure = await remux({ ffmpeg, from: grown, to, container: recording.container }, this.#closing.signal);
    if (failure === undefined) return to;
    await rm(to, { force: true });
    const facts = { recordingId: recording.id, streamId: recording.streamId, from: written, to: recording.container, failure };
    if (!this.#closing.signal.aborted) logger.warn(facts, 'recording could not be rewritten and stays as it was written');
    return undefined;
  }
}

/** The path of the same recording in another container. */
function withEnding(path: string, container: Container): string {
  return `${path.replace(/\.(?:mp4|webm|mkv)$/, '')}.${container}`;
}

async function synced(file: string): Promise<string> {
  await using handle = await open(file, 'r');
  await handle.datasync();
  return file;
}

async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, 'r');
  await handle.sync();
}
