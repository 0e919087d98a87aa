import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { EncodedPublisher } from '../fixtures/encoded-publisher.ts';
import { BenchGateway } from './gateway.ts';
import { childrenOf, cpuMsOf, cpuMsOfEnded } from './process-usage.ts';
import { median, type Row } from './report.ts';

const starts = 5;
const pictures = 5;
const watchedMs = 10_000;

/** Longer than a thumbnail is fresh. */
const betweenPicturesMs = 10_100;

/** What a stream costs that leaves by other ways than WHEP: H264 720p30 with sound, key frames every second whatever is asked for. */
export async function measureTap(program: string): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(() => {
    rmSync(directory, { recursive: true });
  });
  const settings = { SLUICE_EGRESS_RECORD_DIRECTORY: directory, SLUICE_EGRESS_RECORD_FASTSTART: 'false' };
  const gateway = cleanUp.use(await BenchGateway.open(program, { workers: 1, settings }));
  const firstMs: number[] = [];
  for (let count = 0; count < starts; count += 1) {
    await using _publisher = await EncodedPublisher.open(gateway.whip(`start-${count}`));
    await delay(2_000);
    firstMs.push(await timeThumbnail(gateway, `start-${count}`));
  }
  return [
    { what: 'tap: request→first thumbnail, tap started for it', unit: 'ms', p50: median(firstMs), count: starts },
    ...(await measureRunningTap(gateway)),
  ];
}

async function measureRunningTap(gateway: BenchGateway): Promise<Row[]> {
  await using _publisher = await EncodedPublisher.open(gateway.whip('live'), { height: 720 });
  await delay(2_000);
  const others = childrenOf(gateway.pid, 'ffmpeg'); // of streams that were measured before, for some seconds yet
  await record(gateway, 'live');
  await timeThumbnail(gateway, 'live');
  const pid = childrenOf(gateway.pid, 'ffmpeg').find((one) => !others.includes(one));
  if (pid === undefined) throw new Error('no tap runs');
  const before = { tap: cpuMsOf([pid]), gateway: cpuMsOf([gateway.pid]) };
  await delay(watchedMs);
  const share = (after: number, from: number): number => ((after - from) / watchedMs) * 1000;
  const [tap, node] = [share(cpuMsOf([pid]), before.tap), share(cpuMsOf([gateway.pid]), before.gateway)];
  const ended = cpuMsOfEnded(gateway.pid);
  const tookMs: number[] = [];
  for (let count = 0; count < pictures; count += 1) {
    await delay(betweenPicturesMs);
    tookMs.push(await timeThumbnail(gateway, 'live'));
  }
  const cpuMs = (cpuMsOfEnded(gateway.pid) - ended) / pictures;
  return [
    { what: 'tap of 720p: CPU of FFmpeg in a second', unit: 'ms', p50: tap, count: 1 },
    { what: 'tap of 720p: CPU of the gateway beside it, recording to disk, in a second', unit: 'ms', p50: node, count: 1 },
    { what: 'thumbnail of a stream whose tap runs', unit: 'ms', p50: median(tookMs), cpuMs, count: pictures },
  ];
}

async function timeThumbnail({ url }: BenchGateway, stream: string): Promise<number> {
  const from = performance.now();
  const answer = await fetch(`${url}/hls/${stream}/thumbnail.jpg`);
  await answer.arrayBuffer();
  if (answer.status !== 200) throw new Error(`no thumbnail: ${answer.status}`);
  return performance.now() - from;
}

/** Somebody needs the tap from now on: a recording costs next to nothing itself. */
async function record({ url }: BenchGateway, stream: string): Promise<void> {
  const request = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{"kind":"record"}' };
  const { status } = await fetch(`${url}/api/v1/streams/${stream}/egresses`, request);
  if (status !== 201) throw new Error(`no recording: ${status}`);
}
