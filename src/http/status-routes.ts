import type { FastifyInstance, FastifyReply } from 'fastify';
import type { StreamRegistry } from '../streams/registry.ts';
import { reserveMethods } from './reserve-methods.ts';

/** What `/health` tells of a media worker. */
export interface WorkerHealth {
  readonly id: number;
  readonly pid: number;
  readonly port: number;
  readonly transports: number;
}

/** What the routes for operators ask. */
export interface StatusDeps {
  readonly registry: StreamRegistry;
  readonly isDraining: () => boolean;
  readonly version: string;
  /** Media workers that run and answer. */
  readonly workers: () => Promise<readonly WorkerHealth[]>;
  /** Prometheus text; undefined: `/metrics` is switched off. */
  readonly metrics: { readonly contentType: string; readonly render: () => Promise<string> } | undefined;
}

/** `/livez`, `/readyz`, `/health` and `/metrics`. */
export function statusRoutes(app: FastifyInstance, deps: StatusDeps): void {
  const { registry, metrics } = deps;
  const startedAt = performance.now();

  const route = (url: string, answer: (reply: FastifyReply) => Promise<unknown>): void => {
    app.get(url, async (_request, reply) => answer(reply.header('Cache-Control', 'no-store')));
    reserveMethods(app, url, ['GET', 'HEAD']);
  };

  const state = async () => {
    const workers = await deps.workers();
    const status = deps.isDraining() ? 'draining' : workers.length === 0 ? 'unavailable' : 'ok';
    return { status, workers } as const;
  };

  route('/livez', async () => ({ status: 'ok' }));

  route('/readyz', async (reply) => {
    const { status } = await state();
    reply.code(status === 'ok' ? 200 : 503);
    return { status };
  });

  route('/health', async () => {
    const { status, workers } = await state();
    const { streams, live, publishers, subscribers: viewers } = registry.counts();
    return {
      status,
      version: deps.version,
      uptimeSeconds: Math.floor((performance.now() - startedAt) / 1000),
      streams,
      live,
      publishers,
      viewers,
      workers: workers.map(({ id, pid, port, transports }) => ({ id, pid, port, transports })),
      contested: registry.reports().flatMap(({ streamId, contestedUntil: until }) => (until === undefined ? [] : [{ streamId, until }])),
    };
  });

  if (metrics !== undefined) {
    route('/metrics', async (reply) => {
      reply.type(metrics.contentType);
      return metrics.render();
    });
  }
}
