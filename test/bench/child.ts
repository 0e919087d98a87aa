import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { leashed } from '../fixtures/leash.ts';

/** How long a program may take to release what it holds, in milliseconds. */
const patienceMs = 5_000;

/** A program of the bench in a process of its own, which writes lines. It ends when it is disposed of, and with this process: it hears `disconnect`, and is killed where it stands still. */
export class Child implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  /** `name` of a file in `programs/`. */
  constructor(name: string, args: readonly string[]) {
    const program = fileURLToPath(new URL(`programs/${name}.ts`, import.meta.url));
    const child = spawn(...leashed(process.execPath, [program, ...args]), { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout ?? Readable.from([]) })[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The next line. Throws when the process has ended. */
  async line(): Promise<string> {
    const next = await this.#lines.next();
    if (next.done === true) throw new Error('a program of the bench has ended');
    return next.value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), patienceMs);
    if (this.#child.connected) this.#child.disconnect();
    await exit;
    clearTimeout(timer);
  }
}
