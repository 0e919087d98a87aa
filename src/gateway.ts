import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { exampleUrls, renderBanner, switchedOff, warnings, type BannerFacts } from './banner.ts';
import { policyFor, type Config } from './config/config.ts';
import type { Host } from './config/host.ts';
import { listenAddresses } from './config/listen-addresses.ts';
import { version } from './config/version.ts';
import { judgeReach } from './doctor/findings.ts';
import { probeCandidates } from './doctor/reach.ts';
import { openHttpServer, type HttpServer } from './http/server.ts';
import type { MediaEngine } from './media/engine.ts';
import { openEngine } from './media/mediasoup-engine.ts';
import { socketBufferBytes } from './media/worker-pool.ts';
import { openMetrics } from './metrics/metrics.ts';
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
  readonly registry: StreamRegistry;
  readonly engine: MediaEngine;
  /** Ends every session, refuses new ones, and frees everything. Idempotent. */
  close(): Promise<void>;
}

/** The built pages, from `src/` and `dist/` alike. */
const webRoot = fileURLToPath(new URL('../dist/web', import.meta.url));

/** Builds every part and listens. What was opened is closed again when a later part fails. */
export async function openGateway(config: Config, deps: GatewayDeps): Promise<Gateway> {
  const { logger, host } = deps;
  await using opened = new AsyncDisposableStack();
  const listen = listenAddresses(config.rtc, host.interfaces);
  const mediaAddresses = listen.map(({ ip, announcedAddress }) => announcedAddress ?? ip);
  const { workers, port, tcp } = config.rtc;
  const engine = opened.use(await openEngine({ workerBin: undefined, workers, port, tcp, listen, logger }));
  const registry = new StreamRegistry({ engine, logger, policyOf: (streamId) => policyFor(config.streams, streamId) });
  opened.defer(async () => registry.close());
  const metrics = config.metrics.enabled ? openMetrics({ registry, engine }) : undefined;
  const hasPages = existsSync(webRoot);
  const http = await openHttpServer({
    ...config.http,
    registry,
    metrics,
    version,
    workers: async () => engine.workers(),
    node: { ...host, mediaAddresses, wantedSocketBufferBytes: socketBufferBytes },
    webRoot: hasPages ? webRoot : undefined,
    logger,
  });
  opened.defer(async () => http.close());
  metrics?.observeHttp(http.observer);

  announce(config, deps, { version, http: http.address, mediaPorts: engine.ports, mediaAddresses, hasPages });

  if (config.rtc.announcedAddress !== undefined) void tellReach(engine, deps);

  const parts = opened.move();
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => (closing ??= shutDown({ http, registry, parts, farewellMs: deps.farewellMs ?? 1_000 }));
  return { http: http.address, registry, engine, close, [Symbol.asyncDispose]: close };
}

interface Closing {
  readonly http: HttpServer;
  readonly registry: StreamRegistry;
  readonly parts: AsyncDisposableStack;
  readonly farewellMs: number;
}

async function shutDown({ http, registry, parts, farewellMs }: Closing): Promise<void> {
  http.drain();
  registry.drain();
  const { publishers, subscribers } = registry.counts();
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
