import { CpuQuota } from './cpu-quota.ts';
import { cpuMsOf } from './process-usage.ts';
import { Audience, openBare, openGateway, type Served, timePosts } from './served.ts';
import { socketDropsOf } from './socket-drops.ts';
import { renderColumns } from './table.ts';

/** What {@link measureSaturation} may be told. */
export interface SaturationOptions {
  /** What the media worker gets of a core, so that it is full before the load client and Node.js are. */
  readonly share: number;
  /** The ramp ends here at the latest. */
  readonly most: number;
  /** How long is measured at 80 %. */
  readonly seconds: number;
}

/** One system at 80 % of the viewers at which mediasoup alone is full. */
interface Load {
  readonly system: string;
  readonly viewers: number;
  readonly packets: number;
  readonly lost: number;
  readonly drops: number;
  readonly longestGapMs: number;
  readonly workerCores: number;
  readonly postMs: { readonly p50: number; readonly p99: number };
}

/** Viewers that come each second of the ramp. */
const rampPerSecond = 3;

/** A worker that uses this much of what it may is full. */
const fullShare = 0.95;

/** A longest gap in any viewer's packets beyond this says that the worker is behind, in milliseconds. */
const lateMs = 200;

const posts = 100;

/** How many viewers fill a worker with mediasoup alone, and how those fare who are 80 % of them, with it and with the gateway. */
export async function measureSaturation(
  program: string,
  options: SaturationOptions,
): Promise<{ readonly text: string; readonly data: unknown }> {
  const full = await ramp(openBare, options);
  const viewers = Math.floor(0.8 * full.viewers);
  const plain = { SLUICE_STREAMS_DEFAULT_INSTANT_JOIN: 'never' };
  const loads = [
    await measure('mediasoup', openBare, { viewers, options }),
    await measure('Sluice', async () => openGateway(program), { viewers, options }),
    await measure('Sluice, plain', async () => openGateway(program, plain), { viewers, options }),
  ];
  const text = [
    full.isLimited
      ? `The worker gets ${options.share} of a core (a control group of the kernel).`
      : 'The worker’s share could not be limited here (this needs root), so the load client may be full before it.',
    full.isFull
      ? `mediasoup alone is full at ${full.viewers} viewers.`
      : `mediasoup alone carries ${full.viewers} viewers, and more did not come.`,
    `At 80 %, ${viewers} viewers:\n\n${render(loads)}`,
  ];
  return { text: text.join(' '), data: { full, loads } };
}

/** Limits the worker's CPU; undefined where that may not be. */
function limit({ workers }: Served, share: number): CpuQuota | undefined {
  const quota = CpuQuota.open(share);
  quota?.add(workers);
  return quota;
}

/** Viewers come until two seconds in a row show a full worker, loss, drops or long gaps; gives how many played before. */
async function ramp(open: () => Promise<Served>, { share, most }: SaturationOptions) {
  await using served = await open();
  using quota = limit(served, share);
  await using audience = new Audience(served, { viewers: most, perSecond: rampPerSecond });
  const isLimited = quota !== undefined;
  const may = isLimited ? share : 1;
  let before = { lost: 0, drops: 0, viewers: 0, atMs: -Infinity, cpuMs: 0 };
  let bad = 0;
  for (;;) {
    const { atMs, playing, lost, longestGapMs, viewers: come } = await audience.line();
    const now = { lost, drops: socketDropsOf(served.workers), viewers: playing, atMs, cpuMs: cpuMsOf(served.workers) };
    const cores = (now.cpuMs - before.cpuMs) / (atMs - before.atMs);
    const isBad = cores > fullShare * may || lost > before.lost || now.drops > before.drops || longestGapMs > lateMs;
    console.error(JSON.stringify({ playing, cores, lost, longestGapMs, drops: now.drops }));
    bad = isBad ? bad + 1 : 0;
    if (bad === 2) return { viewers: before.viewers, isFull: true, isLimited };
    if (come >= most) return { viewers: playing, isFull: false, isLimited };
    before = { ...now, viewers: isBad ? before.viewers : playing };
  }
}

async function measure(
  system: string,
  open: () => Promise<Served>,
  { viewers, options: { share, seconds } }: { readonly viewers: number; readonly options: SaturationOptions },
): Promise<Load> {
  console.error(`${system}, ${viewers} viewers …`);
  await using served = await open();
  using _quota = limit(served, share);
  await using audience = new Audience(served, { viewers, perSecond: 10 });
  await audience.allPlay();
  for (let second = 0; second < 3; second += 1) await audience.line();
  const pids = [served.node, ...served.workers];
  const [from, drops, cpuMs] = [await audience.line(), socketDropsOf(pids), cpuMsOf(served.workers)];
  let to = from;
  let longestGapMs = 0;
  for (let second = 0; second < seconds; second += 1) {
    to = await audience.line();
    longestGapMs = Math.max(longestGapMs, to.longestGapMs);
  }
  const load = {
    ...{ system, viewers, longestGapMs, packets: to.packets - from.packets, lost: to.lost - from.lost },
    drops: socketDropsOf(pids) - drops,
    workerCores: (cpuMsOf(served.workers) - cpuMs) / (to.atMs - from.atMs),
    postMs: await timePosts(served, posts),
  };
  console.error(JSON.stringify(load));
  return load;
}

function render(loads: readonly Load[]): string {
  return renderColumns(
    ['', 'packets', 'lost', 'drops', 'longest gap', 'worker CPU', 'POST p50', 'p99'],
    loads.map(({ system, packets, lost, drops, longestGapMs, workerCores, postMs }) => [
      ...[system, packets.toString(), lost.toString(), drops.toString(), `${longestGapMs} ms`, workerCores.toFixed(2)],
      ...[`${postMs.p50.toFixed(1)} ms`, `${postMs.p99.toFixed(1)} ms`],
    ]),
  );
}
