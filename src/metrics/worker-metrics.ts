import { Gauge, type Registry } from 'prom-client';
import type { MediaEngine } from '../media/engine.ts';
import { totalCounter } from './total-counter.ts';

const labelNames = ['worker'] as const;

/** What an operator scales by: how busy each media worker is, and how much more it can take. Gives what brings it up to date. */
export function gaugeWorkers(store: Registry, engine: MediaEngine): () => Promise<void> {
  const gauge = (name: string, help: string) => new Gauge({ name, help, labelNames, registers: [store] });
  const setCpu = totalCounter(store, {
    name: 'sluice_worker_cpu_seconds_total',
    help: 'User and system CPU time of a media worker.',
    labelNames,
  });
  const share = gauge('sluice_worker_cpu_ratio', 'Share of a core that a media worker used in the last second.');
  const more = gauge(
    'sluice_worker_more_viewers',
    'Estimate of how many more viewers, of the kind that is served now, fit on a media worker.',
  );
  const answers = gauge('sluice_worker_answers', '1 for a media worker that answers, 0 for one that hangs.');
  const memory = gauge('sluice_worker_memory_bytes', 'Peak resident memory of a media worker.');
  const sessions = new Gauge({
    name: 'sluice_worker_sessions',
    help: 'Sessions on a media worker.',
    labelNames: ['worker', 'kind'],
    registers: [store],
  });
  return async () => {
    const reports = await engine.workers();
    for (const one of [share, more, answers, memory, sessions]) one.reset();
    for (const { id, memoryBytes } of reports) memory.set({ worker: id }, memoryBytes);
    for (const { id: worker, cpuMs, cpuShare, moreViewers, answers: doesAnswer, publishers, viewers } of engine.loads()) {
      setCpu({ worker }, cpuMs / 1000);
      share.set({ worker }, cpuShare);
      more.set({ worker }, moreViewers);
      answers.set({ worker }, doesAnswer ? 1 : 0);
      sessions.set({ worker, kind: 'publish' }, publishers);
      sessions.set({ worker, kind: 'subscribe' }, viewers);
    }
  };
}

/** What crosses between routers. Gives what brings it up to date. */
export function gaugePipes(store: Registry, engine: MediaEngine): () => Promise<void> {
  const pipes = new Gauge({
    name: 'sluice_pipes',
    help: 'Pipes that bring a track to viewers with other payload types or on another worker: running, or paused because nobody watches.',
    labelNames: ['state'],
    registers: [store],
  });
  const bitrate = new Gauge({ name: 'sluice_pipe_bits_per_second', help: 'What crosses all pipes together.', registers: [store] });
  return async () => {
    const { open, running, bitrate: bitsPerSecond } = await engine.pipes();
    pipes.set({ state: 'running' }, running);
    pipes.set({ state: 'paused' }, open - running);
    bitrate.set(bitsPerSecond);
  };
}
