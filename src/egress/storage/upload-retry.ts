const delaysMs = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000];
const longestMs = 300_000;

/** How long to wait after so many failures in a row, in milliseconds: up to 5 minutes, spread by a fifth. `random` is in [0, 1). */
export function uploadRetryDelayMs(failures: number, random: number): number {
  return (delaysMs[failures - 1] ?? longestMs) * (0.9 + random * 0.2);
}
