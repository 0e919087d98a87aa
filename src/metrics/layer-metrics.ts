import type { EventEmitter } from 'node:events';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { RegistryEvents } from '../streams/registry-events.ts';

/** What a viewer is sent, and since when that is counted. */
interface Watched {
  readonly layer: number;
  readonly sinceMs: number;
}

/**
 * Counts which layers viewers get, for how long, why they change, and freezes as far as RTCP tells. Layers are numbered from the smallest, 0;
 * only viewers of layered video count. Call the result before the metrics are read.
 */
export function countLayers(
  store: Registry,
  observer: EventEmitter<RegistryEvents>,
  now: () => number = () => performance.now(),
): () => void {
  const switches = new Counter({
    name: 'sluice_layer_switches_total',
    help: 'Changes of the picture size that a viewer is sent, by direction and reason.',
    labelNames: ['direction', 'reason'],
    registers: [store],
  });
  const seconds = new Counter({
    name: 'sluice_layer_seconds_total',
    help: 'Time that viewers were sent each layer, by its place from the smallest.',
    labelNames: ['layer'],
    registers: [store],
  });
  const viewers = new Gauge({
    name: 'sluice_layer_viewers',
    help: 'Viewers that are sent each layer now, by its place from the smallest.',
    labelNames: ['layer'],
    registers: [store],
  });
  const freezes = new Counter({
    name: 'sluice_viewer_freezes_total',
    help: 'Freezes of viewers without bandwidth feedback, by what told of them: a request for a key frame out of turn, or silence.',
    labelNames: ['sign'],
    registers: [store],
  });
  const watched = new Map<string, Watched>();
  const settle = (id: string): void => {
    const before = watched.get(id);
    if (before === undefined) return;
    const nowMs = now();
    seconds.inc({ layer: before.layer }, (nowMs - before.sinceMs) / 1000);
    watched.set(id, { ...before, sinceMs: nowMs });
  };
  observer.on('layerswitch', ({ id }, { from, to, reason }) => {
    settle(id);
    if (to === undefined) watched.delete(id);
    else watched.set(id, { layer: to, sinceMs: now() });
    if (from !== undefined && to !== undefined && reason !== undefined) switches.inc({ direction: to > from ? 'up' : 'down', reason });
  });
  observer.on('freeze', (_session, sign) => freezes.inc({ sign }));
  return () => {
    viewers.reset();
    for (const [id, { layer }] of watched) {
      settle(id);
      viewers.inc({ layer });
    }
  };
}
