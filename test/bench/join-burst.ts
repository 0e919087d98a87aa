import { setTimeout as delay } from 'node:timers/promises';
import { DeafPublisher } from '../fixtures/deaf-publisher.ts';
import { NativePlayer } from '../fixtures/native-peer.ts';
import type { BenchGateway } from './gateway.ts';
import type { Turns } from './programs/turn-probe.ts';
import { median, percentile, type Row } from './report.ts';

/** Who joins, and in which time. */
const burst = { count: 50, overMs: 1000 } as const;

/** How long is watched after the last answer, in milliseconds: pictures are on their way for so long. */
const watchedMs = 1500;

/**
 * What many joins at once do to the gateway's own thread, in so many rounds, each with a gateway that has answered nobody before.
 *
 * `open` opens a gateway that tells of its turns; `whenLive` waits until it keeps the pictures of its stream `live`.
 */
export async function measureBurst(
  name: string,
  rounds: number,
  { open, whenLive }: { readonly open: () => Promise<BenchGateway>; readonly whenLive: (gateway: BenchGateway) => Promise<void> },
): Promise<Row[]> {
  const results: Turns[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await using gateway = await open();
    await using _publisher = await DeafPublisher.open(gateway.whip('live'), { gopFrames: 60, size: '640x360', kilobits: 1500 });
    await whenLive(gateway);
    results.push(await joinAtOnce(gateway));
    console.error(`${name}: ${JSON.stringify(results.at(-1))}`); // should the rest be interrupted
  }
  const row = (what: string, values: readonly number[]): Row => ({
    ...{ what: `${burst.count} joins in a second, ${name}: ${what}`, unit: 'ms', count: rounds },
    ...{ p50: median(values), p95: percentile(values, 0.95) },
  });
  const aims = { p50: 20, p95: 20 };
  return [
    {
      ...row(
        'longest delay of the event loop',
        results.map(({ longestMs }) => longestMs),
      ),
      aims,
    },
    row(
      'most CPU in one turn of it',
      results.map(({ mostCpuMs }) => mostCpuMs),
    ),
  ];
}

async function joinAtOnce(gateway: BenchGateway): Promise<Turns> {
  await using players = new AsyncDisposableStack();
  await gateway.turns(); // begins anew
  const opening = Array.from({ length: burst.count }, async (_, index) => {
    await delay((index * burst.overMs) / burst.count);
    // As a browser: it is handed over from one SSRC to another.
    players.use(await NativePlayer.open(gateway.whep('live'), { codecs: ['H264'], userAgent: 'Mozilla/5.0' }));
  });
  await Promise.all(opening);
  await delay(watchedMs);
  return await gateway.turns();
}
