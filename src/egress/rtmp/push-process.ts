import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { execa } from 'execa';
import type { OutputEnding } from '../output.ts';
import type { FfmpegLauncher } from '../ffmpeg-process.ts';
import { pushArguments } from './push-arguments.ts';
import { endingOf } from './push-ending.ts';
import { ProgressReader } from './push-progress.ts';
import { judgePush } from './push-watch.ts';
import type { RtmpTarget } from './rtmp-target.ts';
import { openUnnamedFile, type UnnamedFile } from './unnamed-file.ts';

/** What a {@link PushProcess} is started with. */
export interface PushOptions {
  readonly launcher: FfmpegLauncher;
  readonly target: RtmpTarget;
  readonly hasVideo: boolean;
  readonly caFile: string | undefined;
  /** The server took so many bytes more. */
  readonly onProgress: (bytes: number) => void;
}

/** How a push ended; undefined: as it was asked to by {@link PushProcess.finish}. */
export type PushResult = OutputEnding | undefined;

/** How many reports with progress make sure that the server wants the stream: it may take the first bytes and then refuse. */
const enoughReports = 2;

/** How long the last media may take to go out, in milliseconds. */
const finishMs = 3_000;

/** What FFmpeg said last. */
const keptLines = 12;

type Child = ReturnType<typeof spawn>;

/** One FFmpeg that pushes to one server: one connection. Ends by itself when the server ends it, and is ended when it does not get on. */
export class PushProcess {
  /** Resolves when the process has ended; never rejects. */
  readonly ended: Promise<PushResult>;
  readonly #options: PushOptions;
  readonly #child: Child;
  readonly #progress = new ProgressReader();
  readonly #lines: string[] = [];
  readonly #watch: NodeJS.Timeout;
  #finishTimer: NodeJS.Timeout | undefined;
  #bytes = 0;
  #reports = 0;
  #progressMs = performance.now();
  #waitingSinceMs: number | undefined;
  #killedFor: 'backlog' | 'stalled' | undefined;
  #finishing = false;

  /** Starts FFmpeg. Throws when the file with the key cannot be made; a program that cannot be started ends with that reason. */
  constructor(options: PushOptions) {
    this.#options = options;
    const { launcher, target, hasVideo, caFile } = options;
    using file = openUnnamedFile(target.secrets.optionFile());
    const args = pushArguments({ address: target.address, isTls: target.isTls, hasVideo, caFile, optionFile: '/dev/fd/3' });
    this.#child = spawn(launcher, args, file);
    launcher.ledger.note(this.#child.pid, basename(launcher.path));
    this.#child.stdin.on('error', () => undefined); // the process has ended, and tells why itself
    this.#watch = setInterval(() => {
      this.#judge();
    }, 500);
    this.ended = this.#run();
  }

  /** Whether the server wants the stream: it has taken media for a while. */
  get isAccepted(): boolean {
    return this.#reports >= enoughReports;
  }

  /** Whether it takes media. */
  get isOpen(): boolean {
    return !this.#finishing && !this.#child.stdin.destroyed;
  }

  /** What waits for FFmpeg to read it, in bytes. */
  get backlogBytes(): number {
    return this.#child.stdin.writableLength;
  }

  /** Hands media over. */
  write(chunks: readonly Uint8Array[]): void {
    const { stdin } = this.#child;
    if (!this.isOpen) return;
    this.#waitingSinceMs ??= performance.now();
    stdin.cork();
    for (const chunk of chunks) stdin.write(chunk);
    stdin.uncork();
    this.#judge();
  }

  /** Ends the connection after what was handed over, as it should be ended. Resolves when it has; takes 3 s at most. Idempotent. */
  async finish(): Promise<void> {
    this.#finishing = true;
    this.#child.stdin.end();
    this.#finishTimer ??= setTimeout(() => this.#child.kill('SIGKILL'), finishMs);
    await this.ended;
  }

  async #run(): Promise<PushResult> {
    const [result] = await Promise.all([this.#child, this.#readProgress(), this.#readLines()]);
    clearInterval(this.#watch);
    clearTimeout(this.#finishTimer);
    if (this.#finishing) return undefined;
    if (result.failed && result.exitCode === undefined && result.signal === undefined) {
      return { cause: 'failed', detail: `FFmpeg cannot be run: ${result.code ?? 'no reason given'}.` };
    }
    return endingOf({
      exitCode: result.exitCode,
      killedFor: this.#killedFor,
      wasAccepted: this.isAccepted,
      lines: this.#lines,
    });
  }

  async #readProgress(): Promise<void> {
    for await (const line of this.#child.iterable({ from: 'stdout' })) {
      const report = this.#progress.take(line);
      if (report === undefined || report.bytes <= this.#bytes) continue;
      const more = report.bytes - this.#bytes;
      this.#bytes = report.bytes;
      this.#progressMs = performance.now();
      this.#waitingSinceMs = undefined;
      if (!report.isLast) this.#reports += 1;
      this.#options.onProgress(more);
    }
  }

  async #readLines(): Promise<void> {
    for await (const line of this.#child.iterable({ from: 'stderr' })) {
      this.#lines.push(this.#options.target.secrets.redact(line).slice(0, 300));
      if (this.#lines.length > keptLines) this.#lines.shift();
    }
  }

  #judge(): void {
    if (this.#finishing || this.#killedFor !== undefined) return;
    this.#killedFor = judgePush({
      nowMs: performance.now(),
      progressMs: this.#progressMs,
      waitingSinceMs: this.#waitingSinceMs,
      backlogBytes: this.backlogBytes,
    });
    if (this.#killedFor !== undefined) this.#child.kill('SIGKILL'); // one that is blocked on the network hears nothing else
  }
}

/** The file with the key is its descriptor 3. Its environment is empty: ours may hold secrets. */
function spawn({ path, setpriv }: FfmpegLauncher, args: readonly string[], { descriptor: fd }: UnnamedFile) {
  const [program, wrapped] = setpriv === undefined ? [path, args] : [setpriv, ['--pdeathsig', 'KILL', '--', path, ...args]];
  return execa(program, wrapped, {
    stdio: ['pipe', 'pipe', 'pipe', createReadStream('', { fd, autoClose: false })],
    buffer: false,
    reject: false,
    extendEnv: false,
    env: {},
  });
}
