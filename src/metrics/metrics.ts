import type { EventEmitter } from 'node:events';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { HlsEgress } from '../egress/hls/hls-egress.ts';
import type { Recordings } from '../egress/record/recordings.ts';
import type { ErrorCode } from '../errors.ts';
import type { MediaEngine } from '../media/engine.ts';
import type { TransportTotals } from '../media/transport.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import { countTaps, type EgressSources } from './egress-metrics.ts';
import { countHls } from './hls-metrics.ts';
import { countInstantJoins } from './instant-join-metrics.ts';
import { countLadders } from './ladder-metrics.ts';
import { countLayers } from './layer-metrics.ts';
import { totalCounter } from './total-counter.ts';
import { gaugePipes, gaugeWorkers } from './worker-metrics.ts';
import { countRtmp, type RtmpSources } from './rtmp-metrics.ts';
import { countRecordings } from './recording-metrics.ts';

/** What the metrics are made of. */
export interface MetricsSources {
  readonly registry: StreamRegistry;
  readonly engine: MediaEngine;
  /** Default: none of it. */
  readonly egress?: EgressSources;
  /** Default: none of it. */
  readonly rtmp?: RtmpSources;
  /** Undefined: nothing is served as HLS. */
  readonly hls?: HlsEgress | undefined;
  /** Undefined: nothing is recorded. */
  readonly recordings?: Recordings | undefined;
}

/** One answered HTTP request; `route` is a template, so that labels stay bounded. */
interface HttpExchange {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

type HttpObserver = EventEmitter<{ responded: [HttpExchange]; refused: [{ readonly code: ErrorCode }] }>;

/** Everything that `/metrics` shows. */
export interface Metrics {
  readonly contentType: string;
  /** Prometheus text of now; asks the workers. */
  readonly render: () => Promise<string>;
  /** Also counts what an HTTP server answers and refuses. */
  readonly observeHttp: (observer: HttpObserver) => void;
}

/** How often our thread's delay is looked at, in milliseconds; `nodejs_eventloop_lag_…` holds it. Each look wakes the thread up. */
const eventLoopMonitoringPrecision = 50;

/** Starts to listen. The registry of metrics is its own, so that several gateways fit into one process. */
export function openMetrics({ registry, engine, egress, rtmp, hls, recordings }: MetricsSources): Metrics {
  const store = new Registry();
  collectDefaultMetrics({ register: store, eventLoopMonitoringPrecision });
  countSessions(store, registry);
  const settleLayers = countLayers(store, registry.observer);
  const refreshers = [
    gaugeStreams(store, registry),
    countTraffic(store, registry),
    gaugeWorkers(store, engine),
    gaugePipes(store, engine),
    ...(egress === undefined ? [] : [countTaps(store, egress), countLadders(store, egress.ladders)]),
    countInstantJoins(store, engine),
    ...(hls === undefined ? [] : [countHls(store, hls)]),
    ...(recordings === undefined ? [] : [countRecordings(store, recordings)]),
  ];
  const refreshRtmp = rtmp === undefined ? undefined : countRtmp(store, rtmp);
  return {
    contentType: store.contentType,
    render: async () => {
      refreshRtmp?.();
      await Promise.all(refreshers.map(async (refresh) => refresh()));
      settleLayers();
      return store.metrics();
    },
    observeHttp: (observer) => {
      timeHttp(store, observer);
      countRefusals(store, observer);
    },
  };
}

type Refresh = () => Promise<void>;

/** What the registry's events tell. */
function countSessions(store: Registry, { observer }: StreamRegistry): void {
  const closed = new Counter({
    name: 'sluice_sessions_closed_total',
    help: 'Sessions that ended, by what ended them.',
    labelNames: ['kind', 'ending'],
    registers: [store],
  });
  const connect = new Histogram({
    name: 'sluice_session_connect_seconds',
    help: 'Time from the POST to ICE and DTLS being up.',
    labelNames: ['kind'],
    buckets: [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 20],
    registers: [store],
  });
  const firstMedia = new Histogram({
    name: 'sluice_session_first_media_seconds',
    help: 'Time from the POST to the first RTP packet from a publisher, or to a viewer.',
    labelNames: ['kind'],
    buckets: [0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 20],
    registers: [store],
  });
  observer.on('closed', ({ kind }, { ending }) => closed.inc({ kind, ending }));
  observer.on('connected', ({ kind }, { sinceOpenedMs }) => connect.observe({ kind }, sinceOpenedMs / 1000));
  observer.on('media', ({ kind }, { sinceOpenedMs }) => firstMedia.observe({ kind }, sinceOpenedMs / 1000));
}

function gaugeStreams(store: Registry, registry: StreamRegistry): Refresh {
  const sessions = new Gauge({ name: 'sluice_sessions', help: 'Sessions that are open.', labelNames: ['kind'], registers: [store] });
  const live = new Gauge({ name: 'sluice_streams_live', help: 'Streams whose publisher sends media.', registers: [store] });
  const warned = new Gauge({
    name: 'sluice_ingest_warnings',
    help: 'Live streams with something wrong in what their publisher sends, by what it is.',
    labelNames: ['code'],
    registers: [store],
  });
  return async () => {
    const counts = registry.counts();
    warned.reset();
    for (const { ingest } of registry.reports()) for (const { code } of ingest?.warnings ?? []) warned.inc({ code });
    sessions.set({ kind: 'publish' }, counts.publishers);
    sessions.set({ kind: 'subscribe' }, counts.subscribers);
    live.set(counts.live);
  };
}

const trafficCounters = [
  ['rtpBytesReceived', 'sluice_rtp_received_bytes_total', 'RTP bytes from publishers.'],
  ['rtpBytesSent', 'sluice_rtp_sent_bytes_total', 'RTP bytes to viewers.'],
  ['rtpPacketsReceived', 'sluice_rtp_received_packets_total', 'RTP packets from publishers.'],
  ['rtpPacketsSent', 'sluice_rtp_sent_packets_total', 'RTP packets to viewers.'],
  ['packetsLost', 'sluice_rtp_lost_packets_total', 'RTP packets lost on the way from publishers or to viewers.'],
  ['keyFrameRequests', 'sluice_key_frame_requests_total', 'Key frames asked of publishers, or by viewers.'],
] as const satisfies readonly (readonly [keyof TransportTotals, string, string])[];

function countTraffic(store: Registry, registry: StreamRegistry): Refresh {
  const labelNames = ['worker'] as const;
  const counters = trafficCounters.map(([field, name, help]) => ({ field, set: totalCounter(store, { name, help, labelNames }) }));
  return async () => {
    for (const [worker, totals] of await registry.totalsByWorker()) for (const { field, set } of counters) set({ worker }, totals[field]);
  };
}

function countRefusals(store: Registry, observer: HttpObserver): void {
  const refused = new Counter({
    name: 'sluice_refused_total',
    help: 'Requests that were refused or failed, by the code of the error.',
    labelNames: ['code'],
    registers: [store],
  });
  observer.on('refused', ({ code }) => refused.inc({ code }));
}

function timeHttp(store: Registry, observer: HttpObserver): void {
  const duration = new Histogram({
    name: 'sluice_http_request_duration_seconds',
    help: 'Time from a request to its answer, by route.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [store],
  });
  observer.on('responded', ({ method, route, status, durationMs }) => {
    duration.observe({ method, route, status }, durationMs / 1000);
  });
}
