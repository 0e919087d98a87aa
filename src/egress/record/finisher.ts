import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Logger } from 'pino';
import type { FfmpegLauncher } from '../ffmpeg-process.ts';
import { syncFolder } from '../storage/folder-sync.ts';
import type { Catalogue } from './catalogue.ts';
import { containerOf } from './measure.ts';
import { completeAs, type Container, type Recording } from './recording.ts';
import { remux } from './remux.ts';
import { hideSound } from './unused-sound.ts';

/** What {@link Finisher} works with. */
export interface FinisherOptions {
  readonly catalogue: Catalogue;
  readonly logger: Logger;
  /** Where it rejects, recordings stay as they were written. */
  readonly launcher: () => Promise<FfmpegLauncher>;
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
  #unfinished: Recording[] = [];

  constructor(options: FinisherOptions) {
    this.#options = options;
  }

  /** Resolves when the recording is complete. Never rejects: what cannot be finished now is kept for {@link takeUnfinished}, and the next start. */
  async finish(recording: Recording): Promise<void> {
    this.#last = this.#last.then(async () => this.#finish(recording));
    return this.#last;
  }

  /** Those that could not be finished, for the disk was full, say. Whoever takes them tries again. */
  takeUnfinished(): readonly Recording[] {
    return this.#unfinished.splice(0);
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
    const finishing = { ...recording, state: 'finishing' } as const;
    try {
      await catalogue.save(finishing);
      const complete = await this.#name(finishing);
      await catalogue.save(complete);
      const { durationMs, bytes, ending } = complete;
      logger.info({ ...facts, path: complete.path, durationMs, bytes, ending: ending?.cause }, 'recording complete');
    } catch (error) {
      catalogue.note(recording.id, finishing);
      this.#unfinished.push(finishing);
      logger.error({ ...facts, err: error }, 'recording could not be finished; it is tried again when the disk has room');
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
    const complete = completeAs(recording, container);
    const file = catalogue.fileOf(complete);
    await rename(await synced(rewritten ?? grown), file);
    await syncFolder(dirname(file));
    await rm(grown, { force: true });
    const { size } = await stat(file);
    return { ...complete, bytes: size };
  }

  /** The rewritten file; undefined: it stays as it is, or has to. */
  async #rewrite(recording: Recording, grown: string, written: Container): Promise<string | undefined> {
    const { launcher, faststart, logger } = this.#options;
    const isWanted = recording.container === 'mp4' ? faststart : true;
    if (!isWanted || this.#closing.signal.aborted) return undefined;
    const to = `${grown}${remuxEnding}`;
    const failure = await remux({ launcher, from: grown, to, container: recording.container }, this.#closing.signal);
    if (failure === undefined) return to;
    await rm(to, { force: true });
    const facts = { recordingId: recording.id, streamId: recording.streamId, from: written, to: recording.container, failure };
    if (!this.#closing.signal.aborted) logger.warn(facts, 'recording could not be rewritten and stays as it was written');
    return undefined;
  }
}

async function synced(file: string): Promise<string> {
  await using handle = await open(file, 'r');
  await handle.datasync();
  return file;
}
