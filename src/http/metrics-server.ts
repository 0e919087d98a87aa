import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createNodeServer } from './node-server.ts';
import type { MetricsText } from './status-routes.ts';

/** Serves nothing but `/metrics`, to whoever reaches the port. Rejects as `listen` does. */
export async function openMetricsServer(
  metrics: MetricsText,
  { host, port }: { readonly host: string; readonly port: number },
): Promise<AsyncDisposable & { readonly port: number }> {
  const server = createNodeServer(
    (request, response) => {
      const isKnown = request.url?.split('?', 1)[0] === '/metrics' && (request.method === 'GET' || request.method === 'HEAD');
      if (!isKnown) return void response.writeHead(404).end();
      metrics.render().then(
        (text) => response.writeHead(200, { 'Content-Type': metrics.contentType, 'Cache-Control': 'no-store' }).end(text),
        () => response.writeHead(500).end(),
      );
    },
    { tls: undefined, maxConnections: 100 },
  );
  server.listen(port, host);
  await once(server, 'listening');
  const address: AddressInfo | string | null = server.address();
  return {
    port: typeof address === 'object' ? (address?.port ?? port) : port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
