import { setPriority } from 'node:os';
import { type FfmpegExit, type FfmpegLauncher, FfmpegProcess } from '../ffmpeg-process.ts';
import type { Fragment } from '../fragment.ts';
import { RenditionParser } from '../rendition-parser.ts';
import { ladderArguments } from './ladder-arguments.ts';
import type { LadderRendition } from './ladder-plan.ts';

/** What a {@link LadderEncoder} works with. */
export interface LadderEncoderOptions {
  readonly launcher: FfmpegLauncher;
  readonly preset: string;
  /** How far it yields to other processes. Default 5. */
  readonly niceness: number | undefined;
  /** From the smallest up; at least one. */
  readonly ladder: readonly LadderRendition[];
  /** What the original begins with: a key frame. */
  readonly first: Fragment;
  readonly onFragment: (fragment: Fragment) => void;
}

/** Why an encoder ended: FFmpeg's exit, or what it wrote could not be read. */
export type LadderEncoderEnding = FfmpegExit & { readonly problem: string | undefined };

/** Media goes before it, three to one where both want the same core; more would starve it on a busy machine. */
const usualNiceness = 5;

/** One FFmpeg that makes smaller pictures of an original. Its owner feeds it, and ends it. */
export class LadderEncoder {
  /** Never rejects. */
  readonly ended: Promise<LadderEncoderEnding>;
  readonly #process: FfmpegProcess;
  readonly #onFragment: (fragment: Fragment) => void;
  /** Up to where each picture has come out, in milliseconds of the run. */
  readonly #madeMs: number[];
  #fedMs: number;
  #problem: string | undefined;

  constructor({ launcher, preset, niceness = usualNiceness, ladder, first, onFragment }: LadderEncoderOptions) {
    this.#onFragment = onFragment;
    this.#fedMs = first.startMs;
    this.#madeMs = ladder.map(() => first.startMs);
    const pictures = ladder.map(({ encoded }) => encoded);
    const args = ladderArguments(pictures, { preset, framesPerSecond: framesPerSecondOf(first) });
    this.#process = new FfmpegProcess(launcher, args, { input: undefined, outputs: pictures.length });
    if (niceness > 0) yieldToOthers(this.#process.pid, niceness);
    for (const [index, { name }] of ladder.entries()) this.#read(index, name);
    this.#process.input.write(first.init.bytes);
    this.write(first);
    this.ended = this.#untilEnded();
  }

  /** How far the picture that is last is behind what was fed, in milliseconds of media. */
  get lagMs(): number {
    return this.#fedMs - Math.min(...this.#madeMs);
  }

  write({ bytes, startMs, durationMs }: Fragment): void {
    this.#fedMs = startMs + durationMs;
    if (this.#process.input.writable) this.#process.input.write(bytes);
  }

  /** Ends it at once. */
  kill(): void {
    this.#process.kill();
  }

  #read(index: number, name: string): void {
    const parser = new RenditionParser(name);
    const pipe = this.#process.output(index);
    pipe.on('error', () => undefined); // the process has ended, and tells why itself
    pipe.on('data', (chunk: Buffer) => {
      try {
        for (const fragment of parser.push(chunk)) {
          this.#madeMs[index] = fragment.startMs + fragment.durationMs;
          this.#onFragment(fragment);
        }
      } catch (error) {
        this.#problem ??= error instanceof Error ? error.message : String(error);
        this.kill();
      }
    });
  }

  async #untilEnded(): Promise<LadderEncoderEnding> {
    const exit = await this.#process.ended;
    return { ...exit, problem: this.#problem };
  }
}

/** What x264 is told: rounded, because a single fragment tells no more. */
function framesPerSecondOf({ frames, durationMs }: Fragment): number {
  const measured = durationMs > 0 ? Math.round((frames * 1000) / durationMs) : 30;
  return Math.min(Math.max(measured, 5), 120);
}

function yieldToOthers(pid: number | undefined, niceness: number): void {
  try {
    if (pid !== undefined) setPriority(pid, niceness);
  } catch {
    // It has ended already, which `ended` tells.
  }
}
