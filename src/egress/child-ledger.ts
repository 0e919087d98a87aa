import { appendFileSync, closeSync, lstatSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { commandLine, identify, isRunning, type ProcessIdentity } from './process-identity.ts';

/** A child as the ledger keeps it. */
interface Entry extends ProcessIdentity {
  /** File name of its program, which must still be in its command line. */
  readonly program: string;
}

/**
 * Writes down which programs this gateway has started, so that the next one can end those that a crash has left behind.
 *
 * Only processes whose number, start time and program are all as written, in a file of a gateway that no longer runs, since the last start
 * of the machine, are touched. One file per gateway in a folder that nobody else can write to.
 */
export class ChildLedger implements Disposable {
  readonly #file: string | undefined;

  private constructor(file: string | undefined) {
    this.#file = file;
  }

  /**
   * Opens this gateway's file in `folder`, which is made if needed, and ends what gateways before it have left; `ended` gets their numbers.
   *
   * Where there is no `/proc`, or the folder belongs to somebody else, nothing is kept and nobody ended.
   */
  static open(folder: string, ended: (pids: readonly number[]) => void = () => undefined): ChildLedger {
    const self = identify(process.pid);
    const machine = bootId();
    if (self === undefined || machine === undefined || !ownFolder(folder)) return new ChildLedger(undefined);
    const orphans = readdirSync(folder).flatMap((name) => takeOver(folder, name, machine));
    for (const { pid } of orphans) endProcess(pid);
    if (orphans.length > 0) ended(orphans.map(({ pid }) => pid));
    const file = join(folder, `${self.pid}-${self.startedAt}-${machine}`);
    closeSync(openSync(file, 'a', 0o600));
    return new ChildLedger(file);
  }

  /** Writes down a child that was started just now. */
  note(pid: number | undefined, program: string): void {
    const identity = pid === undefined ? undefined : identify(pid);
    if (this.#file === undefined || identity === undefined) return;
    appendFileSync(this.#file, `${JSON.stringify({ ...identity, program })}\n`);
  }

  /** Every child has ended. */
  [Symbol.dispose](): void {
    if (this.#file !== undefined) rmSync(this.#file, { force: true });
  }
}

/** The children in a file of a gateway that has ended which still run; the file is removed. */
function takeOver(folder: string, name: string, machine: string): readonly Entry[] {
  const [, pid, startedAt, boot] = /^(\d+)-(\d+)-(\w+)$/.exec(name) ?? [];
  if (boot === undefined || isRunning({ pid: Number(pid), startedAt: Number(startedAt) })) return [];
  const file = join(folder, name);
  const entries = boot === machine ? readEntries(readFileSync(file, 'utf8')) : [];
  rmSync(file, { force: true });
  return entries.filter((entry) => isRunning(entry) && commandLine(entry.pid).some((part) => part.endsWith(entry.program)));
}

/** The lines of a ledger; what a crash has cut short is left out. */
export function readEntries(text: string): readonly Entry[] {
  return text.split('\n').flatMap((line) => {
    const [, pid, startedAt, program] = /^\{"pid":(\d+),"startedAt":(\d+),"program":"([^"\\]+)"\}$/.exec(line) ?? [];
    return program === undefined ? [] : [{ pid: Number(pid), startedAt: Number(startedAt), program }];
  });
}

/** Makes the folder, or makes sure that it is ours alone: others could make us end processes of ours. */
function ownFolder(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const info = lstatSync(folder);
    return info.isDirectory() && info.uid === process.getuid?.() && (info.mode & 0o022) === 0;
  } catch {
    return false; // nothing can be written there
  }
}

function bootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').replaceAll(/[^0-9a-f]/g, '');
  } catch {
    return undefined; // not Linux
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it has ended meanwhile
  }
}
