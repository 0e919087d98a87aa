import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { openAuthorizer } from './auth/authorizer.ts';
import { exampleUrls, renderBanner, switchedOff, warnings, type BannerFacts } from './banner.ts';
import { policyFor, redirectFor, servesApi, targetsFor, type Config } from './config/config.ts';
import type { Host } from './config/host.ts';
import { listenAddresses } from './config/listen-addresses.ts';
import { isLoopback } from './config/loopback.ts';
import { version } from './config/version.ts';
import { openMetricsServer } from './http/metrics-server.ts';
import { Egress } from './egress/egress.ts';
import { RtmpTargets } from './egress/rtmp/rtmp-targets.ts';
import { Recordings } from './egress/record/recordings.ts';
import { claimFolder } from './egress/folder-claim.ts';
import { RequestedOutputs } from './egress/request/requested-outputs.ts';
import { RequestStore } from './egress/request/request-store.ts';
import { S3Store } from './egress/storage/s3-store.ts';
import { HlsEgress } from './egress/hls/hls-egress.ts';
import { OverloadWatch } from './http/overload.ts';
import { judgeReach } from './doctor/findings.ts';
import { probeCandidates } from './doctor/reach.ts';
import { openHttpServer, type HttpServer } from './http/server.ts';
import type { MediaEngine } from './media/engine.ts';
import { openEngine } from './media/mediasoup-engine.ts';
import { socketBufferBytes } from './media/worker-process.ts';
import { openMetrics, type Metrics } from './metrics/metrics.ts';
import { StreamRegistry } from './streams/registry.ts';

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

/** Where gateways of one user leave word of the programs that they have started, and the folders that they work in. */
const runFolder = join(tmpdir(), `sluice-${process.getuid?.() ?? 'run'}`);

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
  const policyOf = (streamId: string) => policyFor(config.streams, streamId);
  const registry = new StreamRegistry({ engine, logger, policyOf, limits: config.limits.sessions, offerBounds: config.limits.offers });
  opened.defer(async () => registry.close());
  const egress = opened.use(openEgress(config, deps, registry));
  const hls = opened.use(openHls(config, deps, { egress, registry }));
  const rtmp = opened.use(openRtmp(config, { egress, registry, logger }));
  const recordings = opened.use(await openRecordings(config, deps, { registry, egress, claims: opened }));
  const requested = opened.use(openRequested(config, deps, { registry, egress, hls, rtmp, recordings, claims: opened }));
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

/** What takes streams out by other ways than WHEP. Programs that it starts are listed in a folder that gateways of one user share. */
function openEgress({ egress }: Config, { logger, host }: GatewayDeps, registry: StreamRegistry): Egress {
  return new Egress({
    registry,
    logger,
    ffmpeg: host.findProgram(egress.ffmpeg),
    setpriv: host.findProgram('setpriv'),
    transcode: egress.transcode,
    runFolder,
    keyFrameIntervalMs: egress.hls.segmentMs,
  });
}

/** HLS of every stream whose policy has it. */
function openHls(
  { egress: { hls }, streams }: Config,
  { logger }: GatewayDeps,
  { egress, registry }: { readonly egress: Egress; readonly registry: StreamRegistry },
): HlsEgress {
  const { supervisor, outputs } = egress;
  const opened = new HlsEgress({
    ...hls,
    source: supervisor,
    outputs,
    settings: hls,
    policyOf: (streamId) => policyFor(streams, streamId).hls,
    exists: (streamId) => registry.stream(streamId) !== undefined,
    hasSound: (streamId) => registry.stream(streamId)?.tracks?.some(({ description }) => description.kind === 'audio') ?? false,
    admit: (streamId, client) => registry.seatViewer(streamId, client),
    logger,
  });
  registry.observer.on('live', (streamId) => opened.live(streamId));
  return opened;
}

function cpuShares(engine: MediaEngine): readonly number[] {
  return engine.loads().flatMap(({ answers, cpuShare }) => (answers ? [cpuShare] : []));
}

interface RtmpDeps {
  readonly egress: Egress;
  readonly registry: StreamRegistry;
  readonly logger: Logger;
}

/** The RTMP targets of the configuration, and those that operators will add. */
function openRtmp({ egress: { rtmp } }: Config, { egress, registry, logger }: RtmpDeps): RtmpTargets {
  return new RtmpTargets({
    taps: egress.supervisor,
    outputs: egress.outputs,
    streams: registry.observer,
    isGopLong: (streamId) => registry.stream(streamId)?.publisher?.ingest?.warnings.some(({ code }) => code === 'WARN_GOP_LONG') ?? false,
    targetsOf: (streamId) =>
      targetsFor(rtmp, streamId).map(({ name, url, key, encoding = 'highest' }) => ({
        name,
        url,
        key: async () => ('text' in key ? key.text : (await readFile(key.file, 'utf8')).trim()),
        encoding,
      })),
    caFile: rtmp.caFile,
    logger,
  });
}

/** Recordings of an earlier life are taken up, and streams are recorded as their policies want it. */
async function openRecordings(
  { egress: { ffmpeg, record, storage }, streams }: Config,
  { logger, host }: GatewayDeps,
  { registry, egress, claims }: { readonly registry: StreamRegistry; readonly egress: Egress; readonly claims: AsyncDisposableStack },
): Promise<Recordings> {
  const folder = resolve(record.directory);
  return Recordings.open({
    folder,
    isShared: !claim(folder, claims, logger),
    path: record.path,
    format: record.format,
    faststart: record.faststart,
    limits: { durationMs: record.partDurationMs, bytes: record.partBytes },
    minFreeBytes: storage.minFreeBytes,
    retention: { maxAgeMs: storage.maxAgeMs, maxBytes: storage.maxBytes },
    upload: storage.s3 === undefined ? undefined : { ...storage.s3, store: await S3Store.open(storage.s3) },
    ffmpeg: host.findProgram(ffmpeg),
    taps: egress.supervisor,
    outputs: egress.outputs,
    registry,
    policyOf: (streamId) => policyFor(streams, streamId).record,
    logger,
  });
}

interface RequestedDeps extends Pick<RtmpDeps, 'egress' | 'registry'> {
  readonly hls: HlsEgress;
  readonly rtmp: RtmpTargets;
  readonly recordings: Recordings;
  readonly claims: AsyncDisposableStack;
}

/** What operators have asked for in an earlier life, and will ask for in this one. */
function openRequested(
  { egress: { stateDirectory }, streams }: Config,
  { logger }: GatewayDeps,
  { egress: { outputs }, claims, ...parts }: RequestedDeps,
): RequestedOutputs {
  const folder = stateDirectory === undefined ? undefined : resolve(stateDirectory);
  return new RequestedOutputs({
    ...parts,
    outputs,
    store: folder === undefined || !claim(folder, claims, logger) ? undefined : new RequestStore({ folder, logger }),
    graceMsOf: (streamId) => policyFor(streams, streamId).graceMs,
    logger,
  });
}

/** Whether what an earlier life has left in a folder is ours to take up: not where another gateway works in it. */
function claim(folder: string, claims: AsyncDisposableStack, logger: Logger): boolean {
  const claimed = claims.use(claimFolder(folder, runFolder));
  if (claimed === undefined)
    logger.warn({ folder }, 'another gateway works in this folder: what is left there from earlier is not taken up');
  return claimed !== undefined;
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
