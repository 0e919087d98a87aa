import type { Readable, Writable } from 'node:stream';
import { execa } from 'execa';
import type { ChildLedger } from './child-ledger.ts';

/** What starts FFmpeg: where it is, and who is told of children. */
export interface FfmpegLauncher {
  readonly path: string;
  readonly ledger: Pick<ChildLedger, 'note'>;
  /** Path of `setpriv`, with which a child dies with this process, whatever happens to it. Linux only. */
  readonly setpriv: string | undefined;
}

/** How an FFmpeg has ended. */
export interface FfmpegExit {
  /** Undefined after a signal, and when it could not be started. */
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** What it said last on standard error. */
  readonly lastWords: string;
}

/** The pipes of an FFmpeg. */
export interface FfmpegPipes {
  /** All that it can read on standard input; undefined: its owner writes to {@link FfmpegProcess.input}. */
  readonly input: string | undefined;
  /** How many are open from descriptor 3 on. */
  readonly outputs: number;
}

/** How much of standard error is kept. */
const keptCharacters = 4_000;

/** A program that waits for packets hears only the second SIGINT, after this time; in milliseconds. */
const secondInterruptMs = 150;

/** How long a program may take to end after SIGINT, in milliseconds. */
const interruptMs = 1_000;

/** One running FFmpeg. Its owner kills or interrupts it; {@link ended} tells when it is gone, and never rejects. */
export class FfmpegProcess {
  readonly pid: number | undefined;
  readonly ended: Promise<FfmpegExit>;
  readonly #child: ReturnType<typeof spawn>;
  #lastWords = '';

  constructor(launcher: FfmpegLauncher, args: readonly string[], { input, outputs }: FfmpegPipes) {
    this.#child = spawn(launcher, args, { input, outputs });
    this.pid = this.#child.pid;
    launcher.ledger.note(this.pid, launcher.path.slice(launcher.path.lastIndexOf('/') + 1));
    this.ended = this.#run();
  }

  /** Where it reads, if that was not given at the start. Errors are for {@link ended} to tell. */
  get input(): Writable {
    return this.#child.stdin;
  }

  /** What it writes to descriptor `3 + index`. */
  output(index: number): Readable {
    const pipe: Readable | Writable | null | undefined = this.#child.stdio[3 + index];
    if (pipe === null || pipe === undefined || !('read' in pipe)) throw new TypeError('no such pipe');
    return pipe;
  }

  /** Ends it at once. */
  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Lets it finish what it writes; one that does not end within a second is killed. Resolves when it is gone. */
  async interrupt(): Promise<void> {
    this.#child.kill('SIGINT');
    const timers = [
      setTimeout(() => this.#child.kill('SIGINT'), secondInterruptMs),
      setTimeout(() => {
        this.kill();
      }, interruptMs),
    ];
    await this.ended;
    timers.forEach(clearTimeout);
  }

  async #run(): Promise<FfmpegExit> {
    this.#child.stdin.on('error', () => undefined);
    // All of it is read, or a program that says much would stand still; a line that never ends costs no more than others.
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#lastWords = (this.#lastWords + chunk.toString('latin1')).slice(-keptCharacters);
    });
    const { exitCode, signal } = await this.#child;
    return { exitCode, signal, lastWords: this.#lastWords };
  }
}

/** Its environment is empty: ours may hold secrets. */
function spawn({ path, setpriv }: FfmpegLauncher, args: readonly string[], { input, outputs }: FfmpegPipes) {
  const [program, wrapped] = setpriv === undefined ? [path, args] : [setpriv, ['--pdeathsig', 'KILL', '--', path, ...args]];
  return execa(program, wrapped, {
    ...(input === undefined ? {} : { input }),
    stdio: ['pipe', 'ignore', 'pipe', ...Array.from({ length: outputs }, () => 'pipe' as const)],
    buffer: false,
    reject: false,
    extendEnv: false,
    env: {},
  });
}
