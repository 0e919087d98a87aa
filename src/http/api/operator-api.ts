import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { Logger } from 'pino';
import Type from 'typebox';
import type { Recordings } from '../../egress/record/recordings.ts';
import type { Thumbnails } from '../../egress/thumbnail/thumbnails.ts';
import { GatewayError } from '../../errors.ts';
import type { StreamRegistry } from '../../streams/registry.ts';
import type { SessionInfo } from '../../streams/registry-events.ts';
import type { Stream } from '../../streams/stream.ts';
import { reportSession, reportStream, type StreamReport } from '../../streams/stream-report.ts';
import { parseStreamId } from '../../streams/stream-id.ts';
import { requireNamedOrigin, type AllowedOrigins } from '../cors.ts';
import type { Gate } from '../gate.ts';
import { reserveMethods } from '../reserve-methods.ts';
import { egressRoutes, type EgressControl } from './egress-routes.ts';
import { tapRoute, type TapSource } from './tap-route.ts';
import { eventRoutes } from './event-routes.ts';
import { type NodeFacts, viewNode, type WorkerHoldings, type WorkerLoad } from './node-view.ts';
import { describeApi, doneReply, problemReply } from './openapi.ts';
import { recordingRoutes } from './recording-routes.ts';
import { nodeSchema, sessionParams, sessionSchema, sessionsQuery, streamDetailSchema, streamParams, streamSchema } from './schemas.ts';
import { viewSession, viewStream, viewStreamDetail } from './views.ts';
import { visibleStreams } from './visible-streams.ts';

/** What the operator API works with. */
export interface OperatorDeps {
  readonly registry: StreamRegistry;
  readonly version: string;
  readonly isDraining: () => boolean;
  /** How busy the media workers are, as last looked at. */
  readonly loads: () => readonly WorkerLoad[];
  readonly workers: () => Promise<readonly WorkerHoldings[]>;
  readonly node: NodeFacts;
  readonly logger: Logger;
  readonly gate: Gate;
  readonly allowedOrigins: AllowedOrigins;
  /** Base URL that clients use; undefined: taken from each request. */
  readonly publicUrl: string | undefined;
  /** Undefined: nothing leaves but by WHEP. */
  readonly egress?: EgressControl | undefined;
  /** How streams are handed to FFmpeg; undefined: they are not. */
  readonly taps?: TapSource | undefined;
  /** Small pictures of streams; undefined: there are none. */
  readonly thumbnails?: Pick<Thumbnails, 'possible'> | undefined;
  /** What was recorded; undefined: nothing is. */
  readonly recordings?: Recordings | undefined;
}

/** `/api/v1/…`: what runs here, and ends it on request. Described at `/api/v1/openapi.json`. */
export async function operatorApi(app: FastifyInstance, deps: OperatorDeps): Promise<void> {
  const { version, gate, allowedOrigins } = deps;
  requireNamedOrigin(app, allowedOrigins);
  app.addHook('onRequest', async (_request, reply) => {
    reply.header('Cache-Control', 'no-store');
  });
  await describeApi(app, { version, ...forOperators(gate) });
  streamRoutes(app, deps);
  sessionRoutes(app, deps);
  nodeRoute(app, deps);
  eventRoutes(app, { ...deps, outputs: deps.egress?.outputs });
  if (deps.egress !== undefined) egressRoutes(app, { ...deps, egress: deps.egress });
  if (deps.taps !== undefined) tapRoute(app, { taps: deps.taps, gate });
  const { recordings } = deps;
  if (recordings !== undefined) await recordingRoutes(app, { ...deps, recordings });
}

/** What every route here takes, but the list of streams. */
function forOperators(gate: Gate): { readonly onRequest: onRequestAsyncHookHandler } {
  return { onRequest: gate.guard({ action: 'operate' }) };
}

function streamRoutes(app: FastifyInstance, { registry, logger, gate, thumbnails }: OperatorDeps): void {
  const guarded = forOperators(gate);
  const api = app.withTypeProvider<TypeBoxTypeProvider>();
  const tags = ['streams'];
  const streamNamed = (name: string): Stream => {
    const stream = registry.stream(parseStreamId(name));
    if (stream === undefined) throw new GatewayError('ERR_STREAM_NOT_FOUND', 'There is no such stream now.');
    return stream;
  };

  const list = {
    tags,
    operationId: 'listStreams',
    summary: 'Every stream that is live or waits for its publisher; for those who are no operators, what they may watch.',
    response: { 200: Type.Array(streamSchema) },
  };
  api.get('/api/v1/streams', { schema: list, onRequest: gate.admit }, async (request, reply) =>
    Promise.all(
      (await visibleStreams(request, reply, { gate, registry })).map(async (report) =>
        viewStream(report, await hasThumbnail(report, thumbnails)),
      ),
    ),
  );
  reserveMethods(app, '/api/v1/streams', ['GET', 'HEAD']);

  const url = '/api/v1/streams/:stream';
  const read = {
    tags,
    operationId: 'readStream',
    summary: 'One stream: its publisher, what arrives, and what is wrong with it.',
    params: streamParams,
    response: { 200: streamDetailSchema, 404: problemReply },
  };
  api.get(url, { schema: read, ...guarded }, async ({ params }) => {
    const stream = streamNamed(params.stream);
    const { publisher } = stream;
    return viewStreamDetail(reportStream(stream), publisher === undefined ? undefined : await reportSession(publisher));
  });

  const kick = {
    tags,
    operationId: 'kickPublisher',
    summary: 'Ends the publisher. Most encoders come back at once: take their right to publish away first.',
    params: streamParams,
    response: { 204: doneReply, 404: problemReply },
  };
  api.delete(url, { schema: kick, ...guarded }, async (request, reply) => {
    const { publisher } = streamNamed(request.params.stream);
    if (publisher === undefined) throw new GatewayError('ERR_SESSION_NOT_FOUND', 'The stream has no publisher now.');
    audit(logger, request, registry.kick(publisher.id));
    return reply.code(204).send(null);
  });
  reserveMethods(app, url, ['GET', 'HEAD', 'DELETE']);
}

function sessionRoutes(app: FastifyInstance, { registry, logger, gate }: OperatorDeps): void {
  const guarded = forOperators(gate);
  const api = app.withTypeProvider<TypeBoxTypeProvider>();
  const tags = ['sessions'];

  const list = {
    tags,
    operationId: 'listSessions',
    summary: 'Every publisher and viewer. Asks the media workers about each, so it is not for polling many times a second.',
    querystring: sessionsQuery,
    response: { 200: Type.Array(sessionSchema) },
  };
  api.get('/api/v1/sessions', { schema: list, ...guarded }, async ({ query: { stream } }) => {
    const reports = await registry.sessions(stream === undefined ? undefined : parseStreamId(stream));
    return reports.map(viewSession);
  });
  reserveMethods(app, '/api/v1/sessions', ['GET', 'HEAD']);

  const kick = {
    tags,
    operationId: 'kickSession',
    summary: 'Ends a publisher or a viewer, with a DTLS alert. Most clients come back at once: take their right away first.',
    params: sessionParams,
    response: { 204: doneReply, 404: problemReply },
  };
  api.delete('/api/v1/sessions/:id', { schema: kick, ...guarded }, async (request, reply) => {
    audit(logger, request, registry.kick(request.params.id));
    return reply.code(204).send(null);
  });
  reserveMethods(app, '/api/v1/sessions/:id', ['DELETE']);
}

function nodeRoute(app: FastifyInstance, { version, isDraining, loads, workers, node, gate }: OperatorDeps): void {
  const guarded = forOperators(gate);
  const read = {
    tags: ['node'],
    operationId: 'readNode',
    summary: 'This gateway: version, workers, and the limits of its machine.',
    response: { 200: nodeSchema },
  };
  app.withTypeProvider<TypeBoxTypeProvider>().get('/api/v1/node', { schema: read, ...guarded }, async () =>
    viewNode({
      version,
      draining: isDraining(),
      facts: node,
      loads: loads(),
      workers: await workers(),
      process: {
        nodeVersion: process.version,
        uptimeSeconds: process.uptime(),
        memoryBytes: process.memoryUsage.rss(),
        cpu: process.cpuUsage(),
      },
    }),
  );
  reserveMethods(app, '/api/v1/node', ['GET', 'HEAD']);
}

/** Whether there is a picture to show beside its name. */
async function hasThumbnail({ streamId, tracks }: StreamReport, thumbnails: OperatorDeps['thumbnails']): Promise<boolean> {
  return thumbnails !== undefined && tracks.some(({ kind }) => kind === 'video') && thumbnails.possible(streamId);
}

/** Who ended whom: the line to look for when somebody complains. */
function audit(logger: Logger, { ip }: FastifyRequest<{ Params: unknown }>, { id, kind, streamId }: SessionInfo): void {
  logger.info({ audit: 'kick', sessionId: id, kind, streamId, operatorAddress: ip }, 'session kicked by an operator');
}
