import type { Fragment, RunEnding, TapRun } from './fragment.ts';

/** Who takes fragments: pushed synchronously, never waited for; a slow reader bounds its own queue. */
export interface FragmentReader {
  runStarted(run: TapRun): void;
  fragment(run: TapRun, fragment: Fragment): void;
  runEnded(run: TapRun, ending: RunEnding): void;
  /** No more runs: the stream has ended, or the gateway closes. */
  ended(): void;
}

/** How much of a stream is kept for late readers, at most, in bytes; above it only what follows the last key frames. */
const memoryBytes = 64 * 2 ** 20;

/** How far key frames of one moment may lie apart over the renditions, in milliseconds. */
const momentMs = 400;

/** A rendition that is this far behind the newest has stopped, in milliseconds: its layer has vanished. */
const stoppedMs = 5_000;

/** How much audio is kept where there is no video, and how much at most where there is, in milliseconds. */
const audioOnlyMs = 10_000;
const audioMs = 30_000;

/** How a {@link FragmentHub} is set up. */
export interface FragmentHubOptions {
  /** Hears of a reader that has thrown, and gets nothing any more; the others do not notice. Default: whoever pushes gets the error. */
  readonly onReaderError?: (error: unknown) => void;
  /** How much is kept, in bytes. Default 64 MiB. */
  readonly limitBytes?: number;
}

/** Spreads one stream's fragments to its readers, and remembers what a late one needs to begin at a key frame. */
export class FragmentHub {
  readonly #readers = new Set<FragmentReader>();
  /** In the order of arrival. */
  #memory: Fragment[] = [];
  #bytes = 0;
  #run: TapRun | undefined;
  #ended = false;
  readonly #memoryBytes: number;
  readonly #onReaderError: (error: unknown) => void;

  constructor({ limitBytes = memoryBytes, onReaderError = rethrow }: FragmentHubOptions = {}) {
    this.#memoryBytes = limitBytes;
    this.#onReaderError = onReaderError;
  }

  /** The present run. */
  get run(): TapRun | undefined {
    return this.#run;
  }

  /**
   * Adds a reader; it gets the present run and its fragments since the last key frame first, or since the last but one (`keyFrames` 2), where that
   * is still known. A hub that has ended says so at once.
   */
  add(reader: FragmentReader, { keyFrames = 1 }: { readonly keyFrames?: 1 | 2 } = {}): Disposable {
    if (this.#ended) {
      reader.ended();
      return { [Symbol.dispose]: () => undefined };
    }
    this.#readers.add(reader);
    const run = this.#run;
    if (run !== undefined) {
      const replay = fromLastKeyFrames(this.#memory, keyFrames);
      this.#tellOne(reader, () => {
        reader.runStarted(run);
        for (const fragment of replay) reader.fragment(run, fragment);
      });
    }
    return { [Symbol.dispose]: () => this.#readers.delete(reader) };
  }

  /** What is kept of a rendition since its last key frame, oldest first; empty before the first one. */
  sinceKeyFrame(rendition: string): readonly Fragment[] {
    const fragments = this.#memory.filter((fragment) => fragment.rendition === rendition);
    const last = fragments.findLastIndex(({ independent }) => independent);
    return last === -1 ? [] : fragments.slice(last);
  }

  startRun(run: TapRun): void {
    this.#forget();
    this.#run = run;
    this.#tell((reader) => {
      reader.runStarted(run);
    });
  }

  push(fragment: Fragment): void {
    const run = this.#run;
    if (run === undefined) throw new TypeError('fragments belong to a run');
    this.#memory.push(fragment);
    this.#bytes += fragment.bytes.length;
    if (fragment.independent || this.#bytes > this.#memoryBytes) this.#trim();
    this.#tell((reader) => {
      reader.fragment(run, fragment);
    });
  }

  endRun(ending: RunEnding): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    this.#forget();
    this.#tell((reader) => {
      reader.runEnded(run, ending);
    });
  }

  /** Tells the readers that nothing follows, and lets them go. Idempotent. */
  end(): void {
    if (this.#ended) return;
    this.endRun({ cause: 'stopped' });
    this.#ended = true;
    this.#tell((reader) => {
      reader.ended();
    });
    this.#readers.clear();
  }

  #forget(): void {
    this.#memory = [];
    this.#bytes = 0;
  }

  /** Keeps what follows the last but one key frames; what follows the last ones, or nothing, where that is too much. */
  #trim(): void {
    for (const keyFrames of [2, 1]) {
      this.#memory = sinceKeyFrames(this.#memory, keyFrames);
      this.#bytes = this.#memory.reduce((sum, { bytes }) => sum + bytes.length, 0);
      if (this.#bytes <= this.#memoryBytes) return;
    }
    this.#forget();
  }

  #tell(step: (reader: FragmentReader) => void): void {
    for (const reader of [...this.#readers]) if (this.#readers.has(reader)) this.#tellOne(reader, step);
  }

  #tellOne(reader: FragmentReader, step: (reader: FragmentReader) => void): void {
    try {
      step(reader);
    } catch (error) {
      this.#readers.delete(reader);
      this.#onReaderError(error);
    }
  }
}

function rethrow(error: unknown): never {
  throw error;
}

/** Fragments from the last but `keyFrames` − 1 key frame of each video rendition on, and the audio since the earliest of them. */
function sinceKeyFrames(fragments: readonly Fragment[], keyFrames: number): Fragment[] {
  const starts = [...keyFrameStarts(fragments)];
  const newestMs = Math.max(...fragments.map(({ startMs }) => startMs));
  const from = new Map(starts.map(([rendition, times]) => [rendition, times.at(-keyFrames) ?? times[0] ?? Infinity]));
  const audioFrom = from.size === 0 ? newestMs - audioOnlyMs : Math.max(newestMs - audioMs, Math.min(...from.values()));
  return fragments.filter((fragment) => isFrom(fragment, from, audioFrom));
}

/**
 * What a late reader gets: every video rendition from the last key frame that all of them have, or the last but one, and the audio from there on.
 * Renditions that have stopped are left out.
 */
export function fromLastKeyFrames(fragments: readonly Fragment[], keyFrames: 1 | 2 = 1): readonly Fragment[] {
  const newestMs = Math.max(...fragments.map(endMs));
  const present = new Set(fragments.filter((fragment) => endMs(fragment) > newestMs - stoppedMs).map(({ rendition }) => rendition));
  const starts = [...keyFrameStarts(fragments)].filter(([rendition]) => present.has(rendition));
  const momentAt = Math.min(...starts.map(([, times]) => times.at(-keyFrames) ?? times[0] ?? Infinity));
  const from = new Map(starts.map(([rendition, times]) => [rendition, times.find((time) => time >= momentAt - momentMs) ?? Infinity]));
  const audioFrom = from.size === 0 ? newestMs - 1_000 : Math.min(...from.values());
  return fragments.filter((fragment) => isFrom(fragment, from, audioFrom));
}

function isFrom(fragment: Fragment, from: ReadonlyMap<string, number>, audioFrom: number): boolean {
  return isVideo(fragment) ? fragment.startMs >= (from.get(fragment.rendition) ?? Infinity) : endMs(fragment) > audioFrom;
}

function keyFrameStarts(fragments: readonly Fragment[]): Map<string, number[]> {
  const starts = new Map<string, number[]>();
  for (const fragment of fragments) {
    if (!isVideo(fragment) || !fragment.independent) continue;
    const times = starts.get(fragment.rendition) ?? [];
    times.push(fragment.startMs);
    starts.set(fragment.rendition, times);
  }
  return starts;
}

const isVideo = ({ rendition }: Fragment): boolean => rendition !== 'audio';
const endMs = ({ startMs, durationMs }: Fragment): number => startMs + durationMs;
