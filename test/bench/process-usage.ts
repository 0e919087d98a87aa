import { readFileSync } from 'node:fs';

/** Memory of a process, in MB of 2²⁰ bytes. */
export interface Memory {
  readonly resident: number;
  /** Without the pages of programs and libraries, which other processes may share. */
  readonly own: number;
}

/** Length of a tick in `/proc/…/stat` (`getconf CLK_TCK` is 100 on every Linux that matters), in milliseconds. */
const tickMs = 10;

/** What a process has in memory now. */
export function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) / 1024;
  return { resident: megabytes('VmRSS'), own: megabytes('RssAnon') };
}

/** User and system CPU time that processes have used so far, in milliseconds. */
export function cpuMsOf(pids: readonly number[]): number {
  const ticks = pids.map((pid) => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [, , , , , , , , , , , user, system] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(user) + Number(system);
  });
  return ticks.reduce((sum, count) => sum + count, 0) * tickMs;
}

/** The same of the children of a process that have ended, and those of its children. */
export function cpuMsOfEnded(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const [user, system] = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .slice(13, 15);
  return (Number(user) + Number(system)) * tickMs;
}

/** The programs of a name that a process has started. */
export function childrenOf(pid: number, name: string): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
  return children.filter((child) => readFileSync(`/proc/${child}/comm`, 'utf8').trim() === name);
}
