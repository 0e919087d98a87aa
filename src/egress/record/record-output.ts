import type { StreamId } from '../../streams/stream-id.ts';
import type { EgressOutput, OutputEnding, OutputReport, OutputState } from '../output.ts';
import type { OutputList } from '../output-list.ts';
import type { EgressSupervisor } from '../supervisor.ts';
import { sentenceOf } from './ending-sentence.ts';
import type { PartLimits } from './part-decision.ts';
import { PartWriter, type PartWriterOptions } from './part-writer.ts';
import { Recorder } from './recorder.ts';
import { newIdentifier, type Container } from './recording.ts';
import { stateBefore } from './tap-output-state.ts';

/** What a recording needs of the taps. */
export type Taps = Pick<EgressSupervisor, 'hold' | 'state'>;

/** What {@link RecordOutput} works with. */
export interface RecordOutputOptions extends Omit<PartWriterOptions, 'session' | 'startedAt' | 'failed'> {
  readonly taps: Taps;
  readonly limits: PartLimits;
  readonly format: 'mp4' | 'mkv';
  /** Why it cannot begin now; undefined: it can. */
  readonly obstacle: OutputEnding | undefined;
  /** Where it shows itself until it has stopped. */
  readonly outputs: OutputList;
  readonly failed: (cause: string) => void;
  /** The gateway is about to close, so a stream that ends does so for that reason. */
  readonly isDraining: () => boolean;
  /** It has stopped, and every file has its name. `byHand`: somebody wanted it so. */
  readonly stopped: (byHand: boolean) => void;
}

/** The id of a stream's recording among its outputs: there is one at a time. */
const recordOutputId = 'record';

/** Why recordings end when the gateway does. */
export const shutDown: OutputEnding = { cause: 'shutdown', detail: 'The gateway was shut down.' };

const streamEnded: OutputEnding = { cause: 'stream-ended', detail: sentenceOf({ cause: 'stream-ended' }) };

const byHand: OutputEnding = { cause: 'stopped', detail: sentenceOf({ cause: 'stopped' }) };

/** A stream that is being recorded, from start to stop, over all its publishers and parts. */
export class RecordOutput implements EgressOutput {
  readonly id = recordOutputId;
  readonly kind = 'record';
  readonly streamId: StreamId;
  readonly #options: RecordOutputOptions;
  /** Names the recording: 16 hexadecimal digits. */
  readonly session = newIdentifier();
  readonly #startedAt = new Date();
  readonly #settling = new Set<Promise<void>>();
  #state: OutputState | undefined;
  #writing: { readonly recorder: Recorder; readonly writer: PartWriter; readonly hold: Disposable } | undefined;
  readonly #shown: Disposable;
  #parts = 0;
  #bytes = 0;
  #stopping: Promise<void> | undefined;

  constructor(options: RecordOutputOptions) {
    this.#options = options;
    this.streamId = options.streamId;
    this.#shown = options.outputs.add(this);
    if (options.obstacle === undefined) this.#begin();
    else this.suspend(options.obstacle);
  }

  report(): OutputReport {
    const state = this.#state ?? stateBefore(this.#options.taps.state(this.streamId));
    const details = { session: this.session, startedAt: this.#startedAt, parts: this.#parts, bytes: this.#bytes };
    return { id: this.id, kind: this.kind, streamId: this.streamId, state, details };
  }

  /** Whether fragments are being written. */
  get isWriting(): boolean {
    return this.#writing?.recorder.isWriting === true;
  }

  /** Ends the present part and writes nothing until {@link resume}. */
  suspend(ending: OutputEnding): void {
    if (this.#stopping !== undefined || this.#state?.name === 'failed') return;
    this.#state = { name: 'failed', since: new Date(), ending };
    this.#end(ending);
    this.#options.failed(ending.cause);
    this.#changed();
  }

  /** Goes on after {@link suspend}, or after a disk that failed. */
  resume(): void {
    if (this.#stopping !== undefined || this.#state?.name !== 'failed') return;
    this.#begin();
    this.#changed();
  }

  /** Ends the part; resolves when every file has its name. Idempotent. */
  async stop(ending: OutputEnding = byHand): Promise<void> {
    return (this.#stopping ??= this.#stop(ending));
  }

  async #stop(ending: OutputEnding): Promise<void> {
    this.#end(ending);
    this.#state = { name: 'stopped', since: new Date() };
    this.#changed();
    await Promise.all(this.#settling);
    this.#shown[Symbol.dispose]();
    this.#options.stopped(ending === byHand);
  }

  #changed(): void {
    this.#options.outputs.changed(this);
  }

  #begin(): void {
    this.#state = undefined;
    const { taps, limits, format, wrote } = this.#options;
    const writer = new PartWriter({
      ...this.#options,
      session: this.session,
      startedAt: this.#startedAt,
      wrote: (bytes) => {
        this.#bytes += bytes;
        wrote(bytes);
      },
      failed: (ending) => {
        this.suspend(ending);
      },
    });
    const sink = {
      begin: ({ written, ...beginning }: Parameters<ConstructorParameters<typeof Recorder>[0]['begin']>[0]) => {
        writer.begin({ ...beginning, container: containerFor(format, written) });
      },
      append: writer.append.bind(writer),
      end: writer.end.bind(writer),
      forget: writer.forget.bind(writer),
    };
    const recorder = new Recorder(sink, {
      limits,
      changed: (event) => {
        if (event === 'part') this.#parts += 1;
        if (event === 'forgotten') this.#parts -= 1;
        this.#state = event === 'part' ? { name: 'running', since: new Date() } : undefined;
        this.#changed();
        if (event === 'ended') void this.stop(this.#options.isDraining() ? shutDown : streamEnded);
      },
    });
    const hold = taps.hold(this.streamId, recorder, 'record');
    if (this.#stopping === undefined) this.#writing = { recorder, writer, hold };
    else hold[Symbol.dispose](); // the stream ended meanwhile
  }

  #end(ending: OutputEnding): void {
    const writing = this.#writing;
    if (writing === undefined) return;
    this.#writing = undefined;
    writing.hold[Symbol.dispose]();
    writing.recorder.finish(ending);
    const settling = writing.writer.settled().finally(() => this.#settling.delete(settling));
    this.#settling.add(settling);
  }
}

/** VP8 is in no MP4, so it stays WebM there. */
function containerFor(format: 'mp4' | 'mkv', written: 'mp4' | 'webm'): Container {
  return format === 'mkv' ? 'mkv' : written;
}
