import { Counter, Gauge, type Registry } from 'prom-client';
import type { Egress } from '../egress/egress.ts';
import type { TapState } from '../egress/tap/tap-state.ts';

/** What of egress the metrics listen to. */
export type EgressSources = Pick<Egress, 'supervisor' | 'thumbnails' | 'ladders'>;

const states: readonly TapState['name'][] = ['starting', 'running', 'waiting', 'restarting', 'failed'];

/** Counts and gauges taps and thumbnails. Gives what brings the gauges up to date. */
export function countTaps(store: Registry, { supervisor, thumbnails }: EgressSources): () => Promise<void> {
  const taps = new Gauge({
    name: 'sluice_taps',
    help: 'Streams that are handed to FFmpeg, by the state of that.',
    labelNames: ['state'],
    registers: [store],
  });
  const age = new Gauge({
    name: 'sluice_tap_fragment_age_seconds',
    help: 'Time since the last fragment of the running tap that is furthest behind.',
    registers: [store],
  });
  const ended = new Counter({
    name: 'sluice_tap_runs_ended_total',
    help: 'Runs of FFmpeg for a stream that ended, by cause; exited, stalled and failed are followed by another.',
    labelNames: ['cause'],
    registers: [store],
  });
  const pictures = new Counter({
    name: 'sluice_thumbnails_total',
    help: 'Thumbnails that were to be made, by what became of it.',
    labelNames: ['outcome'],
    registers: [store],
  });
  supervisor.observer.on('runended', (_streamId, { cause }) => ended.inc({ cause }));
  thumbnails.observer.on('made', ({ outcome }) => pictures.inc({ outcome }));
  return async () => {
    const all = supervisor.taps();
    for (const name of states) taps.set({ state: name }, all.filter(({ state }) => state.name === name).length);
    age.set(Math.max(0, ...all.map(({ fragmentAgeMs }) => fragmentAgeMs ?? 0)) / 1000);
  };
}
