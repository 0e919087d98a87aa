import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { openAuthorizer } from './auth/authorizer.ts';
import { exampleUrls, renderBanner, switchedOff, warnings, type BannerFacts } from './banner.ts';
import { policyFor, redirectFor, servesApi, type Config } from './config/config.ts';
import type { Host } from './config/host.ts';
import { listenAddresses } from './config/listen-addresses.ts';
import { isLoopback } from './config/loopback.ts';
import { version } from './config/version.ts';
import { openMetricsServer } from './http/metrics-server.ts';
import type { Egress } from './egress/egress.ts';
import type { Recordings } from './egress/record/recordings.ts';
import type { RequestedOutputs } from './egress/request/requested-outputs.ts';
import { openOutputs } from './gateway-outputs.ts';
import { OverloadWatch } from './http/overload.ts';
import { judgeReach } from './doctor/findings.ts';
import { probeCandidates } from './doctor/reach.ts';
import { openHttpServer, type HttpServer } from './http/server.ts';
import type { MediaEngine } from './media/engine.ts';
import { openEngine } from './media/mediasoup-engine.ts';
import { socketBufferBytes } from './media/worker-process.ts';
import { openMetrics, type Metrics } from './metrics/metrics.ts';
import { StreamRegistry } from './streams/registry.ts';
import type { StreamPolicy } from './streams/stream-policy.ts';

/** What {@link openGateway} needs besides the configuration. */
export interface GatewayDeps {
  readonly logger: Logger;
  readonly host: Host;
  /** Write the banner to standard output, for people, instead of one line to the log. Default false. */
  readonly showBanner?: boolean;
  /**
   * How long the HTTP port stays open after sessions were ended by `close`, in milliseconds: their clients ask again at once, and 503 with
   * Retry-After tells them more than a closed port. Default 1000.
   */
  readonly farewellMs?: number;
}

/** A running gateway: every part, and the one who closes them. */
export interface Gateway extends AsyncDisposable {
  readonly http: HttpServer['address'];
  /** Port of the metrics; undefined: they are on the HTTP port, or switched off. */
  readonly metricsPort: number | undefined;
  readonly registry: StreamRegistry;
  readonly engine: MediaEngine;
  readonly egress: Egress;
  readonly recordings: Recordings;
  /** Ends every session, refuses new ones, and frees everything. Idempotent. */
  close(): Promise<void>;
}

/** The built pages, from `src/` and `dist/` alike. */
const webRoot = fileURLToPath(new URL('../dist/web', import.meta.url));

/** Builds every part and listens. What was opened is closed again when a later part fails. */
export async function openGateway(config: Config, deps: GatewayDeps): Promise<Gateway> {
  const { logger, host } = deps;
  await using opened = new AsyncDisposableStack();
  const authorizer = opened.use(await openAuthorizer(config.auth.methods, { logger }));
  const listen = listenAddresses(config.rtc, host.interfaces);
  const mediaAddresses = listen.map(({ ip, announcedAddress }) => announcedAddress ?? ip);
  const { workers, port, tcp, spreadAbove } = config.rtc;
  const engine = opened.use(await openEngine({ workerBin: undefined, workers, port, tcp, listen, spreadAbove, logger }));
  const hasFfmpeg = host.findProgram(config.egress.ffmpeg) !== undefined;
  const policyOf = (streamId: string): StreamPolicy => {
    const policy = policyFor(config.streams, streamId);
    return { ...policy, awaitsHls: hasFfmpeg && policy.hls === 'on-demand' };
  };
  const registry = new StreamRegistry({ engine, logger, policyOf, limits: config.limits.sessions, offerBounds: config.limits.offers });
  opened.defer(async () => registry.close());
  const { egress, hls, rtmp, recordings, requested } = await openOutputs(config, { logger, host, registry }, opened);
  const metrics = config.metrics.enabled
    ? openMetrics({ registry, engine, egress, hls, recordings, rtmp: { outputs: egress.outputs, events: rtmp.observer } })
    : undefined;
  const overload = opened.use(new OverloadWatch({ ...config.limits.overload, workerShares: () => cpuShares(engine) }));
  const hasPages = existsSync(webRoot);
  const http = await openHttpServer({
    ...edgeOptions(config),
    authorizer,
    registry,
    thumbnails: egress.thumbnails,
    hls,
    taps: egress.supervisor,
    overload: () => overload.reason,
    metrics: config.metrics.port === undefined ? metrics : undefined,
    version,
    loads: () => engine.loads(),
    workers: async () => engine.workers(),
    node: { ...host, ffmpeg: host.findProgram(config.egress.ffmpeg), mediaAddresses, wantedSocketBufferBytes: socketBufferBytes },
    egress: { outputs: egress.outputs, requested },
    webRoot: hasPages ? webRoot : undefined,
    recordings,
    logger,
  });
  opened.defer(async () => http.close());
  metrics?.observeHttp(http.observer);
  const metricsPort = metrics === undefined ? undefined : await listenForMetrics(metrics, config.metrics, opened);

  announce(config, deps, { version, http: http.address, mediaPorts: engine.ports, mediaAddresses, hasPages });

  if (config.rtc.announcedAddress !== undefined) void tellReach(engine, deps);

  const parts = opened.move();
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> =>
    (closing ??= shutDown({ http, registry, egress, recordings, requested, parts, farewellMs: deps.farewellMs ?? 1_000 }));
  return { http: http.address, metricsPort, registry, engine, egress, recordings, close, [Symbol.asyncDispose]: close };
}

function cpuShares(engine: MediaEngine): readonly number[] {
  return engine.loads().flatMap(({ answers, cpuShare }) => (answers ? [cpuShare] : []));
}

/** What of the configuration is about the HTTP edge. */
function edgeOptions({ http, auth, rtc, limits }: Config) {
  return {
    ...http,
    sessionUrlIsCapability: auth.sessionUrlIsCapability,
    allowRawToken: auth.allowRawToken,
    proxies: http.trustProxy ? http.proxies : 0,
    maxConnections: http.maxConnections === 0 ? undefined : http.maxConnections,
    servesApi: servesApi({ http, auth }, !isLoopback(http.host)),
    redirect: ({ streamId }: { readonly streamId: string }) => redirectFor(http.redirect, streamId),
    iceServers: rtc.iceServers.length > 0 ? rtc.iceServers : undefined,
    rates: limits.rates,
    bodyBytes: limits.bodyBytes,
  };
}

/** Opens the port for metrics, where they have one of their own. */
async function listenForMetrics(
  metrics: Metrics,
  { host, port }: Config['metrics'],
  opened: AsyncDisposableStack,
): Promise<number | undefined> {
  return port === undefined ? undefined : opened.use(await openMetricsServer(metrics, { host, port })).port;
}

interface Closing {
  readonly http: HttpServer;
  readonly registry: StreamRegistry;
  readonly egress: Egress;
  readonly recordings: Recordings;
  readonly requested: RequestedOutputs;
  readonly parts: AsyncDisposableStack;
  readonly farewellMs: number;
}

async function shutDown({ http, registry, egress, recordings, requested, parts, farewellMs }: Closing): Promise<void> {
  http.drain();
  registry.drain();
  recordings.drain();
  requested.drain();
  const { publishers, subscribers } = registry.counts();
  await egress.close(); // while publishers still send: what is being written gets its proper end
  await registry.close();
  if (publishers + subscribers > 0) await delay(farewellMs);
  await parts.disposeAsync();
}

function announce(config: Config, { logger, host, showBanner = false }: GatewayDeps, facts: BannerFacts): void {
  const urls = exampleUrls(config.http, facts.http);
  const off = switchedOff(config, host, facts);
  if (showBanner) process.stdout.write(`${renderBanner(facts, urls, off)}\n`);
  else logger.info({ ...facts, urls, off }, 'gateway listening');
  for (const warning of warnings(config, host, socketBufferBytes)) logger.warn(warning);
}

/** Behind NAT or in a container, "connected but no media" begins here: tells whether the announced address leads back to us. */
async function tellReach(engine: MediaEngine, { logger, host }: GatewayDeps): Promise<void> {
  const reaches = await probeCandidates(engine).catch(() => []); // the gateway closes already
  const own = Object.values(host.interfaces).flatMap((infos = []) => infos.map(({ address }) => address));
  for (const { level, text } of judgeReach(reaches, own)) logger[level === 'fail' ? 'warn' : 'info'](text);
}
