import { Counter, Gauge, type Registry } from 'prom-client';
import type { MediaEngine } from '../media/engine.ts';

/** Counts viewers who see a stream at once, and what that costs. Call the result before a scrape. */
export function countInstantJoins(store: Registry, engine: MediaEngine): () => Promise<void> {
  const joins = new Counter({
    name: 'sluice_instant_joins_total',
    help: 'Viewers of streams that are shown to newcomers at once, by what became of it.',
    labelNames: ['outcome'],
    registers: [store],
  });
  const injections = new Gauge({
    name: 'sluice_instant_join_injections',
    help: 'Viewers who are sent their first pictures by the gateway itself.',
    registers: [store],
  });
  const cacheBytes = new Gauge({
    name: 'sluice_instant_join_cache_bytes',
    help: 'Size of the packets that are kept for newcomers.',
    registers: [store],
  });
  engine.observer.on('instantjoin', (outcome) => joins.inc({ outcome }));
  return async () => {
    const now = engine.instantJoins();
    injections.set(now.injections);
    cacheBytes.set(now.cacheBytes);
  };
}
