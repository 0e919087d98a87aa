/**
 * Watches a WHEP endpoint with many viewers, in a process of their own, until it is killed; writes one line of JSON a second.
 *
 * `--endpoint URL --viewers 200 --perSecond 50`: how many stay, and how fast they come. `--churn 50`: besides, as many come every second,
 * and leave again after `--stay` milliseconds. `--video 102 --audio 111`: the payload types that they offer.
 */
import { Agent } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { LoadViewer } from '../load-viewer.ts';
import { percentile } from '../report.ts';
import { payloadTypes } from '../rtp-pattern.ts';

/** One line. */
export interface LoadLine {
  readonly atMs: number;
  /** Those that stay. */
  readonly viewers: number;
  readonly connected: number;
  readonly playing: number;
  /** Those that got video since the last line. */
  readonly receiving: number;
  /** Of those that stay, since they came. */
  readonly packets: number;
  readonly lost: number;
  /** Longest time without a packet of video, or of sound, that any of them had in the last second. */
  readonly longestGapMs: number;
  /** Of video, on average. */
  readonly jitterMs: number;
  readonly connectMs: { readonly p50: number; readonly p99: number };
  readonly firstRtpMs: { readonly p50: number; readonly p99: number };
  /** As this busy process sees it. */
  readonly postMs: { readonly p50: number; readonly p99: number };
  /** Those that came and left. */
  readonly visits: number;
  readonly failed: number;
  /** CPU time of this process so far. */
  readonly cpuMs: number;
}

process.once('disconnect', () => process.exit()); // whoever started it is gone

const { values } = parseArgs({
  options: {
    endpoint: { type: 'string', default: '' },
    viewers: { type: 'string', default: '1' },
    perSecond: { type: 'string', default: '50' },
    churn: { type: 'string', default: '0' },
    stay: { type: 'string', default: '1000' },
    video: { type: 'string', default: String(payloadTypes.video) },
    audio: { type: 'string', default: String(payloadTypes.audio) },
  },
});
const numbers = { video: Number(values.video), audio: Number(values.audio) };
const agent = new Agent({ keepAlive: true });
const staying: LoadViewer[] = [];
const visitors: LoadViewer[] = [];
/** Packets of video of those that stay, at the last line. */
let counted: readonly number[] = [];
let visits = 0;
let failed = 0;

function spread(all: readonly (number | undefined)[]): { readonly p50: number; readonly p99: number } {
  const known = all.filter((value) => value !== undefined);
  return { p50: percentile(known, 0.5), p99: percentile(known, 0.99) };
}

function lineOfNow(): LoadLine {
  const receptions = staying.flatMap(({ video, audio }) => [video, audio]);
  const longestGapMs = Math.max(0, ...receptions.map((reception) => reception.longestGapMs));
  for (const reception of receptions) reception.longestGapMs = 0;
  const counts = staying.map(({ video }) => video.packets);
  const receiving = counts.filter((count, index) => count > (counted[index] ?? 0)).length;
  counted = counts;
  const { user, system } = process.cpuUsage();
  const all = [...staying, ...visitors];
  return {
    atMs: Math.round(performance.now()),
    viewers: staying.length,
    connected: staying.filter(({ connectMs }) => connectMs !== undefined).length,
    playing: staying.filter(({ firstRtpMs }) => firstRtpMs !== undefined).length,
    receiving,
    packets: receptions.reduce((sum, { packets }) => sum + packets, 0),
    lost: receptions.reduce((sum, { lost }) => sum + lost, 0),
    longestGapMs: Math.round(longestGapMs),
    jitterMs: staying.reduce((sum, { video }) => sum + video.jitterMs, 0) / staying.length,
    connectMs: spread(all.map(({ connectMs }) => connectMs)),
    firstRtpMs: spread(all.map(({ firstRtpMs }) => firstRtpMs)),
    postMs: spread(all.map(({ postMs }) => postMs)),
    visits,
    failed,
    cpuMs: Math.round((user + system) / 1000),
  };
}

/** Calls so many times a second, whether the last call is done or not. */
async function atRate(perSecond: number, count: number, call: () => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  const calls: Promise<void>[] = [];
  for (let index = 0; index < count; index += 1) {
    const dueMs = startedAt + (index * 1000) / perSecond - performance.now();
    if (dueMs > 1) await delay(dueMs);
    calls.push(
      call().catch((error: unknown) => {
        failed += 1;
        console.error(error);
      }),
    );
  }
  await Promise.all(calls);
}

setInterval(() => {
  console.log(JSON.stringify(lineOfNow()));
}, 1000);

await atRate(Number(values.perSecond), Number(values.viewers), async () => {
  staying.push(await LoadViewer.join(values.endpoint, { agent, numbers }));
});
if (Number(values.churn) > 0) {
  await atRate(Number(values.churn), Infinity, async () => {
    const visitor = await LoadViewer.join(values.endpoint, { agent, numbers });
    visitors.push(visitor);
    await delay(Number(values.stay));
    await visitor.leave(agent);
    visits += 1;
    if (visitors.length > 1000) visitors.splice(0, 500);
  });
}
