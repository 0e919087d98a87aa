import { EventEmitter } from 'node:events';
import { GatewayError } from '../../errors.ts';
import type { StreamId } from '../../streams/stream-id.ts';
import type { EgressOutput, OutputEnding } from '../output.ts';
import { DiskSync } from '../storage/disk-sync.ts';
import type { StoreFailure } from '../storage/object-store.ts';
import type { UploadState } from '../storage/upload-queue.ts';
import { Catalogue } from './catalogue.ts';
import { Finisher } from './finisher.ts';
import { parsePathTemplate, type PathTemplate } from './path-template.ts';
import { RecordOutput, shutDown } from './record-output.ts';
import type { Recording } from './recording.ts';
import type { RecordingsOptions } from './recordings-options.ts';
import { recoverRecordings, unfinishedIn } from './recovery.ts';
import { RecordingUploads } from './uploads.ts';
import { Upkeep } from './upkeep.ts';

/** What strangers may listen to: metrics. */
export type RecordingsEvents = {
  wrote: [{ readonly bytes: number }];
  completed: [Recording];
  /** A recording stopped although it should go on: for want of a disk, or of FFmpeg. */
  failed: [cause: string];
  uploaded: [{ readonly bytes: number }];
  uploadFailed: [StoreFailure];
};

/** What metrics show. */
export interface RecordingsReport {
  /** Streams that are being written now. */
  readonly writing: number;
  readonly kept: number;
  readonly keptBytes: number;
  /** Of the disk; undefined: it cannot be read. */
  readonly availableBytes: number | undefined;
  readonly uploads: { readonly length: number; readonly bytes: number };
}

/** Every recording: begins and ends them as policies and operators want it, keeps the disk from filling up, and has them uploaded. */
export class Recordings implements AsyncDisposable {
  readonly observer = new EventEmitter<RecordingsEvents>();
  readonly catalogue: Catalogue;
  readonly #options: RecordingsOptions;
  readonly #template: PathTemplate;
  readonly #finisher: Finisher;
  readonly #uploads: RecordingUploads | undefined;
  readonly #upkeep: Upkeep;
  readonly #sync = new DiskSync();
  readonly #active = new Map<StreamId, RecordOutput>();
  /** Streams whose recording somebody stopped although the policy is to record them: until they end, it stays so. */
  readonly #declined = new Set<StreamId>();
  readonly #recovering: Promise<void>;
  #isDraining = false;
  #closing: Promise<void> | undefined;

  /** Takes up what an earlier life left in the folder, and listens for streams. Rejects as the file system does. */
  static async open(options: RecordingsOptions): Promise<Recordings> {
    const catalogue = await Catalogue.open(options.folder);
    const recordings = new Recordings(options, catalogue);
    await recordings.#upkeep.look();
    return recordings;
  }

  private constructor(options: RecordingsOptions, catalogue: Catalogue) {
    const { logger, taps, faststart, upload, minFreeBytes, retention, registry } = options;
    this.#options = options;
    this.catalogue = catalogue;
    this.#template = parsePathTemplate(options.path);
    this.#finisher = new Finisher({ catalogue, logger, launcher: async () => taps.launcher(), faststart });
    this.#uploads = upload === undefined ? undefined : new RecordingUploads({ ...upload, catalogue, logger });
    this.#uploads?.queue.observer.on('failed', (failure) => this.observer.emit('uploadFailed', failure));
    this.#uploads?.queue.observer.on('uploaded', (done) => this.observer.emit('uploaded', done));
    this.#upkeep = new Upkeep({
      catalogue,
      minFreeBytes,
      retention,
      needsUpload: upload !== undefined,
      logger,
      roomChanged: (obstacle) => {
        this.#roomChanged(obstacle);
      },
    });
    catalogue.observer.on('completed', (recording) => this.observer.emit('completed', recording));
    registry.observer.on('live', this.#whenLive);
    registry.observer.on('ended', this.#whenEnded);
    this.#recovering = options.isShared === true ? Promise.resolve() : this.#recover(unfinishedIn(catalogue));
  }

  /**
   * Begins to record a stream that there is, from its last key frame on. Throws `ERR_RECORDING_OFF` when its policy forbids it,
   * `ERR_RECORDING_ACTIVE` when it is being recorded already, `ERR_STREAM_NOT_FOUND`, `ERR_DRAINING`.
   */
  start(streamId: StreamId): EgressOutput {
    this.#refuseForbidden(streamId);
    if (this.#options.registry.stream(streamId) === undefined)
      throw new GatewayError('ERR_STREAM_NOT_FOUND', 'There is no such stream now.');
    return this.restore(streamId);
  }

  /** The same for a stream that there was before a restart, and that may come back: it is waited for. */
  restore(streamId: StreamId): EgressOutput {
    this.#refuseForbidden(streamId);
    if (this.#active.has(streamId)) throw new GatewayError('ERR_RECORDING_ACTIVE', 'This stream is being recorded already.');
    if (this.#isDraining) throw new GatewayError('ERR_DRAINING', 'The gateway is shutting down.', { retryAfterSeconds: 5 });
    return this.#open(streamId);
  }

  /** How the upload of a recording stands; undefined: it is done, or there is none. */
  uploadOf(id: string): UploadState | undefined {
    return this.#uploads?.stateOf(id);
  }

  /** Deletes a recording here; what the bucket has confirmed stays there. Throws `ERR_RECORDING_NOT_FOUND`, `ERR_RECORDING_ACTIVE`. */
  async remove(id: string): Promise<Recording> {
    const recording = this.catalogue.get(id);
    if (recording.state === 'recording' || recording.state === 'finishing') {
      throw new GatewayError('ERR_RECORDING_ACTIVE', 'This file is still being written. Stop the recording first.');
    }
    await this.#uploads?.remove(recording);
    await this.catalogue.remove(this.catalogue.get(id));
    return recording;
  }

  report(): RecordingsReport {
    const kept = this.catalogue.all().filter(({ state }) => state !== 'deleted');
    return {
      writing: [...this.#active.values()].filter(({ isWriting }) => isWriting).length,
      kept: kept.length,
      keptBytes: kept.reduce((sum, { bytes }) => sum + bytes, 0),
      availableBytes: this.#upkeep.availableBytes,
      uploads: this.#uploads?.queue.backlog() ?? { length: 0, bytes: 0 },
    };
  }

  /** The gateway is about to close: what ends from now on does so for that reason, and files are not rewritten any more. Idempotent. */
  drain(): void {
    this.#isDraining = true;
    this.#finisher.hurry();
  }

  /** Ends every recording and gives the files their names; uploads go on at the next start. Idempotent. */
  async close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    const { registry } = this.#options;
    registry.observer.off('live', this.#whenLive);
    registry.observer.off('ended', this.#whenEnded);
    this.#upkeep[Symbol.dispose]();
    this.drain();
    await Promise.all([...this.#active.values()].map(async (output) => output.stop(shutDown)));
    this.#sync[Symbol.dispose]();
    await Promise.all([this.#finisher[Symbol.asyncDispose](), this.#recovering]);
    await this.#uploads?.[Symbol.asyncDispose]();
  }

  #refuseForbidden(streamId: StreamId): void {
    if (this.#options.policyOf(streamId) !== 'never') return;
    throw new GatewayError('ERR_RECORDING_OFF', 'This stream is not to be recorded: its policy says `record: never`.');
  }

  #open(streamId: StreamId): RecordOutput {
    const { outputs, taps, limits, format, logger } = this.#options;
    const output = new RecordOutput({
      streamId,
      taps,
      outputs,
      limits,
      format,
      logger,
      catalogue: this.catalogue,
      finisher: this.#finisher,
      sync: this.#sync,
      template: this.#template,
      obstacle: this.#upkeep.obstacle,
      wrote: (bytes) => this.observer.emit('wrote', { bytes }),
      failed: (cause) => this.observer.emit('failed', cause),
      isDraining: () => this.#isDraining,
      stopped: (byHand) => {
        this.#active.delete(streamId);
        if (byHand) this.#declined.add(streamId);
      },
    });
    this.#active.set(streamId, output);
    logger.info({ streamId, session: output.session }, 'recording started');
    return output;
  }

  readonly #whenLive = (streamId: StreamId): void => {
    if (this.#options.policyOf(streamId) !== 'always' || this.#active.has(streamId) || this.#declined.has(streamId)) return;
    try {
      this.start(streamId);
    } catch (error) {
      const reason = error instanceof GatewayError ? error.message : 'for a reason of our own';
      this.#options.logger.error({ streamId, err: error, reason }, 'stream cannot be recorded');
      this.observer.emit('failed', error instanceof GatewayError ? 'unavailable' : 'other');
    }
  };

  readonly #whenEnded = (streamId: StreamId): void => {
    this.#declined.delete(streamId);
  };

  #roomChanged(obstacle: OutputEnding | undefined): void {
    for (const output of this.#active.values()) {
      if (obstacle === undefined) output.resume();
      else output.suspend(obstacle);
    }
    if (obstacle === undefined) void this.#recover(this.#finisher.takeUnfinished());
  }

  async #recover(unfinished: readonly Recording[]): Promise<void> {
    await recoverRecordings(unfinished, { catalogue: this.catalogue, finisher: this.#finisher, logger: this.#options.logger });
  }
}
