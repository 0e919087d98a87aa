import { setTimeout as delay } from 'node:timers/promises';
import { BenchGateway } from './gateway.ts';
import { cpuMsOf, type Memory, memoryOf } from './process-usage.ts';
import { median, percentile, type Row } from './report.ts';

const starts = 7;
const settleMs = 3000;

interface Start {
  readonly tookMs: number;
  readonly cpuMs: number;
  readonly gateway: Memory;
  readonly worker: Memory;
}

/** What a gateway with one worker costs when nobody uses it: memory, and time from `spawn` to listening with warm file caches. */
export async function measureProcessCosts(program: string): Promise<Row[]> {
  const samples: Start[] = [];
  for (let count = 0; count < starts; count += 1) samples.push(await start(program));
  const idle = (what: string, of: (sample: Start) => number): Row => ({ what, unit: 'MB', p50: median(samples.map(of)), count: starts });
  return [
    {
      what: 'start to listening',
      unit: 'ms',
      p50: median(samples.map(({ tookMs }) => tookMs)),
      p95: percentile(
        samples.map(({ tookMs }) => tookMs),
        0.95,
      ),
      cpuMs: median(samples.map(({ cpuMs }) => cpuMs)),
      count: starts,
    },
    idle('idle: memory of the gateway', ({ gateway }) => gateway.resident),
    idle('idle: memory of its worker', ({ worker }) => worker.resident),
    { ...idle('idle: memory of both', ({ gateway, worker }) => gateway.resident + worker.resident), aims: { p50: 80 } },
    idle('idle: of which nobody can share', ({ gateway, worker }) => gateway.own + worker.own),
  ];
}

async function start(program: string): Promise<Start> {
  await using gateway = await BenchGateway.open(program, { workers: 1 });
  const cpuMs = cpuMsOf([gateway.pid]);
  const [workerPid = 0] = await gateway.workerPids();
  await delay(settleMs);
  return { tookMs: gateway.startedInMs, cpuMs, gateway: memoryOf(gateway.pid), worker: memoryOf(workerPid) };
}
