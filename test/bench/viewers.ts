import { cpuMsOf, memoryOf } from './process-usage.ts';
import { percentile } from './report.ts';
import { Audience, openBare, openGateway, otherNumbers, type Served, withoutInstantJoin } from './served.ts';
import { socketDropsOf } from './socket-drops.ts';
import { renderColumns } from './table.ts';

/** What {@link measureViewers} may be told. */
export interface ViewersOptions {
  readonly counts: readonly number[];
  /**
   * How long each is measured. V8 collects its whole heap soon after so many joins, and every 20 s or so later: some 100 ms of CPU, which fell into
   * 10 s or not.
   */
  readonly seconds: number;
  /** How often; ratios are medians. */
  readonly rounds: number;
  /** Also measure viewers who need a pipe. */
  readonly edge: boolean;
  /** Also measure without the instant join, which these viewers get from a relay in Node.js. */
  readonly plain: boolean;
}

/** One measurement. */
interface Sample {
  readonly system: string;
  readonly viewers: number;
  readonly packetsPerSecond: number;
  /** CPU time of the media worker, and of the Node.js process, for each packet that viewers got. */
  readonly workerUs: number;
  readonly nodeUs: number;
  /** Of all processes, above what they had without viewers. */
  readonly kibPerViewer: number;
  /** Of the Node.js process alone. */
  readonly nodeKibPerViewer: number;
  readonly lost: number;
  readonly drops: number;
  /** Of the load client itself: when it drops, the loss is its own. */
  readonly clientDrops: number;
  readonly clientCores: number;
}

/** Fan-out of one stream of 2 Mbit/s to more and more viewers, beside mediasoup alone in the same run. */
export async function measureViewers(program: string, options: ViewersOptions): Promise<{ readonly text: string; readonly data: unknown }> {
  const samples: Sample[] = [];
  const take = async (system: string, open: () => Promise<Served>, viewers: number): Promise<void> => {
    const sample = await measure(system, open, { viewers, options });
    console.error(JSON.stringify(sample)); // should the rest be interrupted
    samples.push(sample);
  };
  for (const viewers of options.counts) {
    for (let round = 0; round < options.rounds; round += 1) {
      await take('mediasoup', openBare, viewers);
      await take('Sluice', async () => openGateway(program), viewers);
      if (options.plain) await take('Sluice, plain', async () => openGateway(program, withoutInstantJoin), viewers);
      if (options.edge) await take('Sluice, by pipe', async () => openGateway(program), viewers);
    }
  }
  return { text: [renderSamples(samples), renderRatios(samples, options.counts)].join('\n\n'), data: samples };
}

async function measure(
  system: string,
  open: () => Promise<Served>,
  { viewers, options: { seconds } }: { readonly viewers: number; readonly options: ViewersOptions },
): Promise<Sample> {
  console.error(`${system}, ${viewers} viewers …`);
  await using served = await open();
  const pids = [served.node, ...served.workers];
  const memory = (of = pids): number => of.reduce((sum, pid) => sum + memoryOf(pid).resident, 0);
  const empty = { all: memory(), node: memory([served.node]) };
  await using audience = new Audience(served, { viewers, ...(system.endsWith('pipe') ? { numbers: otherNumbers } : {}) });
  await audience.allPlay();
  for (let second = 0; second < 2; second += 1) await audience.line();
  const look = () => ({
    ...{ worker: cpuMsOf(served.workers), node: cpuMsOf([served.node]), drops: socketDropsOf(pids) },
    clientDrops: socketDropsOf([audience.pid]),
  });
  const [from, before] = [await audience.line(), look()];
  for (let second = 1; second < seconds; second += 1) await audience.line();
  const [to, after] = [await audience.line(), look()];
  const packets = to.packets - from.packets;
  const elapsedMs = to.atMs - from.atMs;
  const kibPerViewer = ((memory() - empty.all) * 1024) / viewers;
  const nodeKibPerViewer = ((memory([served.node]) - empty.node) * 1024) / viewers;
  return {
    system,
    viewers,
    packetsPerSecond: (packets * 1000) / elapsedMs,
    workerUs: ((after.worker - before.worker) * 1000) / packets,
    nodeUs: ((after.node - before.node) * 1000) / packets,
    kibPerViewer,
    nodeKibPerViewer,
    lost: to.lost - from.lost,
    drops: after.drops - before.drops,
    clientDrops: after.clientDrops - before.clientDrops,
    clientCores: (to.cpuMs - from.cpuMs) / elapsedMs,
  };
}

function renderSamples(samples: readonly Sample[]): string {
  return renderColumns(
    [
      '',
      'viewers',
      'packets/s',
      'worker µs/packet',
      'Node µs/packet',
      'KiB/viewer',
      'of it Node',
      'lost',
      'drops',
      'client drops',
      'client CPU',
    ],
    samples.map((sample) => [
      ...[sample.system, sample.viewers.toString(), sample.packetsPerSecond.toFixed(0)],
      ...[sample.workerUs.toFixed(2), sample.nodeUs.toFixed(2), sample.kibPerViewer.toFixed(0), sample.nodeKibPerViewer.toFixed(0)],
      ...[sample.lost, sample.drops, sample.clientDrops].map(String),
      sample.clientCores.toFixed(2),
    ]),
  );
}

function renderRatios(samples: readonly Sample[], counts: readonly number[]): string {
  const middle = (viewers: number, system: string, of: (sample: Sample) => number): number =>
    percentile(samples.filter((sample) => sample.system === system && sample.viewers === viewers).map(of), 0.5);
  const systems = [...new Set(samples.map(({ system }) => system))].filter((system) => system !== 'mediasoup');
  const verdict = (value: number, aim: number, digits: number): string => `${value.toFixed(digits)} ${value <= aim ? 'met' : 'MISSED'}`;
  return renderColumns(
    ['', 'viewers', 'worker CPU, × mediasoup (≤ 1.05)', 'Node, % of worker (≤ 5)', 'KiB/viewer (≤ 220)'],
    counts
      .flatMap((viewers) => systems.map((measured) => ({ viewers, measured })))
      .map(({ viewers, measured }) => {
        const of = (read: (sample: Sample) => number, system = measured): number => middle(viewers, system, read);
        return [
          measured,
          viewers.toString(),
          verdict(of(({ workerUs }) => workerUs) / of(({ workerUs }) => workerUs, 'mediasoup'), 1.05, 2),
          verdict(
            of(({ nodeUs, workerUs }) => (100 * nodeUs) / workerUs),
            5,
            1,
          ),
          verdict(
            of(({ kibPerViewer }) => kibPerViewer),
            220,
            0,
          ),
        ];
      }),
  );
}
