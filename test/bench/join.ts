import { setTimeout as delay } from 'node:timers/promises';
import { Chromium, executablePath } from '../fixtures/chromium.ts';
import { DeafPublisher } from '../fixtures/deaf-publisher.ts';
import { NativePlayer } from '../fixtures/native-peer.ts';
import { BenchGateway } from './gateway.ts';
import { measureBurst } from './join-burst.ts';
import { joinAndWatch, type Joined } from './join-page.ts';
import { median, percentile, renderTable, type Row } from './report.ts';

/** A publisher who does not hear requests for key frames. */
interface Source {
  readonly name: string;
  readonly gopMs: number;
  readonly publish: (gateway: BenchGateway, chromium: Chromium) => Promise<AsyncDisposable>;
}

const encoder = (gopFrames: number) => async (gateway: BenchGateway) =>
  DeafPublisher.open(gateway.whip('live'), { gopFrames, size: '640x360', kilobits: 1500 });

const sources: readonly Source[] = [
  { name: 'FFmpeg, GOP 2 s', gopMs: 2000, publish: encoder(60) },
  { name: 'FFmpeg, GOP 4 s', gopMs: 4000, publish: encoder(120) },
  {
    name: 'deaf Chromium, 4 s',
    gopMs: 4000,
    publish: async (gateway, chromium) =>
      chromium.publish(gateway.whip('live'), { codecs: ['VP8'], width: 640, height: 360, keyFrameEveryMs: 4000 }),
  },
];

const modes = ['auto', 'never'] as const;

type Mode = (typeof modes)[number];

/** Joins of one source, spread evenly over its GOP. */
const joins = 20;

/** Joins that are watched for a while, and how they follow each other. */
interface Watching {
  readonly count: Readonly<Record<Mode, number>>;
  readonly everyMs: number;
  readonly forMs: number;
}

/** Beyond the hand-over, while the ones before are still being handed over. */
const handOver: Watching = { count: { auto: 100, never: 30 }, everyMs: 400, forMs: 5000 };

/** Until the player has brought picture and sound together, which Chromium does in steps of a second. */
const settled: Watching = { count: { auto: 8, never: 8 }, everyMs: 2300, forMs: 15_000 };

/** What {@link measureJoin} measures: the first picture, what a hand-over looks like, picture and sound later on, what many joins at once do to the gateway. */
const aspects = ['pictures', 'handover', 'sync', 'burst'] as const;

/** What {@link measureJoin} may be told. */
export interface JoinOptions {
  /** Some of its aspects; undefined: all, which takes a quarter of an hour. */
  readonly only: readonly string[] | undefined;
  /** How often many join at once. */
  readonly rounds: number;
}

/** How soon a newcomer sees a stream whose encoder ignores requests, with the instant join and without, and what that costs and breaks. */
export async function measureJoin(program: string, { only = aspects, rounds }: JoinOptions): Promise<Row[]> {
  const rows: Row[] = [];
  const add = (more: readonly Row[]): void => {
    rows.push(...more);
    console.error(renderTable(more)); // should the rest be interrupted
  };
  const watched = only.filter((aspect) => aspect !== 'burst');
  if (watched.length > 0 && executablePath === undefined) console.error('there is no Chromium here: only burst is measured');
  else if (watched.length > 0) await measureInChromium(program, watched, add);
  if (only.includes('burst')) {
    for (const mode of modes) {
      const open = async (): Promise<BenchGateway> => openGateway(program, mode, { probed: true });
      add(await measureBurst(nameOf(mode), rounds, { open, whenLive: async (gateway) => untilLive(gateway, mode) }));
    }
  }
  return rows;
}

async function measureInChromium(program: string, only: readonly string[], add: (rows: readonly Row[]) => void): Promise<void> {
  await using chromium = await Chromium.open();
  for (const mode of modes) {
    if (only.includes('pictures')) for (const source of sources) add(await measureSource(program, chromium, { source, mode }));
    if (only.includes('handover')) add(await measureWatched(program, chromium, { mode, watching: handOver }));
    if (only.includes('sync')) add(await measureWatched(program, chromium, { mode, watching: settled }));
  }
}

const openGateway = async (program: string, mode: Mode, { probed = false }: { readonly probed?: boolean } = {}) =>
  BenchGateway.open(program, { workers: 1, settings: { SLUICE_STREAMS_DEFAULT_INSTANT_JOIN: mode }, probed });

const nameOf = (mode: Mode) => (mode === 'auto' ? 'instant' : 'plain');

async function measureSource(program: string, chromium: Chromium, { source, mode }: { source: Source; mode: Mode }): Promise<Row[]> {
  await using gateway = await openGateway(program, mode);
  await using _publisher = await source.publish(gateway, chromium);
  await untilLive(gateway, mode, source);
  const page = await chromium.openPage();
  await page.evaluate(joinAndWatch, { endpoint: gateway.whep('live'), watchMs: 0 }); // loads the decoder
  const pictures: number[] = [];
  const packets: number[] = [];
  for (let count = 0; count < joins; count += 1) {
    await delay(((count % 5) * source.gopMs) / 5 + 100);
    pictures.push((await page.evaluate(joinAndWatch, { endpoint: gateway.whep('live'), watchMs: 0 })).firstPictureMs);
    if (count % 2 === 0) packets.push(await firstPacketMs(gateway));
  }
  await page.close();
  const aims = mode === 'auto' ? { aims: { p50: 60, p95: 300 } } : {};
  return [
    { what: `${source.name}, ${nameOf(mode)}: POST→first picture, Chromium`, unit: 'ms', ...spread(pictures), ...aims },
    { what: `${source.name}, ${nameOf(mode)}: POST→first video packet, libdatachannel`, unit: 'ms', ...spread(packets) },
  ];
}

async function measureWatched(
  program: string,
  chromium: Chromium,
  { mode, watching }: { readonly mode: Mode; readonly watching: Watching },
): Promise<Row[]> {
  await using gateway = await openGateway(program, mode);
  await using _publisher = await DeafPublisher.open(gateway.whip('live'), { gopFrames: 60, size: '320x180', kilobits: 800 });
  await untilLive(gateway, mode);
  const page = await chromium.openPage();
  const joined: Promise<Joined>[] = [];
  for (let count = 0; count < watching.count[mode]; count += 1) {
    joined.push(page.evaluate(joinAndWatch, { endpoint: gateway.whep('live'), watchMs: watching.forMs }));
    await delay(watching.everyMs);
  }
  const results = await Promise.all(joined);
  await page.close();
  const frozen = results.filter(({ longestPauseMs }) => longestPauseMs > 300).length;
  const swapped = results.filter((result) => result.sources > 1).length;
  console.error(`${nameOf(mode)}: ${swapped} of ${results.length} swapped, ${frozen} paused above 300 ms`);
  const name = `watched for ${watching.forMs / 1000} s, ${nameOf(mode)}`;
  return [
    { what: `${name}: longest pause of the picture`, unit: 'ms', ...spread(results.map(({ longestPauseMs }) => longestPauseMs)) },
    { what: `${name}: picture and sound apart at the end`, unit: 'ms', ...spread(results.flatMap(({ skewMs }) => skewMs ?? [])) },
  ];
}

/** Waits until the gateway knows its publisher, so that the first joins are as good as the last. */
async function untilLive(gateway: BenchGateway, mode: Mode, source?: Source): Promise<void> {
  const deadline = Date.now() + 60_000;
  await delay((source?.gopMs ?? 2000) * 1.5);
  while (Date.now() < deadline) {
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    const isCached = Number(/^sluice_instant_join_cache_bytes (\S+)/m.exec(text)?.[1]) > 0;
    if (/^sluice_streams_live 1/m.test(text) && (isCached || mode === 'never')) return;
    await delay(200);
  }
  throw new Error('the stream is not live, or none of it is kept');
}

async function firstPacketMs(gateway: BenchGateway): Promise<number> {
  const from = performance.now();
  await using player = await NativePlayer.open(gateway.whep('live'), { codecs: ['H264', 'VP8'] });
  while (player.videoPackets === 0 && performance.now() - from < 20_000) await delay(2);
  return performance.now() - from;
}

function spread(values: readonly number[]): Pick<Row, 'p50' | 'p95' | 'p99' | 'count'> {
  return { p50: median(values), p95: percentile(values, 0.95), p99: percentile(values, 0.99), count: values.length };
}
