/** How late the gateway's thread was since it was last asked. */
export async function loopDelay(url: string): Promise<{ readonly loopP99Ms: number; readonly loopMaxMs: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const read = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]) * 1000;
  return { loopP99Ms: read('nodejs_eventloop_lag_p99_seconds'), loopMaxMs: read('nodejs_eventloop_lag_max_seconds') };
}
