import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { StoreError, type StoreFailure } from './object-store.ts';
import { uploadRetryDelayMs } from './upload-retry.ts';

/** Something that has to get into the bucket. */
export interface UploadJob {
  readonly id: string;
  readonly bytes: number;
  /** Sends it, or the rest of it. Resolves once the bucket has confirmed it. Rejects with `StoreError`. */
  run(hooks: { readonly sent: (bytes: number) => void; readonly signal: AbortSignal }): Promise<void>;
}

/** How an upload stands. */
export type UploadState =
  | { readonly name: 'queued' }
  | { readonly name: 'uploading'; readonly since: Date; readonly sentBytes: number }
  | {
      readonly name: 'retrying';
      /** Failed attempts, from 1. */
      readonly attempt: number;
      readonly failure: StoreFailure;
      readonly detail: string;
      readonly retryAt: Date;
    };

/** What strangers may listen to. */
export type UploadEvents = { uploaded: [{ readonly bytes: number }]; failed: [StoreFailure] };

/** What {@link UploadQueue} works with. */
export interface UploadQueueOptions {
  readonly logger: Logger;
  /** Uploads at once. Default 2. */
  readonly concurrency?: number;
  /** Wait before attempt n + 1, in milliseconds. Default: `uploadRetryDelayMs`. */
  readonly retryDelayMs?: (failures: number) => number;
}

interface Entry {
  readonly job: UploadJob;
  state: UploadState;
  failures: number;
  timer: NodeJS.Timeout | undefined;
  readonly stop: AbortController;
  running: Promise<void> | undefined;
}

/**
 * Uploads what it is given, oldest first, a few at a time, and again and again until the bucket confirms: the file stays where it is until
 * then. What waits is on the disk, so the queue holds no more than names; what it has not done is found again at the next start.
 */
export class UploadQueue {
  readonly observer = new EventEmitter<UploadEvents>();
  readonly #entries = new Map<string, Entry>();
  readonly #options: Required<UploadQueueOptions>;
  #closed = false;

  constructor({ logger, concurrency = 2, retryDelayMs = (failures) => uploadRetryDelayMs(failures, Math.random()) }: UploadQueueOptions) {
    this.#options = { logger, concurrency, retryDelayMs };
  }

  /** Adds a job; one that is there already stays as it is. */
  add(job: UploadJob): void {
    if (this.#closed || this.#entries.has(job.id)) return;
    const state = { name: 'queued' } as const;
    this.#entries.set(job.id, { job, state, failures: 0, timer: undefined, stop: new AbortController(), running: undefined });
    this.#fill();
  }

  /** How an upload stands; undefined: it is done, or was never here. */
  stateOf(id: string): UploadState | undefined {
    return this.#entries.get(id)?.state;
  }

  /** Jobs that are not done, and their bytes. */
  backlog(): { readonly length: number; readonly bytes: number } {
    const jobs = [...this.#entries.values()].map(({ job }) => job);
    return { length: jobs.length, bytes: jobs.reduce((sum, { bytes }) => sum + bytes, 0) };
  }

  /** Gives a job up; resolves once nothing of it runs any more. */
  async remove(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    this.#entries.delete(id);
    clearTimeout(entry.timer);
    entry.stop.abort();
    await entry.running;
  }

  /** Interrupts everything. Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#entries.keys()].map(async (id) => this.remove(id)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #fill(): void {
    const entries = [...this.#entries.values()];
    const free = this.#options.concurrency - entries.filter(({ running }) => running !== undefined).length;
    const next = entries.filter(({ state, running }) => state.name === 'queued' && running === undefined).slice(0, Math.max(0, free));
    for (const entry of next) {
      entry.running = this.#run(entry).finally(() => {
        entry.running = undefined;
        if (!this.#closed) this.#fill();
      });
    }
  }

  async #run(entry: Entry): Promise<void> {
    const { job, stop } = entry;
    const since = new Date();
    let sentBytes = 0;
    const tell = (bytes: number): void => {
      sentBytes += bytes;
      entry.state = { name: 'uploading', since, sentBytes };
    };
    tell(0);
    try {
      await job.run({ sent: tell, signal: stop.signal });
    } catch (error) {
      if (!stop.signal.aborted) this.#failed(entry, error);
      return;
    }
    if (this.#entries.get(job.id) === entry) this.#entries.delete(job.id);
    this.#options.logger.info({ recordingId: job.id, bytes: job.bytes, durationMs: Date.now() - since.getTime() }, 'recording uploaded');
    this.observer.emit('uploaded', { bytes: job.bytes });
  }

  #failed(entry: Entry, error: unknown): void {
    const failure = error instanceof StoreError ? error.failure : 'other';
    const detail = error instanceof StoreError ? error.message : 'The upload failed for a reason of our own; the log tells more.';
    entry.failures += 1;
    const delayMs = this.#options.retryDelayMs(entry.failures);
    const retryAt = new Date(Date.now() + delayMs);
    entry.state = { name: 'retrying', attempt: entry.failures, failure, detail, retryAt };
    entry.timer = setTimeout(() => {
      entry.state = { name: 'queued' };
      this.#fill();
    }, delayMs).unref();
    const facts = { recordingId: entry.job.id, failure, detail, attempt: entry.failures, retryAt };
    this.#options.logger.warn(failure === 'other' ? { ...facts, err: error } : facts, 'upload failed, the recording is kept');
    this.observer.emit('failed', failure);
  }
}
