/** Longest time that one call may take, in milliseconds. */
const limitMs = 50;

/** The slowest call so far. */
export interface Slowest {
  ms: number;
  name: string;
}

/**
 * Runs `call`, and again a few times when it was slow: a collection of garbage falls into one run, a slow input is slow in most.
 *
 * Time is CPU time of this thread, because other tests run on the same cores. Throws what `call` throws, and an error when it is slow.
 */
export function timed(name: string, slowest: Slowest, call: () => void): void {
  let ms = cpuMsOf(call);
  if (ms > limitMs / 2) ms = Array.from({ length: 5 }, () => cpuMsOf(call)).toSorted((a, b) => a - b)[2] ?? ms;
  if (ms > slowest.ms) Object.assign(slowest, { ms, name });
  if (ms > limitMs) throw new Error(`${name} takes ${Math.round(ms)} ms`);
}

function cpuMsOf(call: () => void): number {
  const before = process.threadCpuUsage();
  call();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}
