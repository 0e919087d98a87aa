import { setTimeout as delay } from 'node:timers/promises';
import { EncodedPublisher } from '../fixtures/encoded-publisher.ts';
import { BenchGateway } from './gateway.ts';
import { childrenOf, cpuMsOf } from './process-usage.ts';
import type { Row } from './report.ts';

const measuredMs = 10_000;

const ladders = ['360p', '480p,360p', '540p,480p,360p,240p'];

/** What smaller pictures for HLS cost: of H264 720p30, one ladder after the other. */
export async function measureLadders(program: string): Promise<Row[]> {
  const rows: Row[] = [];
  for (const ladder of ladders) rows.push(await measureOne(program, ladder));
  return rows;
}

async function measureOne(program: string, ladder: string): Promise<Row> {
  const settings = { SLUICE_STREAMS_DEFAULT_TRANSCODE: 'ladder', SLUICE_EGRESS_TRANSCODE_LADDER: ladder };
  await using gateway = await BenchGateway.open(program, { workers: 1, settings });
  await using _publisher = await EncodedPublisher.open(gateway.whip('live'), { height: 720, keyFrameSeconds: 2 });
  const askedAt = performance.now();
  while ((await fetch(`${gateway.url}/hls/live/index.m3u8`)).status !== 200) await delay(100);
  const playlistMs = Math.round(performance.now() - askedAt);
  const [tap, encoder] = childrenOf(gateway.pid, 'ffmpeg').toSorted((one, other) => one - other);
  if (tap === undefined || encoder === undefined) throw new Error('there is no ladder');
  await delay(2_000); // what it was given at its start is behind it then
  const from = [tap, encoder].map((pid) => cpuMsOf([pid]));
  await delay(measuredMs);
  if (!childrenOf(gateway.pid, 'ffmpeg').includes(encoder)) throw new Error('the ladder could not keep up: measure on a quiet machine');
  const [tapMs = 0, encoderMs = 0] = [tap, encoder].map((pid, index) => ((cpuMsOf([pid]) - (from[index] ?? 0)) * 1000) / measuredMs);
  console.error(
    `${ladder}: tap ${Math.round(tapMs)} ms, encoder ${Math.round(encoderMs)} ms a second; first playlist after ${playlistMs} ms`,
  );
  return { what: `ladder ${ladder} of 720p30: CPU of its FFmpeg in a second`, unit: 'ms', p50: encoderMs, count: 1 };
}
