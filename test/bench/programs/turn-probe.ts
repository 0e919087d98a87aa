/**
 * Is loaded into the gateway with `--import`: looks every millisecond how long the thread did not come to it, and how much CPU it used meanwhile.
 * Answers any message with the most of both since the last one.
 */

/** What the thread did between two looks, each at its most, in milliseconds. */
export interface Turns {
  /** Without it coming to a timer that was due: at work, in a garbage collection, or waiting for a core. */
  readonly longestMs: number;
  /** CPU time, which does not depend on who else wants the core. */
  readonly mostCpuMs: number;
}

const tickMs = 1;

let turns: Turns = { longestMs: 0, mostCpuMs: 0 };
let lastMs = performance.now();
let lastCpu = process.threadCpuUsage();

setInterval(() => {
  const nowMs = performance.now();
  const { user, system } = process.threadCpuUsage(lastCpu);
  turns = {
    longestMs: Math.max(turns.longestMs, nowMs - lastMs - tickMs),
    mostCpuMs: Math.max(turns.mostCpuMs, (user + system) / 1000),
  };
  lastMs = nowMs;
  lastCpu = process.threadCpuUsage();
}, tickMs).unref();

process.on('message', () => {
  process.send?.(turns);
  turns = { longestMs: 0, mostCpuMs: 0 };
});
process.channel?.unref(); // it does not keep the gateway
