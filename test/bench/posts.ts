import { Agent } from 'node:http';
import { percentile } from './report.ts';
import { Audience, openBare, openGateway, post, type Served, withoutInstantJoin } from './served.ts';
import { renderColumns } from './table.ts';

/** What {@link measurePosts} may be told. */
export interface PostsOptions {
  /** Of each server. */
  readonly viewers: number;
  /** How often; each time with servers of its own. */
  readonly rounds: number;
}

/** What one player of each server waited for its answer, in milliseconds. */
interface Turn {
  readonly bareMs: number;
  readonly gatewayMs: number;
}

/** Two servers that answered in turn. */
interface Pair {
  readonly system: string;
  readonly turns: readonly Turn[];
}

/** Players of each server before there are viewers: V8 has compiled what answers them, as on a server that has been up for a while. */
const warmUp = 500;

const timed = 300;

/** Viewers whose process stands still for much longer are taken for gone, in milliseconds. */
const sleepMs = 6_000;

/** How long all of them may take to be heard of again, in seconds. */
const awakeS = 5;

/**
 * POST→201 of the gateway beside mediasoup alone: both serve as many viewers at the same time, and players come to them in turn, so whatever else
 * happens on the machine happens to both.
 *
 * The viewers' processes stand still meanwhile (SIGSTOP): the workers send to them as before, and the kernel drops it. They need more CPU than
 * those who serve them, and where viewers have machines of their own, POSTs do not wait for that.
 */
export async function measurePosts(
  program: string,
  { viewers, rounds }: PostsOptions,
): Promise<{ readonly text: string; readonly data: unknown }> {
  const pairs: Pair[] = [];
  for (let round = 0; round < rounds; round += 1) {
    for (const [system, settings] of [['Sluice', {}] as const, ['Sluice, plain', withoutInstantJoin] as const]) {
      console.error(`${system}, ${viewers} viewers …`);
      pairs.push({ system, turns: await measurePair(async () => openGateway(program, settings), viewers) });
      console.error(render(pairs.slice(-1), viewers)); // should the rest be interrupted
    }
  }
  return { text: render(pairs, viewers), data: pairs };
}

async function measurePair(open: () => Promise<Served>, viewers: number): Promise<readonly Turn[]> {
  await using bare = await openBare();
  await using gateway = await open();
  await takeTurns({ bare, gateway }, warmUp);
  await using ofBare = new Audience(bare, { viewers });
  await ofBare.allPlay();
  const asleep = ofBare.sleep(); // only the processes of one server's viewers get the CPU that they need
  await using ofGateway = new Audience(gateway, { viewers });
  await ofGateway.allPlay();
  asleep[Symbol.dispose]();
  const turns: Turn[] = [];
  while (turns.length < timed) {
    {
      using _others = ofGateway.sleep();
      {
        using _these = ofBare.sleep();
        turns.push(...(await takeTurns({ bare, gateway }, timed - turns.length)));
      }
      await expectAll(ofBare, viewers);
    }
    using _these = ofBare.sleep();
    await expectAll(ofGateway, viewers);
  }
  return turns;
}

/** One player after the other, as somebody sees it who has nothing else to do, for as long as viewers may sleep; who is first changes, too. */
async function takeTurns({ bare, gateway }: { readonly bare: Served; readonly gateway: Served }, most: number): Promise<readonly Turn[]> {
  const agent = new Agent({ keepAlive: true });
  const startedAt = performance.now();
  const turns: Turn[] = [];
  while (turns.length < most && performance.now() - startedAt < sleepMs) {
    const early = turns.length % 2 === 0 ? await post(bare, agent) : undefined;
    const gatewayMs = await post(gateway, agent);
    turns.push({ bareMs: early ?? (await post(bare, agent)), gatewayMs });
  }
  agent.destroy();
  return turns;
}

/** Throws where a viewer was given up while it stood still: then fewer were served. */
async function expectAll(audience: Audience, viewers: number): Promise<void> {
  let receiving = 0;
  for (let second = 0; second < awakeS; second += 1) {
    ({ receiving } = await audience.line());
    if (second > 0 && receiving === viewers) return; // the first has what waited in the socket's buffer
  }
  throw new Error(`only ${receiving} of ${viewers} viewers are served after the POSTs`);
}

function render(pairs: readonly Pair[], viewers: number): string {
  return renderColumns(
    ['', 'viewers', 'POSTs', 'POST p50', 'p99', 'mediasoup alone: p50', 'p99', 'p50 − mediasoup (≤ 1 ms)', 'p99 (≤ 50 ms)'],
    pairs.map(({ system, turns }) => {
      const of = (read: (turn: Turn) => number, share: number): number => percentile(turns.map(read), share);
      const p50 = of(({ gatewayMs }) => gatewayMs, 0.5);
      const p99 = of(({ gatewayMs }) => gatewayMs, 0.99);
      const bare = { p50: of(({ bareMs }) => bareMs, 0.5), p99: of(({ bareMs }) => bareMs, 0.99) };
      return [
        ...[system, viewers.toString(), turns.length.toString()],
        ...[p50, p99, bare.p50, bare.p99].map((ms) => `${ms.toFixed(1)} ms`),
        `${(p50 - bare.p50).toFixed(1)} ${p50 - bare.p50 <= 1 ? 'met' : 'MISSED'}`,
        `${p99.toFixed(1)} ${p99 <= 50 ? 'met' : 'MISSED'}`,
      ];
    }),
  );
}
