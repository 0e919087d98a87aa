import { setTimeout as delay } from 'node:timers/promises';
import { catchUp } from '../../src/web/hls-settings.ts';
import { Chromium, executablePath } from '../fixtures/chromium.ts';
import { EncodedPublisher } from '../fixtures/encoded-publisher.ts';
import { PageHlsViewer } from '../fixtures/hls-viewer.ts';
import { BenchGateway } from './gateway.ts';
import { childrenOf, cpuMsOf } from './process-usage.ts';
import { median, percentile, type Row } from './report.ts';

const startUps = 5;

/** Of publishers that send key frames by their own interval only: it matters when in it the request comes. */
const deafStartUps = 12;
const keyFrameSeconds = 2;
const measuredMs = 12_000;

/** Playlists have all their segments in this time: who comes earlier is nearer to their end. */
const settleMs = 15_000;

/** Our player takes so long to catch up by a second. */
const catchUpMs = 25_000;

/** How soon HLS begins, how far behind it is, and what a ladder costs. */
export async function measureEgress(program: string, only: readonly string[] | undefined): Promise<Row[]> {
  if (executablePath === undefined) {
    console.error('there is no Chromium here: left out');
    return [];
  }
  await using chromium = await Chromium.open();
  await using gateway = await BenchGateway.open(program, { workers: 1 });
  const startUp = [await measureStartUp(gateway, chromium), await measureDeafStartUp(gateway)];
  if (only?.includes('start-up') === true) return startUp;
  return [
    ...startUp,
    await measureDelay(program, chromium, { lowLatency: true }),
    await measureDelay(program, chromium, { lowLatency: false }),
    await measureLadder(gateway, chromium),
  ];
}

/** From the first request to the first playlist, each of a stream of its own. */
async function measureStartUp(gateway: BenchGateway, chromium: Chromium): Promise<Row> {
  const tookMs: number[] = [];
  for (let count = 0; count < startUps; count += 1) {
    await using _publisher = await chromium.publish(gateway.whip(`s${count}`), { codecs: ['H264'], width: 640, height: 360 });
    await whenLive(gateway, `s${count}`);
    tookMs.push(await firstPlaylistMs(gateway, `s${count}`));
  }
  return startUpRow('HLS, 2 s segments: first request→playlist', tookMs);
}

/** The same, of publishers that nobody can ask for a key frame; requests come at all times between two of these. */
async function measureDeafStartUp(gateway: BenchGateway): Promise<Row> {
  const tookMs: number[] = [];
  for (let count = 0; count < deafStartUps; count += 1) {
    await using _publisher = await EncodedPublisher.open(gateway.whip(`d${count}`), { height: 360, keyFrameSeconds });
    await whenLive(gateway, `d${count}`);
    await delay(1000 * keyFrameSeconds * (1 + count / deafStartUps));
    tookMs.push(await firstPlaylistMs(gateway, `d${count}`));
  }
  return startUpRow('the same, of publishers that send a key frame every 2 s only', tookMs);
}

async function firstPlaylistMs({ url }: BenchGateway, stream: string): Promise<number> {
  const from = performance.now();
  const { status } = await fetch(`${url}/hls/${stream}/index.m3u8`);
  if (status !== 200) throw new Error(`no playlist: ${status}`);
  return performance.now() - from;
}

function startUpRow(what: string, tookMs: readonly number[]): Row {
  return { what, unit: 'ms', p50: median(tookMs), p95: percentile(tookMs, 0.95), aims: { p95: 3_000 }, count: tookMs.length };
}

/** Glass to glass, from the time code in the picture: LL-HLS with hls.js as it comes, plain HLS with the settings of our player. */
async function measureDelay(program: string, chromium: Chromium, { lowLatency }: { readonly lowLatency: boolean }): Promise<Row> {
  const settings = lowLatency ? {} : { SLUICE_EGRESS_HLS_LOW_LATENCY: 'false', SLUICE_EGRESS_HLS_SEGMENT_DURATION: '1s' };
  await using gateway = await BenchGateway.open(program, { workers: 1, settings });
  const page = await chromium.browser.newPage();
  await page.goto(`${gateway.url}/publish/show?source=pattern&autostart=1&codec=H264&height=360&fps=30`);
  await whenLive(gateway, 'show');
  await (await fetch(`${gateway.url}/hls/show/index.m3u8`)).text();
  await delay(settleMs);
  await using viewer = await PageHlsViewer.open(chromium, gateway.url, lowLatency ? {} : catchUp);
  if (!lowLatency) await delay(catchUpMs);
  await viewer.watchDelay();
  await delay(measuredMs);
  const delays = await viewer.delays();
  await page.close();
  return {
    what: lowLatency ? 'LL-HLS, hls.js: glass to glass' : 'HLS, 1 s segments, our player: glass to glass',
    unit: 'ms',
    p50: median(delays),
    p95: percentile(delays, 0.95),
    aims: { p50: lowLatency ? 1_300 : 4_000 },
    count: delays.length,
  };
}

/** CPU of a ladder of three without transcoding. */
async function measureLadder(gateway: BenchGateway, chromium: Chromium): Promise<Row> {
  const encodings = [{ rid: 'l', scaleResolutionDownBy: 4 }, { rid: 'm', scaleResolutionDownBy: 2 }, { rid: 'h' }];
  const sent = { codecs: ['H264' as const], width: 1280, height: 720, startBitrate: 3000, encodings };
  await using _publisher = await chromium.publish(gateway.whip('ladder'), sent);
  await whenLive(gateway, 'ladder');
  await fetch(`${gateway.url}/hls/ladder/index.m3u8`);
  const taps = childrenOf(gateway.pid, 'ffmpeg').slice(-1); // those of the streams before end by and by
  return { what: 'Tap of a ladder of 3: CPU for each second', unit: 'ms', p50: await costOf(taps), count: 1 };
}

/** CPU time of processes, in milliseconds for each second. */
async function costOf(pids: readonly number[]): Promise<number> {
  const before = cpuMsOf(pids);
  await delay(measuredMs);
  return ((cpuMsOf(pids) - before) * 1000) / measuredMs;
}

async function whenLive(gateway: BenchGateway, stream: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${gateway.url}/api/v1/streams`);
    const streams = (await response.json()) as readonly { readonly streamId: string; readonly state: string }[];
    if (streams.some(({ streamId, state }) => streamId === stream && state === 'live')) return;
    await delay(50);
  }
}
