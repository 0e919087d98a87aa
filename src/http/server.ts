import { EventEmitter } from 'node:events';
import type { AddressInfo } from 'node:net';
import fastify, { type FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { operatorApi, type OperatorDeps } from './api/operator-api.ts';
import { corsHeaders } from './cors.ts';
import { whepEndpoint, whipEndpoint, type SignallingDeps } from './endpoints.ts';
import { isOurFault, replyNotFound, replyWithError, toGatewayError } from './error-reply.ts';
import { pages } from './pages.ts';
import { publisherWarnings } from './publisher-warnings.ts';
import { sessionResource } from './session-resource.ts';
import { statusRoutes, type StatusDeps } from './status-routes.ts';

/** What the HTTP edge works with. */
export interface HttpDeps extends Omit<SignallingDeps & StatusDeps & OperatorDeps, 'isDraining'> {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  readonly trustProxy: boolean;
  /** Folder with the built pages; undefined: there are none. */
  readonly webRoot: string | undefined;
  readonly logger: Logger;
}

/** One answered request, with labels that are bounded: the route's template, never the URL. */
export interface Exchange {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly durationMs: number;
}

/** What the HTTP edge tells strangers. */
export type HttpEvents = { responded: [Exchange] };

/** The listening HTTP port. */
export interface HttpServer {
  readonly app: FastifyInstance;
  readonly address: { readonly host: string; readonly port: number };
  readonly observer: EventEmitter<HttpEvents>;
  /** New sessions get 503 and `/readyz` says so; what exists goes on. */
  drain(): void;
  close(): Promise<void>;
}

/** Builds the routes and listens. Rejects as `listen` does, for example with `EADDRINUSE`. */
export async function openHttpServer(deps: HttpDeps): Promise<HttpServer> {
  const { registry, logger, host, port } = deps;
  const observer = new EventEmitter<HttpEvents>();
  let draining = false;
  const isDraining = (): boolean => draining;

  const app = buildApp(deps);
  reportExchanges(app, { logger, observer });
  await app.register(async (scope) => whipEndpoint(scope, { ...deps, isDraining }));
  await app.register(async (scope) => whepEndpoint(scope, { ...deps, isDraining }));
  await app.register(async (scope) => sessionResource(scope, { registry, kind: 'publish' }));
  await app.register(async (scope) => sessionResource(scope, { registry, kind: 'subscribe' }));
  await app.register(async (scope) => publisherWarnings(scope, { registry }));
  await app.register(async (scope) => statusRoutes(scope, { ...deps, isDraining }));
  await app.register(async (scope) => operatorApi(scope, { ...deps, isDraining }));
  if (deps.webRoot !== undefined) await app.register(pages, { root: deps.webRoot });
  await app.listen({ host, port });

  return {
    app,
    address: { host, port: boundPort(app.server.address()) ?? port },
    observer,
    drain: () => {
      draining = true;
    },
    close: async () => app.close(),
  };
}

/** The library with our errors, CORS on every answer, no request logs of its own (its URLs hold session secrets), unread bodies. */
function buildApp({ trustProxy, logger }: HttpDeps): FastifyInstance {
  const app = fastify({
    trustProxy,
    forceCloseConnections: true,
    return503OnClosing: false,
    requestTimeout: 15_000,
    keepAliveTimeout: 65_000,
    http: { headersTimeout: 10_000, connectionsCheckingInterval: 5_000 },
    routerOptions: { ignoreTrailingSlash: true },
    frameworkErrors: (error, _request, reply) => {
      replyWithError(toGatewayError(error), reply.headers(corsHeaders));
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => {
    done(null);
  });
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(corsHeaders);
  });
  app.setNotFoundHandler(replyNotFound);
  app.setErrorHandler((thrown, { method, routeOptions, params }, reply) => {
    const error = toGatewayError(thrown);
    const facts = { code: error.code, method, route: routeOptions.url, streamId: streamIn(params), ...error.details };
    if (isOurFault(error)) logger.error({ ...facts, err: error }, 'request failed');
    else logger.info({ ...facts, reason: error.message }, 'request refused');
    return replyWithError(error, reply);
  });
  return app;
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
