import { Counter, Gauge, type Registry } from 'prom-client';
import type { LadderSource } from '../egress/ladder/ladder-source.ts';
import type { LadderState } from '../egress/ladder/ladder-state.ts';

const states: readonly LadderState['name'][] = ['waiting', 'none', 'running', 'restarting'];

/** Gauges the smaller pictures that are made for HLS, and counts what went wrong. Gives what brings the gauges up to date. */
export function countLadders(store: Registry, ladders: LadderSource): () => Promise<void> {
  const streams = new Gauge({
    name: 'sluice_ladders',
    help: 'Streams that are to have smaller pictures for HLS and are packaged now, by what becomes of them.',
    labelNames: ['state'],
    registers: [store],
  });
  const renditions = new Gauge({
    name: 'sluice_ladder_renditions',
    help: 'Smaller pictures that are encoded for HLS now.',
    registers: [store],
  });
  const faults = new Counter({
    name: 'sluice_ladder_faults_total',
    help: 'Encoders of smaller pictures that could not keep up (behind) or ended by themselves (exited).',
    labelNames: ['cause'],
    registers: [store],
  });
  ladders.observer.on('fault', (_streamId, cause) => faults.inc({ cause }));
  return async () => {
    const all = ladders.states().map(({ state }) => state);
    for (const name of states) streams.set({ state: name }, all.filter((state) => state.name === name).length);
    renditions.set(all.reduce((sum, state) => sum + (state.name === 'running' ? state.renditions : 0), 0));
  };
}
