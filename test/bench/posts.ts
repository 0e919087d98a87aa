import { median } from './report.ts';
import { Audience, openBare, openGateway, type PostTimes, type Served, timePosts, withoutInstantJoin } from './served.ts';
import { renderColumns } from './table.ts';

/** What {@link measurePosts} may be told. */
export interface PostsOptions {
  /** Of each server. */
  readonly viewers: number;
  /** How often each is measured, in turn; what is told are medians. */
  readonly rounds: number;
}

/** What players of one server waited for their answers. */
interface Sample extends PostTimes {
  readonly system: string;
}

/** Players before there are viewers: V8 has compiled what answers them, as on a server that has been up for a while. */
const warmUp = 500;

const timed = 600;

/**
 * POST→201 of the gateway, and of mediasoup alone, while each has its viewers: of one player after the other, as somebody sees it who has nothing
 * else to do.
 *
 * The viewers' process stands still meanwhile (SIGSTOP): the worker sends to them as before, and the kernel drops it. It needs more CPU than those
 * who serve it, and where viewers have machines of their own, POSTs do not wait for that.
 */
export async function measurePosts(
  program: string,
  { viewers, rounds }: PostsOptions,
): Promise<{ readonly text: string; readonly data: unknown }> {
  const servers: readonly (readonly [string, () => Promise<Served>])[] = [
    ['mediasoup', openBare],
    ['Sluice', async () => openGateway(program)],
    ['Sluice, plain', async () => openGateway(program, withoutInstantJoin)],
  ];
  const samples: Sample[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const [system, open] of servers) {
      console.error(`${system}, ${viewers} viewers …`);
      samples.push({ system, ...(await measure(open, viewers)) });
      console.error(JSON.stringify(samples.at(-1))); // should the rest be interrupted
    }
  }
  return { text: render(samples, viewers), data: samples };
}

async function measure(open: () => Promise<Served>, viewers: number): Promise<PostTimes> {
  await using served = await open();
  await timePosts(served, warmUp);
  await using audience = new Audience(served, { viewers });
  await audience.allPlay();
  const times = await (async () => {
    using _sleep = audience.sleep();
    return await timePosts(served, timed);
  })();
  await expectAll(audience, viewers);
  return times;
}

/** Throws where a viewer was given up while it stood still: then fewer were served. */
async function expectAll(audience: Audience, viewers: number): Promise<void> {
  let receiving = 0;
  for (let second = 0; second < 5; second += 1) {
    ({ receiving } = await audience.line());
    if (second > 0 && receiving === viewers) return; // the first has what waited in the socket's buffer
  }
  throw new Error(`only ${receiving} of ${viewers} viewers are served after the POSTs`);
}

function render(samples: readonly Sample[], viewers: number): string {
  const middle = (system: string, of: (sample: Sample) => number): number =>
    median(samples.filter((sample) => sample.system === system).map(of));
  const verdict = (value: number, aim: number): string => `${value.toFixed(1)} ${value <= aim ? 'met' : 'MISSED'}`;
  return renderColumns(
    ['', 'viewers', 'POSTs', 'POST p50', 'p99', 'p50 − mediasoup (≤ 1 ms)', 'p99 (≤ 50 ms)'],
    [...new Set(samples.map(({ system }) => system))].map((system) => {
      const [p50, p99] = [middle(system, (sample) => sample.p50), middle(system, (sample) => sample.p99)];
      const verdicts = [verdict(p50 - middle('mediasoup', (sample) => sample.p50), 1), verdict(p99, 50)];
      const posts = samples.filter((sample) => sample.system === system).reduce((sum, { count }) => sum + count, 0);
      return [
        ...[system, viewers.toString(), posts.toString(), `${p50.toFixed(2)} ms`, `${p99.toFixed(1)} ms`],
        ...(system === 'mediasoup' ? [] : verdicts),
      ];
    }),
  );
}
