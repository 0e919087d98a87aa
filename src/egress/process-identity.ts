import { readFileSync } from 'node:fs';

/** A process of this machine: its number is used again after it ended, together with its start time it is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** In clock ticks since the machine started. */
  readonly startedAt: number;
}

/** Field 22 of `/proc/[pid]/stat` (proc(5)), counted after the name, which may hold anything. */
const startTimeAfterName = 19;

/** When a process started, of the text of its `/proc/[pid]/stat`; undefined for one that has ended and waits to be reaped. */
export function readStartTime(stat: string): number | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const isDead = fields[0] === 'Z' || fields[0] === 'X';
  const startTime = Number(fields[startTimeAfterName]);
  return isDead || !Number.isSafeInteger(startTime) || fields.length <= startTimeAfterName ? undefined : startTime;
}

/** Who has this number now; undefined when nobody has, or where there is no `/proc`. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const startedAt = readStartTime(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    return startedAt === undefined ? undefined : { pid, startedAt };
  } catch {
    return undefined; // there is no such process
  }
}

/** Whether that very process still runs. */
export function isRunning({ pid, startedAt }: ProcessIdentity): boolean {
  return identify(pid)?.startedAt === startedAt;
}

/** The program and arguments of a process; empty when it has gone. */
export function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  } catch {
    return []; // there is no such process
  }
}
