import type { EventEmitter } from 'node:events';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { OutputList } from '../egress/output-list.ts';
import type { RtmpEvents } from '../egress/rtmp/rtmp-output-options.ts';

/** Who tells of RTMP targets. */
export interface RtmpSources {
  readonly outputs: OutputList;
  readonly events: EventEmitter<RtmpEvents>;
}

/** Counts what RTMP targets do; the returned function brings the gauges up to date. Labels are words of ours, never URLs or names. */
export function countRtmp(store: Registry, { outputs, events }: RtmpSources): () => void {
  const attempts = new Counter({
    name: 'sluice_rtmp_attempts_total',
    help: 'Connections to RTMP targets that were tried.',
    registers: [store],
  });
  const broken = new Counter({
    name: 'sluice_rtmp_broken_total',
    help: 'Connections to RTMP targets that were refused or lost, by what happened.',
    labelNames: ['cause'],
    registers: [store],
  });
  const sent = new Counter({ name: 'sluice_rtmp_sent_bytes_total', help: 'Bytes that RTMP targets took.', registers: [store] });
  const targets = new Gauge({ name: 'sluice_rtmp_targets', help: 'RTMP targets by state.', labelNames: ['state'], registers: [store] });
  events.on('attempted', () => attempts.inc());
  events.on('broken', ({ cause }) => broken.inc({ cause }));
  events.on('sent', (bytes) => sent.inc(bytes));
  return () => {
    targets.reset();
    for (const output of outputs.list()) if (output.kind === 'rtmp') targets.inc({ state: output.report().state.name });
  };
}
