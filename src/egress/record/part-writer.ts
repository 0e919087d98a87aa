import { existsSync } from 'node:fs';
import type { Logger } from 'pino';
import type { StreamId } from '../../streams/stream-id.ts';
import type { OutputEnding } from '../output.ts';
import type { DiskSync } from '../storage/disk-sync.ts';
import type { Catalogue } from './catalogue.ts';
import type { Finisher } from './finisher.ts';
import { PartFile } from './part-file.ts';
import type { PathTemplate } from './path-template.ts';
import { lengthOf, type Piece, wholePieces } from './piece.ts';
import { newIdentifier, type Container, type RecordedAudio, type RecordedVideo, type Recording } from './recording.ts';

/** What a part begins with. */
export interface PartBeginning {
  /** Wall clock of its first picture or sound. */
  readonly startedAt: Date;
  /** What it is to be in the end. */
  readonly container: Container;
  readonly video: RecordedVideo | undefined;
  /** What there is a place for. */
  readonly audio: RecordedAudio | undefined;
  /** What stands in front of its fragments. */
  readonly header: Uint8Array;
}

/** What {@link PartWriter} works with. */
export interface PartWriterOptions {
  readonly catalogue: Catalogue;
  readonly finisher: Finisher;
  readonly sync: DiskSync;
  readonly template: PathTemplate;
  readonly logger: Logger;
  readonly streamId: StreamId;
  /** Names the recording: 16 hexadecimal digits. */
  readonly session: string;
  /** Wall clock of the start of the recording. */
  readonly startedAt: Date;
  readonly wrote: (bytes: number) => void;
  /** The disk does not take it: nothing more is written. Called once. */
  readonly failed: (ending: OutputEnding) => void;
}

interface OpenPart {
  readonly recording: Recording;
  readonly file: PartFile;
  readonly syncing: Disposable;
  durationMs: number;
  hasSound: boolean;
}

type Step =
  | { readonly name: 'begin'; readonly beginning: PartBeginning }
  | { readonly name: 'append'; readonly piece: Piece }
  | { readonly name: 'end'; readonly ending: OutputEnding }
  | { readonly name: 'forget' };

/** A disk that is this far behind is too slow, in bytes: what it does not take waits in memory. */
const backlogLimitBytes = 64 * 2 ** 20;

/** Writes the parts of one recording in the order in which it is told, without letting anybody wait. */
export class PartWriter {
  readonly #options: PartWriterOptions;
  readonly #finishing = new Set<Promise<void>>();
  #steps: Step[] = [];
  #backlogBytes = 0;
  #working: Promise<void> | undefined;
  #part = 0;
  #open: OpenPart | undefined;
  #failure: OutputEnding | undefined;

  constructor(options: PartWriterOptions) {
    this.#options = options;
  }

  /** Begins a part. The one before must have ended. */
  begin(beginning: PartBeginning): void {
    this.#take({ name: 'begin', beginning });
  }

  append(piece: Piece): void {
    this.#backlogBytes += lengthOf(piece.chunks);
    this.#take({ name: 'append', piece });
    if (this.#backlogBytes > backlogLimitBytes)
      this.#fail({ cause: 'disk-slow', detail: 'The disk is too slow for the stream: 64 MiB wait to be written.' });
  }

  end(ending: OutputEnding): void {
    this.#take({ name: 'end', ending });
  }

  /** Ends the part and removes it: another one takes its place. */
  forget(): void {
    this.#take({ name: 'forget' });
  }

  /** Resolves when everything so far is written and every part that has ended is complete. */
  async settled(): Promise<void> {
    await this.#working;
    await Promise.all(this.#finishing);
  }

  #take(step: Step): void {
    if (this.#failure !== undefined) return;
    this.#steps.push(step);
    this.#wake();
  }

  #wake(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  async #work(): Promise<void> {
    await Promise.resolve(); // whoever appends several fragments in a row has them written at once
    while (this.#steps.length > 0) {
      try {
        await this.#next();
      } catch (error) {
        this.#fail(endingOf(error), error);
      }
    }
    if (this.#failure !== undefined) this.#close(this.#failure);
  }

  async #next(): Promise<void> {
    const pieces = this.#takePieces();
    if (pieces.length > 0) return this.#append(pieces);
    const step = this.#steps.shift();
    if (step?.name === 'begin') await this.#begin(step.beginning);
    if (step?.name === 'end') this.#close(step.ending);
    if (step?.name === 'forget') await this.#forget();
  }

  #takePieces(): readonly Piece[] {
    const end = this.#steps.findIndex(({ name }) => name !== 'append');
    const taken = this.#steps.splice(0, end === -1 ? this.#steps.length : end);
    return taken.flatMap((step) => (step.name === 'append' ? [step.piece] : []));
  }

  async #begin({ header, ...facts }: PartBeginning): Promise<void> {
    const { catalogue } = this.#options;
    const recording = this.#place(facts);
    try {
      await catalogue.save(recording);
      const file = await PartFile.open(catalogue.fileOf(recording));
      const syncing = this.#options.sync.add(file, (error) => {
        this.#fail(endingOf(error), error);
        this.#wake();
      });
      this.#open = { recording, file, syncing, durationMs: 0, hasSound: false };
      await file.append([header]);
    } catch (error) {
      if (this.#open === undefined) await catalogue.remove(recording);
      throw error;
    }
  }

  /** Finds a name that nobody has, also when two recordings of a stream begin in one second. */
  #place(facts: Omit<PartBeginning, 'header'>): Recording {
    const { catalogue, template, streamId, session, startedAt } = this.#options;
    const fixed = { id: newIdentifier(), session, streamId, state: 'recording', bytes: 0, durationMs: 0 } as const;
    for (;;) {
      this.#part += 1;
      const path = `${template({ streamId, startedAt, part: this.#part })}.${facts.container}`;
      const recording: Recording = { ...fixed, ...facts, part: this.#part, path, ending: undefined, remote: undefined };
      const names = [catalogue.fileOf(recording), catalogue.fileOf({ ...recording, state: 'complete' })];
      if (!names.some((name) => existsSync(name))) return recording;
    }
  }

  async #append(pieces: readonly Piece[]): Promise<void> {
    const chunks = pieces.flatMap((piece) => piece.chunks);
    this.#backlogBytes -= lengthOf(chunks);
    const open = this.#open;
    if (open === undefined) return;
    const before = open.file.bytes;
    try {
      await open.file.append(chunks);
    } finally {
      const whole = wholePieces(pieces, open.file.bytes - before);
      open.durationMs = Math.max(open.durationMs, ...whole.pieces.map(({ endMs }) => endMs));
      open.hasSound ||= whole.pieces.some(({ hasSound }) => hasSound);
      if (before + whole.bytes < open.file.bytes) await open.file.truncate(before + whole.bytes);
      this.#options.catalogue.note(open.recording.id, { bytes: open.file.bytes, durationMs: Math.round(open.durationMs) });
      this.#options.wrote(whole.bytes);
    }
  }

  async #forget(): Promise<void> {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    open.syncing[Symbol.dispose]();
    await open.file.close();
    await this.#options.catalogue.remove(open.recording);
    this.#part -= 1;
  }

  /** Closes the part, and has it finished while the next one is written. */
  #close(ending: OutputEnding): void {
    const open = this.#open;
    if (open === undefined) return;
    this.#open = undefined;
    open.syncing[Symbol.dispose]();
    const finishing = this.#finish(open, ending).finally(() => this.#finishing.delete(finishing));
    this.#finishing.add(finishing);
  }

  async #finish({ recording, file, durationMs, hasSound }: OpenPart, ending: OutputEnding): Promise<void> {
    const { catalogue, finisher, logger } = this.#options;
    try {
      await file.close();
      if (durationMs === 0) await catalogue.remove(recording);
    } catch (error) {
      logger.error({ err: error, recordingId: recording.id, streamId: recording.streamId }, 'recording could not be closed');
    }
    if (durationMs === 0) return;
    const audio = hasSound ? recording.audio : undefined;
    await finisher.finish({ ...recording, audio, bytes: file.bytes, durationMs: Math.round(durationMs), ending });
  }

  #fail(ending: OutputEnding, error?: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = ending;
    this.#steps = [];
    this.#backlogBytes = 0;
    const { logger, streamId, failed } = this.#options;
    logger.error({ err: error, streamId, ending: ending.cause }, 'recording failed');
    failed(ending);
  }
}

function endingOf(error: unknown): OutputEnding {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error';
  if (code === 'ENOSPC' || code === 'EDQUOT') return { cause: 'disk-full', detail: 'The disk for recordings is full.' };
  return { cause: 'disk-error', detail: `The disk for recordings refuses to take them: ${code}.` };
}
