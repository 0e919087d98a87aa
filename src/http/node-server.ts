import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { TlsPair } from './tls-files.ts';

/** How Node's own HTTP server is set up. */
export interface NodeServerOptions {
  /** Speak HTTPS; undefined: plain HTTP. */
  readonly tls: TlsPair | undefined;
  /** More connections are closed unanswered; undefined: no limit. */
  readonly maxConnections: number | undefined;
}

/** Slow or greedy clients are cut off: times in milliseconds, sizes in bytes. */
const hardening = {
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16 * 1024,
} as const satisfies ServerOptions;

const mostHeaders = 100;

/** A server for HTTP/1.1 that does not listen yet. */
export function createNodeServer(listener: RequestListener, { tls, maxConnections }: NodeServerOptions): Server {
  const server =
    tls === undefined
      ? createServer(hardening, listener)
      : createTlsServer({ ...hardening, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: 10_000 }, listener);
  server.maxHeadersCount = mostHeaders;
  if (maxConnections !== undefined) server.maxConnections = maxConnections;
  return server;
}
