import { Gauge, type Registry } from 'prom-client';
import type { HlsEgress } from '../egress/hls/hls-egress.ts';
import { totalCounter } from './total-counter.ts';

/** Gauges and counts what is served as HLS. Gives what brings it up to date. */
export function countHls(store: Registry, hls: HlsEgress): () => Promise<void> {
  const gauge = (name: string, help: string): Gauge => new Gauge({ name, help, registers: [store] });
  const streams = gauge('sluice_hls_streams', 'Streams that are packaged as HLS.');
  const viewers = gauge('sluice_hls_viewers', 'HLS viewers that have asked for something of late.');
  const held = gauge('sluice_hls_held_bytes', 'Media in memory for HLS viewers.');
  const sent = totalCounter(store, { name: 'sluice_hls_sent_bytes_total', help: 'Bytes of playlists and media that went to HLS viewers.' });
  return async () => {
    const totals = hls.totals();
    streams.set(totals.streams);
    viewers.set(totals.viewers);
    held.set(totals.bytesHeld);
    sent({}, totals.bytesSent);
  };
}
