import type { FastifyInstance, FastifyReply, FastifyRequest, RouteShorthandOptions } from 'fastify';
import type { StreamRegistry } from '../streams/registry.ts';
import { requireNamedOrigin, type AllowedOrigins } from './cors.ts';
import type { Gate } from './gate.ts';
import { reserveMethods } from './reserve-methods.ts';

/** What `/health` tells of a media worker. */
export interface WorkerHealth {
  readonly id: number;
  readonly pid: number;
  readonly port: number;
  /** False: it hangs, and gets no sessions. */
  readonly answers: boolean;
  /** Share of a core that it uses now. */
  readonly cpuShare: number;
  readonly publishers: number;
  readonly viewers: number;
  /** Estimate of how many more viewers fit on it. */
  readonly moreViewers: number;
}

/** Prometheus text, and how to get it. */
export interface MetricsText {
  readonly contentType: string;
  readonly render: () => Promise<string>;
}

/** What the routes for operators ask. */
export interface StatusDeps {
  readonly registry: StreamRegistry;
  readonly gate: Gate;
  readonly isDraining: () => boolean;
  readonly version: string;
  /** Media workers that run, as last looked at. */
  readonly loads: () => readonly WorkerHealth[];
  /** What `/metrics` shows; undefined: it is switched off, or elsewhere. */
  readonly metrics: MetricsText | undefined;
  readonly allowedOrigins: AllowedOrigins;
}

type Answer = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** `/livez`, `/readyz`, `/health` and `/metrics`; what is more than a status needs the operator's grant. */
export function statusRoutes(app: FastifyInstance, deps: StatusDeps): void {
  const { registry, metrics, gate } = deps;
  const operate = { action: 'operate', tokenInQuery: true } as const;
  const forOperators = { onRequest: gate.guard(operate) };
  const startedAt = performance.now();
  const stateOf = stateReader(deps);
  requireNamedOrigin(app, deps.allowedOrigins);

  const route = (url: string, answer: Answer, options: RouteShorthandOptions = {}): void => {
    app.get(url, options, async (request, reply) => answer(request, reply.header('Cache-Control', 'no-store')));
    reserveMethods(app, url, ['GET', 'HEAD']);
  };

  route('/livez', async () => ({ status: 'ok' }));

  route('/readyz', async (_request, reply) => {
    const { status } = stateOf();
    reply.code(status === 'ok' ? 200 : 503);
    return { status };
  });

  route(
    '/health',
    async (request, reply) => {
      const { status, workers } = stateOf();
      if (!(await gate.allows(request, reply, { ...operate, streamId: undefined }))) return { status };
      const { streams, live, publishers, subscribers: viewers } = registry.counts();
      return {
        status,
        version: deps.version,
        uptimeSeconds: Math.floor((performance.now() - startedAt) / 1000),
        streams,
        live,
        publishers,
        viewers,
        workers: workers.map(viewWorker),
        contested: registry.reports().flatMap(({ streamId, contestedUntil: until }) => (until === undefined ? [] : [{ streamId, until }])),
      };
    },
    { onRequest: gate.admit },
  );

  if (metrics !== undefined) {
    route(
      '/metrics',
      async (_request, reply) => {
        reply.type(metrics.contentType);
        return metrics.render();
      },
      forOperators,
    );
  }
}

function viewWorker({ id, pid, port, answers, cpuShare, publishers, viewers, moreViewers }: WorkerHealth): WorkerHealth {
  return { id, pid, port, answers, cpuShare: Number(cpuShare.toFixed(3)), publishers, viewers, moreViewers };
}

/** Asks no worker: these routes are open to everybody, and a worker that hangs would not answer. */
function stateReader({ loads, isDraining }: StatusDeps) {
  return () => {
    const workers = loads();
    const status = isDraining() ? 'draining' : workers.some(({ answers }) => answers) ? 'ok' : 'unavailable';
    return { status, workers } as const;
  };
}
