import { EventEmitter } from 'node:events';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server as TlsServer } from 'node:tls';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { Thumbnails } from '../egress/thumbnail/thumbnails.ts';
import type { ErrorCode } from '../errors.ts';
import { operatorApi, type OperatorDeps } from './api/operator-api.ts';
import { allowOrigin, type AllowedOrigins } from './cors.ts';
import { whepEndpoint, whipEndpoint, type SignallingDeps } from './endpoints.ts';
import { isOurFault, refuseUnknownUrl, replyWithError, toGatewayError } from './error-reply.ts';
import { eventResource } from './event-resource.ts';
import { translateForwarded } from './forwarded.ts';
import { Gate, type GateOptions } from './gate.ts';
import { hlsRoutes, type HlsRouteDeps } from './hls/hls-routes.ts';
import { thumbnailRoute } from './hls/thumbnail-route.ts';
import { layerResource } from './layer-resource.ts';
import { createNodeServer } from './node-server.ts';
import { pages } from './pages.ts';
import { publisherWarnings } from './publisher-warnings.ts';
import { sessionResource, type SessionDeps } from './session-resource.ts';
import { statusRoutes, type StatusDeps } from './status-routes.ts';
import { readTlsPair, watchTlsPair, type TlsFileNames } from './tls-files.ts';
import { inTurns, Turns } from './turns.ts';

/** What the HTTP edge works with. */
export interface HttpDeps extends Omit<
  SignallingDeps & StatusDeps & SessionDeps & OperatorDeps & GateOptions,
  'isDraining' | 'gate' | 'kind' | 'allowedOrigins'
> {
  /** Whether `/api` is there. Default true. */
  readonly servesApi?: boolean | undefined;
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** How many proxies in front to believe, counted from here. Default 0. */
  readonly proxies?: number | undefined;
  /** Default: plain HTTP. */
  readonly tls?: TlsFileNames | undefined;
  /** Default: any number. */
  readonly maxConnections?: number | undefined;
  /** Default: all. */
  readonly allowedOrigins?: AllowedOrigins | undefined;
  /** What is served as HLS; undefined: nothing is. */
  readonly hls?: HlsRouteDeps['hls'] | undefined;
  /** Small pictures of streams; undefined: there are none. */
  readonly thumbnails?: Thumbnails | undefined;
  /** Folder with the built pages; undefined: there are none. */
  readonly webRoot: string | undefined;
}

/** One answered request, with labels that are bounded: the route's template, never the URL. */
export interface Exchange {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

/** What the HTTP edge tells strangers; `refused`: with the code of the error. */
export type HttpEvents = { responded: [Exchange]; refused: [{ readonly code: ErrorCode }] };

/** The listening HTTP port. */
export interface HttpServer {
  readonly app: FastifyInstance;
  readonly address: { readonly host: string; readonly port: number };
  readonly observer: EventEmitter<HttpEvents>;
  /** New sessions get 503 and `/readyz` says so; what exists goes on. */
  drain(): void;
  close(): Promise<void>;
}

/** Builds the routes and listens. Rejects as `listen` does, for example with `EADDRINUSE`, and with `ERR_CONFIG_INVALID`. */
export async function openHttpServer(options: HttpDeps): Promise<HttpServer> {
  const { host, port, allowedOrigins = ['*'], logger, hls, thumbnails, webRoot } = options;
  const observer = new EventEmitter<HttpEvents>();
  let draining = false;
  const isDraining = (): boolean => draining;
  const gate = new Gate(options, isDraining);
  const turns = new Turns();
  const deps = { ...options, allowedOrigins, gate, isDraining, turns };

  const app = buildApp(deps, observer);
  reportExchanges(app, { logger, observer });
  await app.register(async (scope) => whipEndpoint(scope, deps));
  await app.register(async (scope) => whepEndpoint(scope, deps));
  await app.register(async (scope) => sessionResource(scope, { ...deps, kind: 'publish' }));
  await app.register(async (scope) => sessionResource(scope, { ...deps, kind: 'subscribe' }));
  await app.register(async (scope) => layerResource(scope, deps));
  await app.register(async (scope) => eventResource(scope, deps));
  await app.register(async (scope) => publisherWarnings(scope, deps));
  if (hls !== undefined) await app.register(async (scope) => hlsRoutes(scope, { hls, gate, logger, turns }));
  if (thumbnails !== undefined) await app.register(async (scope) => thumbnailRoute(scope, { ...deps, thumbnails }));
  await app.register(async (scope) => statusRoutes(scope, deps));
  if (options.servesApi ?? true) await app.register(async (scope) => operatorApi(scope, deps));
  if (webRoot !== undefined) await app.register(pages, { root: webRoot, gate });
  const certificate = followCertificate(app, deps);
  await app.listen({ host, port });

  return {
    app,
    address: { host, port: boundPort(app.server.address()) ?? port },
    observer,
    drain: () => {
      draining = true;
    },
    close: async () => {
      certificate?.[Symbol.dispose]();
      await app.close();
    },
  };
}

type Wiring = HttpDeps & { readonly allowedOrigins: AllowedOrigins; readonly turns: Turns };

/** The library with our errors, CORS on every answer, no request logs of its own (its URLs hold session secrets), unread bodies. */
function buildApp(
  { proxies = 0, tls, requireTls = false, maxConnections, allowedOrigins, logger, turns }: Wiring,
  observer: EventEmitter<HttpEvents>,
): FastifyInstance {
  const refuse = refuser(logger, observer);
  const app = fastify({
    // Each proxy appends the address that it sees, so what stands before those is the client's own claim.
    trustProxy: proxies === 0 ? false : (_address: string, hop: number) => hop < proxies,
    forceCloseConnections: true,
    return503OnClosing: false,
    serverFactory: (listener) =>
      createNodeServer(inTurns(proxies === 0 ? listener : withForwarded(listener), '/hls/', turns), {
        tls: tls === undefined ? undefined : readTlsPair(tls),
        maxConnections,
      }),
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: (error, request, reply) => {
      allowOrigin(request, reply, allowedOrigins);
      refuse(error, request, reply);
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => {
    done(null);
  });
  app.addHook('onRequest', async (request, reply) => {
    allowOrigin(request, reply, allowedOrigins);
    if (requireTls) reply.header('Strict-Transport-Security', 'max-age=31536000');
  });
  app.setNotFoundHandler(refuseUnknownUrl);
  app.setErrorHandler(refuse);
  return app;
}

/** Answers what was thrown, logs it once, and tells strangers its code. */
function refuser(logger: Logger, observer: EventEmitter<HttpEvents>) {
  return (thrown: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const error = toGatewayError(thrown);
    const { method, routeOptions, params, ip: address } = request;
    const facts = { code: error.code, method, route: routeOptions.url, streamId: streamIn(params), address, ...error.details };
    if (isOurFault(error)) logger.error({ ...facts, err: error }, 'request failed');
    else logger.info({ ...facts, reason: error.message }, 'request refused');
    observer.emit('refused', { code: error.code });
    return replyWithError(error, reply);
  };
}

function withForwarded(listener: RequestListener): RequestListener {
  return (request, response) => {
    translateForwarded(request.headers);
    listener(request, response);
  };
}

function followCertificate({ server }: FastifyInstance, { tls, logger }: HttpDeps): Disposable | undefined {
  if (tls === undefined || !(server instanceof TlsServer)) return undefined;
  return watchTlsPair(tls, logger, (pair) => server.setSecureContext(pair));
}

/** Tells each exchange to the observer and, at debug level, to the log: the route's template, because a session URL is a secret. */
function reportExchanges(app: FastifyInstance, { logger, observer }: { logger: Logger; observer: EventEmitter<HttpEvents> }): void {
  app.addHook('onResponse', async ({ method, routeOptions, params }, reply) => {
    const exchange = { method, route: routeOptions.url ?? 'none', status: reply.statusCode, durationMs: reply.elapsedTime };
    observer.emit('responded', exchange);
    logger.debug({ ...exchange, streamId: streamIn(params) }, 'http exchange');
  });
}

function streamIn(params: unknown): string | undefined {
  const stream = typeof params === 'object' && params !== null && 'stream' in params ? params.stream : undefined;
  return typeof stream === 'string' ? stream : undefined;
}

function boundPort(address: AddressInfo | string | null): number | undefined {
  return typeof address === 'object' ? address?.port : undefined;
}
