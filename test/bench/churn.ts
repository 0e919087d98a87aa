import type { LoadLine } from './programs/load-viewers.ts';
import { loopDelay } from './loop-delay.ts';
import { cpuMsOf } from './process-usage.ts';
import { Audience, openGateway, type Served } from './served.ts';
import { socketDropsOf } from './socket-drops.ts';
import { renderColumns } from './table.ts';

/** What {@link measureChurn} may be told. */
export interface ChurnOptions {
  /** Viewers who stay. */
  readonly staying: number;
  /** Joins, and leaves, a second. */
  readonly rate: number;
  readonly seconds: number;
}

interface Stretch {
  readonly what: string;
  readonly lost: number;
  readonly packets: number;
  readonly longestGapMs: number;
  readonly drops: number;
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  readonly workerCores: number;
  readonly nodeCores: number;
}

/** Joins and leaves all the time, and what those notice who stay: compared with as long a time before, without joins. */
export async function measureChurn(
  program: string,
  { staying, rate, seconds }: ChurnOptions,
): Promise<{ readonly text: string; readonly data: unknown }> {
  await using served = await openGateway(program);
  await using audience = new Audience(served, { viewers: staying });
  await audience.allPlay();
  await audience.line();
  console.error(`${staying} viewers, nobody joins …`);
  const quiet = await observe('nobody joins', { served, audience, seconds: Math.min(seconds, 20) });
  console.error(`${rate} joins and leaves a second …`);
  await using visitors = new Audience(served, { viewers: 0, churn: rate });
  await visitors.line();
  const busy = await observe(`${rate} joins and leaves a second`, { served, audience, seconds });
  const joined = await drain(visitors, seconds);
  return { text: `${render([quiet, busy])}\n\n${describe(joined)}`, data: { quiet, busy, joined } };
}

async function observe(
  what: string,
  { served, audience, seconds }: { readonly served: Served; readonly audience: Audience; readonly seconds: number },
): Promise<Stretch> {
  await loopDelay(served.url); // begins anew
  const pids = [served.node, ...served.workers];
  const look = () => ({ drops: socketDropsOf(pids), worker: cpuMsOf(served.workers), node: cpuMsOf([served.node]) });
  const [from, before] = [await audience.line(), look()];
  let to = from;
  let longestGapMs = 0;
  for (let second = 0; second < seconds; second += 1) {
    to = await audience.line();
    longestGapMs = Math.max(longestGapMs, to.longestGapMs);
  }
  const after = look();
  const elapsedMs = to.atMs - from.atMs;
  return {
    ...{ what, longestGapMs, lost: to.lost - from.lost, packets: to.packets - from.packets },
    ...(await loopDelay(served.url)),
    drops: after.drops - before.drops,
    workerCores: (after.worker - before.worker) / elapsedMs,
    nodeCores: (after.node - before.node) / elapsedMs,
  };
}

/** Its lines have piled up meanwhile: the last of them counts. */
async function drain(visitors: Audience, seconds: number): Promise<LoadLine> {
  let line = await visitors.line();
  for (let second = 1; second < seconds; second += 1) line = await visitors.line();
  return line;
}

function render(stretches: readonly Stretch[]): string {
  return renderColumns(
    ['those who stay, while', 'packets', 'lost', 'longest gap', 'socket drops', 'loop p99', 'loop max', 'worker CPU', 'Node CPU'],
    stretches.map((stretch) => [
      ...[stretch.what, stretch.packets.toString(), stretch.lost.toString(), `${stretch.longestGapMs} ms`, stretch.drops.toString()],
      ...[`${stretch.loopP99Ms.toFixed(1)} ms`, `${stretch.loopMaxMs.toFixed(1)} ms`],
      ...[stretch.workerCores.toFixed(2), stretch.nodeCores.toFixed(2)],
    ]),
  );
}

function describe({ visits, failed, postMs, connectMs, firstRtpMs }: LoadLine): string {
  const spread = ({ p50, p99 }: LoadLine['postMs']): string => `${p50.toFixed(0)} / ${p99.toFixed(0)} ms`;
  return `${visits} came and left, ${failed} failed; p50 / p99 of POST→201 ${spread(postMs)}, to connected ${spread(connectMs)}, to the first video packet ${spread(firstRtpMs)}`;
}
