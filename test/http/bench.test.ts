import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'vitest';

const bench = fileURLToPath(new URL('../bench/main.ts', import.meta.url));
const gateway = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

interface Benchmark {
  readonly args: readonly string[];
  /** What it starts, directly or not. */
  readonly programs: readonly string[];
}

const burst: Benchmark = { args: ['join', '--only', 'burst'], programs: [gateway, 'mediasoup-worker', 'ffmpeg'] };
const churn: Benchmark = { args: ['churn', '--staying', '1'], programs: [gateway, 'mediasoup-worker', 'load-publisher', 'load-viewers'] };

test.concurrent.for([
  ['SIGTERM', churn],
  ['SIGKILL', burst],
] as const)(
  'after %s a benchmark has left nothing running of what it started',
  { timeout: 120_000 },
  async ([signal, { args, programs }], { expect }) => {
    const child = spawn(process.execPath, [bench, ...args, '--gateway', gateway], { stdio: 'ignore' });
    const exit = once(child, 'exit');
    await using cleanUp = new AsyncDisposableStack();
    cleanUp.defer(() => void child.kill('SIGKILL'));
    let started: readonly Running[] = [];
    const missing = (): readonly string[] => {
      started = descendantsOf(child.pid ?? 0);
      return programs.filter((program) => !started.some(({ command }) => command.includes(program)));
    };
    await expect.poll(missing, { timeout: 60_000 }).toEqual([]);
    cleanUp.defer(() => {
      for (const { pid } of started.filter(isRunning)) process.kill(pid, 'SIGKILL');
    });
    // Whoever stands still just then, as the load client does for a while, cannot notice by itself.
    for (const { pid, command } of started) if (command.includes('load-viewers')) process.kill(pid, 'SIGSTOP');
    child.kill(signal);
    await exit;
    await expect.poll(() => started.filter(isRunning)).toEqual([]);
  },
);

interface Running {
  readonly pid: number;
  readonly command: string;
}

function descendantsOf(pid: number): readonly Running[] {
  const children = processes().filter(({ parent }) => parent === pid);
  return children.flatMap((child) => [child, ...descendantsOf(child.pid)]);
}

function isRunning({ pid, command }: Running): boolean {
  return processes().some((running) => running.pid === pid && running.command === command);
}

/** Those that have not ended; of what has, and waits for its parent, there is no command line. */
function processes(): readonly (Running & { readonly parent: number })[] {
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return command === '' ? [] : [{ pid: Number(name), parent: Number(parent), command }];
    } catch {
      return []; // it has ended meanwhile
    }
  });
}
