import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Short, so that a process that has used its share does not stand still for long, in microseconds. */
const periodUs = 10_000;

/** A control group of the kernel (version 1 or 2) whose processes get no more than a share of one core; removed when it is disposed of. */
export class CpuQuota implements Disposable {
  readonly #folder: string;
  readonly #parent: string;
  readonly #pids: number[] = [];

  /** Undefined where this may not be: it needs root, and the cpu controller. `share` of a core, at least 0.1. */
  static open(share: number): CpuQuota | undefined {
    const isVersion2 = existsSync('/sys/fs/cgroup/cgroup.controllers');
    const parent = isVersion2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/cpu';
    const folder = join(parent, `sluice-bench-${process.pid}`);
    const quotaUs = Math.round(share * periodUs);
    const limits = isVersion2
      ? [['cpu.max', `${quotaUs} ${periodUs}`] as const]
      : [['cpu.cfs_period_us', String(periodUs)] as const, ['cpu.cfs_quota_us', String(quotaUs)] as const];
    try {
      mkdirSync(folder);
    } catch {
      return undefined;
    }
    try {
      for (const [file, value] of limits) writeFileSync(join(folder, file), value);
      return new CpuQuota(folder, parent);
    } catch {
      rmdirSync(folder);
      return undefined;
    }
  }

  private constructor(folder: string, parent: string) {
    this.#folder = folder;
    this.#parent = parent;
  }

  /** Limits these processes, with all their threads, together. */
  add(pids: readonly number[]): void {
    for (const pid of pids) {
      writeFileSync(join(this.#folder, 'cgroup.procs'), String(pid));
      this.#pids.push(pid);
    }
  }

  [Symbol.dispose](): void {
    for (const pid of this.#pids.splice(0)) {
      if (existsSync(`/proc/${pid}`)) writeFileSync(join(this.#parent, 'cgroup.procs'), String(pid));
    }
    rmdirSync(this.#folder);
  }
}
