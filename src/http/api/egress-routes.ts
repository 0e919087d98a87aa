import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import Type from 'typebox';
import type { OutputList } from '../../egress/output-list.ts';
import type { EgressOutput } from '../../egress/output.ts';
import type { OutputWish } from '../../egress/request/requested-outputs.ts';
import { GatewayError } from '../../errors.ts';
import { parseStreamId, type StreamId } from '../../streams/stream-id.ts';
import { baseUrlOf } from '../base-url.ts';
import type { Gate } from '../gate.ts';
import { reserveMethods } from '../reserve-methods.ts';
import { egressParams, egressRequestSchema, egressSchema } from './egress-schemas.ts';
import { viewEgress } from './egress-view.ts';
import { readJson } from './json-body.ts';
import { doneReply, problemReply } from './openapi.ts';
import { streamParams } from './schemas.ts';

/** What the outputs of streams are shown, made and ended with. */
export interface EgressControl {
  readonly outputs: OutputList;
  readonly requested: {
    /**
     * Resolves when a restart would make it again. Rejects with `ERR_EGRESS_TARGET_INVALID`, `ERR_EGRESS_EXISTS`, `ERR_EGRESS_UNAVAILABLE`,
     * `ERR_LIMIT_REACHED`, `ERR_STREAM_NOT_FOUND`, `ERR_RECORDING_OFF`, `ERR_RECORDING_ACTIVE`, `ERR_HLS_DISABLED`, `ERR_CODEC_UNSUPPORTED`.
     */
    start(streamId: StreamId, wish: OutputWish): Promise<EgressOutput>;
    /** Resolves when no restart would make it again. */
    stop(output: EgressOutput): Promise<void>;
  };
}

/** What the routes work with. */
export interface EgressRouteDeps {
  readonly egress: EgressControl;
  readonly gate: Gate;
  readonly logger: Logger;
  readonly publicUrl: string | undefined;
}

const listUrl = '/api/v1/streams/:stream/egresses';
const itemUrl = `${listUrl}/:id`;
const tags = ['egresses'];

/** `/api/v1/streams/{stream}/egresses`: how a stream leaves besides WHEP. */
export function egressRoutes(app: FastifyInstance, deps: EgressRouteDeps): void {
  readRoutes(app, deps);
  startRoute(app, deps);
  stopRoute(app, deps);
  reserveMethods(app, listUrl, ['GET', 'HEAD', 'POST']);
  reserveMethods(app, itemUrl, ['GET', 'HEAD', 'DELETE']);
}

function readRoutes(app: FastifyInstance, { egress, gate }: EgressRouteDeps): void {
  const onRequest = gate.guard({ action: 'operate' });
  const api = app.withTypeProvider<TypeBoxTypeProvider>();
  const list = {
    tags,
    operationId: 'listEgresses',
    summary: 'Every output of a stream: HLS, RTMP targets, recordings.',
    params: streamParams,
    response: { 200: Type.Array(egressSchema) },
  };
  api.get(listUrl, { schema: list, onRequest }, async ({ params }) =>
    egress.outputs.list(parseStreamId(params.stream)).map((output) => viewEgress(output.report())),
  );

  const read = {
    tags,
    operationId: 'readEgress',
    summary: 'One output of a stream.',
    params: egressParams,
    response: { 200: egressSchema, 404: problemReply },
  };
  api.get(itemUrl, { schema: read, onRequest }, async ({ params }) => viewEgress(outputNamed(egress, params).report()));
}

function startRoute(app: FastifyInstance, { egress, gate, logger, publicUrl }: EgressRouteDeps): void {
  const schema = {
    tags,
    operationId: 'startEgress',
    summary: 'Makes an output: pushes the stream to an RTMP server, records it, or packages it as HLS before anybody asks.',
    description:
      'A restart of the gateway makes it again. An RTMP target stays until it is deleted; a recording and HLS until their stream ends, for which a ' +
      'restart is a publisher that is gone and has the grace time of the stream to come back.',
    params: streamParams,
    body: egressRequestSchema,
    response: {
      201: { description: 'It is there.', content: { 'application/json': { schema: egressSchema } } },
      404: { ...problemReply, description: 'To record, and for HLS: there is no such stream now, or it is not served as HLS.' },
      409: { ...problemReply, description: 'There is one of that name or kind already, or the stream is never to be recorded.' },
      422: {
        ...problemReply,
        description: 'The URL or the key of the target cannot be used, or HLS cannot carry the codec of the stream.',
      },
      503: { ...problemReply, description: 'There is no FFmpeg here, or there are too many already.' },
    },
  };
  const options = { schema, onRequest: gate.guard({ action: 'operate' }), validatorCompiler: () => () => true }; // the body is read below
  app.post(listUrl, options, async (request: FastifyRequest<{ Params: { stream: string } }>, reply) => {
    const streamId = parseStreamId(request.params.stream);
    const output = await egress.requested.start(streamId, await readJson(request, egressRequestSchema));
    logger.info(
      { audit: 'start', egress: output.id, kind: output.kind, streamId, operatorAddress: request.ip },
      'egress started by an operator',
    );
    const path = `/api/v1/streams/${streamId}/egresses/${encodeURIComponent(output.id)}`;
    return reply
      .code(201)
      .header('Location', `${baseUrlOf(request, publicUrl)}${path}`)
      .send(viewEgress(output.report()));
  });
}

function stopRoute(app: FastifyInstance, { egress, gate, logger }: EgressRouteDeps): void {
  const schema = {
    tags,
    operationId: 'stopEgress',
    summary: 'Ends an output, as it should be ended: connections are closed, files completed.',
    description: 'A target of the configuration comes back when the stream ends and begins again.',
    params: egressParams,
    response: { 204: doneReply, 404: problemReply },
  };
  const api = app.withTypeProvider<TypeBoxTypeProvider>();
  api.delete(itemUrl, { schema, onRequest: gate.guard({ action: 'operate' }) }, async (request, reply) => {
    const output = outputNamed(egress, request.params);
    const { id, kind, streamId } = output;
    logger.info({ audit: 'stop', egress: id, kind, streamId, operatorAddress: request.ip }, 'egress stopped by an operator');
    await egress.requested.stop(output);
    return reply.code(204).send(null);
  });
}

function outputNamed({ outputs }: EgressControl, { stream, id }: { readonly stream: string; readonly id: string }): EgressOutput {
  const output = outputs.find(parseStreamId(stream), id);
  if (output === undefined) throw new GatewayError('ERR_EGRESS_NOT_FOUND', 'There is no such egress, or it has ended.');
  return output;
}
