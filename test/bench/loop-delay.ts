/** How often the gateway looks whether its thread is late, in milliseconds: what it then tells holds this time. */
const lookedAtEveryMs = 50;

/** How late the gateway's thread was since it was last asked. */
export async function loopDelay(url: string): Promise<{ readonly loopP99Ms: number; readonly loopMaxMs: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const read = (name: string): number => {
    const seconds = Number(new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)$`, 'm').exec(text)?.[1]);
    return Math.max(0, seconds * 1000 - lookedAtEveryMs);
  };
  return { loopP99Ms: read('p99'), loopMaxMs: read('max') };
}
