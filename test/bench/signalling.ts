import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { leashed } from '../fixtures/leash.ts';
import { offerText } from '../fixtures/offers/corpus.ts';
import { BenchGateway } from './gateway.ts';
import { cpuMsOf } from './process-usage.ts';
import { median, percentile, type Row } from './report.ts';

const publishProgram = fileURLToPath(new URL('../fixtures/programs/publish.ts', import.meta.url));

/** What is POSTed again and again. */
interface Load {
  readonly what: string;
  readonly offer: string;
  readonly userAgent: string;
  readonly urlOf: (gateway: BenchGateway, index: number) => string;
}

const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0';

const loads: readonly Load[] = [
  {
    what: 'WHIP, OBS',
    offer: offerText('obs32'),
    userAgent: 'OBS-Studio/32.0.1',
    urlOf: (gateway, index) => gateway.whip(`bench-${index}`),
  },
  {
    what: 'WHIP, Chromium',
    offer: offerText('chromium-plain'),
    userAgent: chrome,
    urlOf: (gateway, index) => gateway.whip(`bench-${index}`),
  },
  { what: 'WHEP, Chromium', offer: offerText('chromium-whep'), userAgent: chrome, urlOf: (gateway) => gateway.whep('live') },
  { what: 'WHEP, Firefox', offer: offerText('firefox-whep'), userAgent: firefox, urlOf: (gateway) => gateway.whep('live') },
];

interface Round {
  readonly tookMs: readonly number[];
  readonly perSecond: number;
  /** Of the gateway and its workers, for each POST. */
  readonly cpuMs: number;
}

const inFlight = [1, 8, 32];
const rounds = 5;

/** POSTs of one round; enough for a p99 over all rounds, and over before the first of them would be reaped. */
const postsPerRound = 200;

/** POST→201 without DTLS: latency and rate, medians over the rounds. What is opened is DELETEd outside of the measured time. */
export async function measureSignalling(program: string): Promise<Row[]> {
  await using gateway = await BenchGateway.open(program);
  await using _publisher = await publish(gateway);
  for (const load of loads) await measureRound(gateway, load, 8); // warms up the compiler
  const rows: Row[] = [];
  for (const load of loads) for (const width of inFlight) rows.push(await measureLoad(gateway, load, width));
  return rows;
}

async function measureLoad(gateway: BenchGateway, load: Load, width: number): Promise<Row> {
  const results: Round[] = [];
  for (let round = 0; round < rounds; round += 1) results.push(await measureRound(gateway, load, width));
  return {
    what: `${load.what}: POST→201, ${width} in flight`,
    unit: 'ms',
    p50: median(results.map(({ tookMs }) => median(tookMs))),
    p99: median(results.map(({ tookMs }) => percentile(tookMs, 0.99))),
    perSecond: median(results.map(({ perSecond }) => perSecond)),
    cpuMs: median(results.map(({ cpuMs }) => cpuMs)),
    aims: { ...(width === 1 ? { p50: 4 } : {}), perSecond: 150 },
    count: rounds * postsPerRound,
  };
}

async function measureRound(gateway: BenchGateway, { offer, userAgent, urlOf }: Load, width: number): Promise<Round> {
  const agent = new Agent({ keepAlive: true, maxSockets: width });
  const headers = { 'Content-Type': 'application/sdp', 'User-Agent': userAgent };
  const indexes = Array.from({ length: postsPerRound }).keys();
  const tookMs: number[] = [];
  const locations: string[] = [];
  const client = async (): Promise<void> => {
    for (const index of indexes) {
      const from = performance.now();
      const { status, location } = await exchange('POST', urlOf(gateway, index), { agent, headers, body: offer });
      tookMs.push(performance.now() - from);
      if (status !== 201) throw new Error(`the gateway answered ${status} instead of 201`);
      locations.push(location);
    }
  };
  const pids = [gateway.pid, ...(await gateway.workerPids())];
  const cpuMsBefore = cpuMsOf(pids);
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: width }, client));
  const perSecond = (1000 * postsPerRound) / (performance.now() - startedAt);
  const cpuMs = (cpuMsOf(pids) - cpuMsBefore) / postsPerRound;
  for (const location of locations) await exchange('DELETE', location, { agent });
  agent.destroy();
  return { tookMs, perSecond, cpuMs };
}

async function exchange(
  method: string,
  url: string,
  {
    agent,
    headers = {},
    body = '',
  }: { readonly agent: Agent; readonly headers?: Readonly<Record<string, string>>; readonly body?: string },
): Promise<{ readonly status: number; readonly location: string }> {
  const outgoing = request(url, { method, agent, headers: { ...headers, 'Content-Length': Buffer.byteLength(body) } });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  await text(response);
  return { status: response.statusCode ?? 0, location: response.headers.location ?? '' };
}

/** Keeps the stream `live` live, from a process of its own. */
async function publish(gateway: BenchGateway): Promise<AsyncDisposable> {
  const child = spawn(...leashed(process.execPath, [publishProgram, gateway.whip('live')]), { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  await once(child.stdout, 'data');
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill();
      await exit;
    },
  };
}
