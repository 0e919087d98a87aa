import { rm } from 'node:fs/promises';
import type { Logger } from 'pino';
import { StoreError, type ObjectStore } from '../storage/object-store.ts';
import { uploadFile } from '../storage/upload-file.ts';
import { UploadQueue, type UploadJob, type UploadState } from '../storage/upload-queue.ts';
import type { Catalogue } from './catalogue.ts';
import { mediaTypeOf, type Recording, type RemoteCopy } from './recording.ts';
import { sideCarEnding, writeSideCar } from './side-car.ts';

/** What {@link RecordingUploads} works with. */
export interface RecordingUploadsOptions {
  readonly catalogue: Catalogue;
  readonly store: ObjectStore;
  /** What stands before a recording's path in its key: empty, or ends with a slash. */
  readonly prefix: string;
  readonly partBytes: number;
  /** At once. */
  readonly uploads: number;
  readonly keepLocal: boolean;
  readonly logger: Logger;
  /** Wait before attempt n + 1, in milliseconds; default: the queue's. */
  readonly retryDelayMs?: (failures: number) => number;
}

/** Brings every recording that is complete into the bucket, with its side-car, also those of earlier lives of the gateway. */
export class RecordingUploads implements AsyncDisposable {
  readonly queue: UploadQueue;
  readonly #options: RecordingUploadsOptions;

  constructor(options: RecordingUploadsOptions) {
    const { catalogue, logger, uploads, retryDelayMs } = options;
    this.#options = options;
    this.queue = new UploadQueue({ logger, concurrency: uploads, ...(retryDelayMs === undefined ? {} : { retryDelayMs }) });
    const waiting = catalogue.all().filter(({ state, remote }) => state === 'complete' && remote?.confirmedAt === undefined);
    for (const recording of waiting.toSorted((one, other) => one.startedAt.getTime() - other.startedAt.getTime())) this.#add(recording);
    catalogue.observer.on('completed', this.#add);
  }

  /** How an upload stands; undefined: it is done, or has not begun to exist. */
  stateOf(id: string): UploadState | undefined {
    return this.queue.stateOf(id);
  }

  /** Gives an upload up, and has the bucket forget what it got of it. */
  async remove({ id }: Recording): Promise<void> {
    await this.queue.remove(id);
    await this.#forget(this.#options.catalogue.get(id), AbortSignal.timeout(abortTimeoutMs));
  }

  /** Has the bucket forget what it got of an upload that has not come to its end. Never rejects. */
  async #forget({ id, remote, streamId }: Recording, signal: AbortSignal): Promise<void> {
    const { store, logger } = this.#options;
    if (remote?.partBytes === undefined || remote.confirmedAt !== undefined) return;
    const { bucket, key, uploadId } = remote;
    try {
      if (bucket !== store.bucket) throw new StoreError('no-bucket', 'It was another bucket.');
      if (uploadId === undefined) await store.abortOthers(key, undefined, signal);
      else await store.abort({ key, id: uploadId }, signal);
    } catch (error) {
      const failure = error instanceof StoreError ? error.failure : 'other';
      logger.warn({ recordingId: id, streamId, bucket, failure }, 'the bucket keeps parts of an upload that was given up');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#options.catalogue.observer.off('completed', this.#add);
    await this.queue.close();
    this.#options.store[Symbol.dispose]();
  }

  readonly #add = ({ id, bytes }: Recording): void => {
    this.queue.add({ id, bytes, run: async (hooks) => this.#upload(id, hooks) });
  };

  async #upload(id: string, { sent, signal }: Parameters<UploadJob['run']>[0]): Promise<void> {
    const { catalogue, store, prefix, partBytes } = this.#options;
    const recording = catalogue.get(id);
    const remote = remoteOf(recording, { bucket: store.bucket, key: `${prefix}${recording.path}` });
    if (remote !== recording.remote) await this.#forget(recording, signal); // the bucket or the prefix is another one than then
    const keep = async (changes: Partial<RemoteCopy>): Promise<void> => {
      await catalogue.save({ ...catalogue.get(id), remote: { ...remote, ...changes } });
    };
    const { uploadId, partBytes: begunBytes } = remote;
    await uploadFile(
      store,
      {
        path: catalogue.fileOf(recording),
        bytes: recording.bytes,
        key: remote.key,
        mediaType: mediaTypeOf[recording.container],
        partBytes,
        begun: begunBytes === undefined ? undefined : { uploadId, partBytes: begunBytes },
      },
      { begun: keep, sent, signal },
    );
    const confirmed = { ...recording, remote: { ...remote, uploadId: undefined, partBytes: undefined, confirmedAt: new Date() } };
    const sideCar = { body: Buffer.from(writeSideCar(confirmed)), mediaType: 'application/json' };
    await store.put(`${remote.key}${sideCarEnding}`, sideCar, signal);
    await this.#settle(confirmed);
  }

  /** The bucket has it: the file may go, unless it is to be kept. The side-car tells so first. */
  async #settle(recording: Recording): Promise<void> {
    const { catalogue, keepLocal } = this.#options;
    const file = catalogue.fileOf(recording);
    await catalogue.save(keepLocal ? recording : { ...recording, state: 'deleted' });
    if (!keepLocal) await rm(file, { force: true });
  }
}

/** How long a bucket may take to forget an upload, in milliseconds. */
const abortTimeoutMs = 5_000;

/** A multipart upload goes on only where it began. */
function remoteOf({ remote }: Recording, place: { readonly bucket: string; readonly key: string }): RemoteCopy {
  if (remote?.bucket === place.bucket && remote.key === place.key) return remote;
  return { ...place, uploadId: undefined, partBytes: undefined, confirmedAt: undefined };
}
