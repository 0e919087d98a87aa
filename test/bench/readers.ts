import { setTimeout as delay } from 'node:timers/promises';
import { offerText } from '../fixtures/offers/corpus.ts';
import { Child } from './child.ts';
import { BenchGateway } from './gateway.ts';
import { HeardLines } from './heard-lines.ts';
import { loopDelay } from './loop-delay.ts';
import { cpuMsOf } from './process-usage.ts';
import type { ReadersLine } from './programs/hls-readers.ts';
import type { LoadLine } from './programs/load-viewers.ts';
import { percentile } from './report.ts';
import { payloadTypes } from './rtp-pattern.ts';
import { Audience, type Served } from './served.ts';
import { socketDropsOf } from './socket-drops.ts';
import { renderColumns } from './table.ts';

/** What {@link measureReaders} may be told. */
export interface ReadersOptions {
  /** How many read HLS. */
  readonly readers: number;
  /** How long each stretch is measured. */
  readonly seconds: number;
}

/** Who watches over WHEP all the time. */
const whepViewers = 10;

const betweenPostsMs = 100;

interface Stretch {
  readonly what: string;
  readonly postMs: { readonly p50: number; readonly p95: number; readonly p99: number };
  readonly posts: number;
  readonly refusedPosts: number;
  readonly packets: number;
  readonly lost: number;
  readonly longestGapMs: number;
  readonly drops: number;
  readonly loopP99Ms: number;
  readonly loopMaxMs: number;
  readonly nodeCores: number;
  readonly workerCores: number;
  readonly reading: ReadersStretch | undefined;
}

/** What the readers got meanwhile. */
interface ReadersStretch {
  readonly readers: number;
  readonly requestsPerSecond: number;
  readonly megabitsPerSecond: number;
  readonly refused: number;
  /** Of the time that went by, in media: 1 where all keep up. */
  readonly keptUp: number;
  readonly fileP95Ms: number;
  readonly clientCores: number;
}

/** What those who watch over WHEP, or come to, notice of many who read HLS; in the same run without readers and with them. */
export async function measureReaders(
  program: string,
  { readers, seconds }: ReadersOptions,
): Promise<{ readonly text: string; readonly data: unknown }> {
  await using served = await open(program);
  await using audience = new Audience(served, { viewers: whepViewers });
  await audience.allPlay();
  const viewers = new HeardLines(async () => audience.line());
  const stretches: Stretch[] = [];
  const take = async (what: string, crowd?: Crowd): Promise<void> => {
    console.error(`${what} …`);
    const stretch = await observe(what, { served, viewers, crowd, seconds });
    console.error(JSON.stringify(stretch)); // should the rest be interrupted
    stretches.push(stretch);
  };
  await take('nobody reads HLS');
  for (const reading of ['segments', 'parts'] as const) {
    await using child = new Child('hls-readers', [`${served.url}/hls/live/index.m3u8`, String(readers), reading]);
    const crowd = { readers, lines: new HeardLines(async () => JSON.parse(await child.line()) as ReadersLine) };
    await allRead(crowd);
    await take(`${readers} read ${reading}`, crowd);
  }
  return { text: `${render(stretches)}\n\n${renderRatios(stretches)}`, data: stretches };
}

interface Crowd {
  readonly readers: number;
  readonly lines: HeardLines<ReadersLine>;
}

async function open(program: string): Promise<Served> {
  await using opened = new AsyncDisposableStack();
  const gateway = opened.use(await BenchGateway.open(program, { workers: 1 }));
  const publisher = opened.use(new Child('encoded-publisher', [gateway.whip('live')]));
  await publisher.line();
  const workers = await gateway.workerPids();
  const parts = opened.move();
  return { url: gateway.url, node: gateway.pid, workers, [Symbol.asyncDispose]: async () => parts.disposeAsync() };
}

/** Until all have a playlist, or most of them for long. */
async function allRead({ readers, lines }: Crowd): Promise<void> {
  for (let second = 0; second < 20; second += 1) {
    const line = (await lines.take()).at(-1);
    if (line !== undefined && line.reading >= readers) break;
  }
  await delay(3_000);
}

async function observe(
  what: string,
  parts: { readonly served: Served; readonly viewers: HeardLines<LoadLine>; readonly crowd: Crowd | undefined; readonly seconds: number },
): Promise<Stretch> {
  const { served, viewers, crowd, seconds } = parts;
  const pids = [served.node, ...served.workers];
  const look = () => ({
    atMs: performance.now(),
    drops: socketDropsOf(pids),
    worker: cpuMsOf(served.workers),
    node: cpuMsOf([served.node]),
  });
  await Promise.all([viewers.take(), crowd?.lines.take(), loopDelay(served.url)]); // begins anew
  const before = look();
  const visits = await visit(served, seconds);
  const after = look();
  const [heard, read] = await Promise.all([viewers.take(), crowd?.lines.take()]);
  const elapsedMs = after.atMs - before.atMs;
  const last = heard.at(-1) ?? heard[0];
  return {
    what,
    ...visits,
    packets: last.packets - heard[0].packets,
    lost: last.lost - heard[0].lost,
    longestGapMs: Math.max(...heard.map(({ longestGapMs }) => longestGapMs)),
    drops: after.drops - before.drops,
    ...(await loopDelay(served.url)),
    nodeCores: (after.node - before.node) / elapsedMs,
    workerCores: (after.worker - before.worker) / elapsedMs,
    reading: read === undefined ? undefined : summarize(read),
  };
}

function summarize(lines: readonly [ReadersLine, ...ReadersLine[]]): ReadersStretch {
  const [first] = lines;
  const last = lines.at(-1) ?? first;
  const elapsedMs = last.atMs - first.atMs;
  const sum = ({ refused }: ReadersLine): number => Object.values(refused).reduce((all, count) => all + count, 0);
  return {
    readers: last.reading,
    requestsPerSecond: ((last.requests - first.requests) * 1000) / elapsedMs,
    megabitsPerSecond: ((last.bytes - first.bytes) * 8) / elapsedMs / 1000,
    refused: sum(last) - sum(first),
    keptUp: (last.mediaMs - first.mediaMs) / elapsedMs / last.playlists,
    fileP95Ms: percentile(
      lines.map(({ fileMs: { p95 } }) => p95),
      0.5,
    ),
    clientCores: (last.cpuMs - first.cpuMs) / elapsedMs,
  };
}

/** POST after POST of somebody who has all the time of the world, and DELETEs. */
async function visit({ url }: Served, seconds: number): Promise<Pick<Stretch, 'postMs' | 'posts' | 'refusedPosts'>> {
  const body = offerText('libdatachannel-whep').replaceAll(/\b102\b/g, String(payloadTypes.video));
  const tookMs: number[] = [];
  let refusedPosts = 0;
  for (const until = performance.now() + seconds * 1000; performance.now() < until; await delay(betweenPostsMs)) {
    const from = performance.now();
    const response = await fetch(`${url}/whep/live`, { method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body });
    const answer = await response.text();
    if (response.status === 201) {
      tookMs.push(performance.now() - from);
      await fetch(new URL(response.headers.get('Location') ?? '', url), { method: 'DELETE' });
    } else {
      refusedPosts += 1;
      console.error(`a POST was answered with ${response.status}: ${answer}`);
    }
  }
  const spread = { p50: percentile(tookMs, 0.5), p95: percentile(tookMs, 0.95), p99: percentile(tookMs, 0.99) };
  return { postMs: spread, posts: tookMs.length, refusedPosts };
}

function render(stretches: readonly Stretch[]): string {
  const head = [
    'WHEP, while',
    'POST p50',
    'p95',
    'p99',
    'n',
    'refused',
    'packets',
    'lost',
    'longest gap',
    'loop p99',
    'Node CPU',
    'worker CPU',
  ];
  const rows = stretches.map((stretch) => [
    stretch.what,
    ...[stretch.postMs.p50, stretch.postMs.p95, stretch.postMs.p99].map((value) => `${value.toFixed(1)} ms`),
    ...[stretch.posts, stretch.refusedPosts, stretch.packets, stretch.lost].map(String),
    ...[`${stretch.longestGapMs} ms`, `${stretch.loopP99Ms.toFixed(1)} ms`],
    ...[stretch.nodeCores.toFixed(2), stretch.workerCores.toFixed(2)],
  ]);
  const readersHead = ['HLS, while', 'readers', 'requests/s', 'Mbit/s', 'refused', 'kept up', 'file p95', 'client CPU'];
  const readersRows = stretches.flatMap(({ what, reading }) =>
    reading === undefined
      ? []
      : [
          [
            ...[what, String(reading.readers), reading.requestsPerSecond.toFixed(0), reading.megabitsPerSecond.toFixed(0)],
            ...[String(reading.refused), reading.keptUp.toFixed(2), `${reading.fileP95Ms.toFixed(0)} ms`, reading.clientCores.toFixed(2)],
          ],
        ],
  );
  return `${renderColumns(head, rows)}\n\n${renderColumns(readersHead, readersRows)}`;
}

/** What the readers make of it, as ratios of one run: times alone depend on the machine. */
function renderRatios([alone, ...beside]: readonly Stretch[]): string {
  if (alone === undefined) return '';
  return renderColumns(
    ['with readers ÷ without', 'POST p50', 'p95', 'packets lost (with; without)', 'refused'],
    beside.map((stretch) => [
      stretch.what,
      (stretch.postMs.p50 / alone.postMs.p50).toFixed(2),
      (stretch.postMs.p95 / alone.postMs.p95).toFixed(2),
      `${stretch.lost}; ${alone.lost}`,
      String(stretch.refusedPosts),
    ]),
  );
}
