import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import { Chromium, executablePath } from '../fixtures/chromium.ts';
import { PageHlsViewer } from '../fixtures/hls-viewer.ts';
import { BenchGateway } from './gateway.ts';
import { childrenOf, cpuMsOf } from './process-usage.ts';
import { median, percentile, type Row } from './report.ts';

const startUps = 5;
const readers = 500;
const measuredMs = 12_000;

const crowdProgram = fileURLToPath(new URL('../fixtures/programs/hls-crowd.ts', import.meta.url));

/** What HLS costs and how far behind it is, how soon it begins, and what 500 readers do to those who watch over WHEP. */
export async function measureEgress(program: string): Promise<Row[]> {
  if (executablePath === undefined) {
    console.error('there is no Chromium here: left out');
    return [];
  }
  await using chromium = await Chromium.open();
  await using gateway = await BenchGateway.open(program, { workers: 1 });
  return [await measureStartUp(gateway, chromium), await measureDelay(gateway, chromium), ...(await measureLadder(gateway, chromium))];
}

/** From the first request to the first playlist, each of a stream of its own. */
async function measureStartUp(gateway: BenchGateway, chromium: Chromium): Promise<Row> {
  const tookMs: number[] = [];
  for (let count = 0; count < startUps; count += 1) {
    await using _publisher = await chromium.publish(gateway.whip(`s${count}`), { codecs: ['H264'], width: 640, height: 360 });
    await whenLive(gateway, `s${count}`);
    const from = performance.now();
    const response = await fetch(`${gateway.url}/hls/s${count}/index.m3u8`);
    if (response.status === 200) tookMs.push(performance.now() - from);
  }
  const what = 'HLS, 2 s segments: first request→playlist';
  return { what, unit: 'ms', p50: median(tookMs), p95: percentile(tookMs, 0.95), aims: { p50: 3_000 }, count: tookMs.length };
}

/** Glass to glass, from the flash of the test pattern on each full second, with hls.js as it comes. */
async function measureDelay(gateway: BenchGateway, chromium: Chromium): Promise<Row> {
  const page = await chromium.browser.newPage();
  await page.goto(`${gateway.url}/publish/show?source=pattern&autostart=1&codec=H264&height=360&fps=30`);
  await whenLive(gateway, 'show');
  await using viewer = await PageHlsViewer.open(chromium, gateway.url);
  await viewer.watchSync();
  await delay(measuredMs);
  const [{ flashes }, { latency }] = [await viewer.sync(), await viewer.stats()];
  await page.close();
  // A flash tells the delay but for whole seconds, which the player's own estimate tells.
  const partMs = median(flashes.map((flash) => flash % 1000));
  const wholeMs = Math.max(0, Math.round((latency * 1000 - partMs) / 1000)) * 1000;
  return { what: 'LL-HLS, hls.js: glass to glass', unit: 'ms', p50: wholeMs + partMs, aims: { p50: 1_300 }, count: flashes.length };
}

/** CPU of a ladder of three, and of its readers; what WHEP viewers notice of them. */
async function measureLadder(gateway: BenchGateway, chromium: Chromium): Promise<Row[]> {
  const encodings = [{ rid: 'l', scaleResolutionDownBy: 4 }, { rid: 'm', scaleResolutionDownBy: 2 }, { rid: 'h' }];
  const sent = { codecs: ['H264' as const], width: 1280, height: 720, startBitrate: 3000, encodings };
  await using _publisher = await chromium.publish(gateway.whip('ladder'), sent);
  await whenLive(gateway, 'ladder');
  const url = `${gateway.url}/hls/ladder/index.m3u8`;
  await fetch(url);
  const taps = childrenOf(gateway.pid, 'ffmpeg').slice(-1); // those of the streams before end by and by
  const [tap, alone] = await Promise.all([costOf(taps), measureWhep(gateway, chromium)]);
  const crowd = fork(crowdProgram, [url, `${readers}`]);
  let totals = { requests: 0, failures: 0 };
  crowd.on('message', (message) => (totals = message as typeof totals));
  await delay(6_000);
  const before = totals;
  const [node, beside] = await Promise.all([costOf([gateway.pid]), measureWhep(gateway, chromium)]);
  const requests = totals.requests - before.requests;
  if (totals.failures > 0) console.error(`${totals.failures} requests of readers failed`);
  crowd.disconnect();
  const beside500 = `beside ${readers} HLS readers`;
  return [
    { what: 'Tap of a ladder of 3: CPU for each second', unit: 'ms', p50: tap, count: 1 },
    {
      what: `Gateway with ${readers} HLS readers: CPU for each second`,
      unit: 'ms',
      p50: node,
      perSecond: (requests * 1000) / measuredMs,
      count: requests,
    },
    { what: 'WHEP without HLS readers: POST→201', unit: 'ms', ...alone.posts },
    { what: `WHEP ${beside500}: POST→201`, unit: 'ms', ...beside.posts },
    { what: 'WHEP without HLS readers: packets lost', unit: 'packets', p50: alone.lost, count: alone.frames },
    { what: `WHEP ${beside500}: packets lost`, unit: 'packets', p50: beside.lost, count: beside.frames },
  ];
}

/** CPU time of processes, in milliseconds for each second. */
async function costOf(pids: readonly number[]): Promise<number> {
  const before = cpuMsOf(pids);
  await delay(measuredMs);
  return ((cpuMsOf(pids) - before) * 1000) / measuredMs;
}

/** A viewer for a while, and POSTs of others. */
async function measureWhep(gateway: BenchGateway, chromium: Chromium) {
  await using viewer = await chromium.watch(gateway.whep('ladder'), { codecs: ['H264'] });
  const before = await viewer.stats();
  const until = performance.now() + measuredMs;
  const tookMs: number[] = [];
  const { offerText } = await viewer.session();
  while (performance.now() < until) {
    const from = performance.now();
    const response = await fetch(gateway.whep('ladder'), {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp' },
      body: offerText,
    });
    await response.text();
    if (response.status === 201) tookMs.push(performance.now() - from);
    else console.error(`a POST to WHEP got ${response.status}`);
    if (response.status === 201) await fetch(response.headers.get('Location') ?? '', { method: 'DELETE' });
    await delay(500);
  }
  const after = await viewer.stats();
  return {
    lost: after.packetsLost - before.packetsLost,
    frames: after.framesDecoded - before.framesDecoded,
    posts: { p50: median(tookMs), p95: percentile(tookMs, 0.95), count: tookMs.length },
  };
}

async function whenLive(gateway: BenchGateway, stream: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${gateway.url}/api/v1/streams`);
    const streams = (await response.json()) as readonly { readonly streamId: string; readonly state: string }[];
    if (streams.some(({ streamId, state }) => streamId === stream && state === 'live')) return;
    await delay(50);
  }
}
