import { basename } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import Type from 'typebox';
import { mediaTypeOf, type Recording } from '../../egress/record/recording.ts';
import type { Recordings } from '../../egress/record/recordings.ts';
import { GatewayError } from '../../errors.ts';
import { parseStreamId } from '../../streams/stream-id.ts';
import type { Gate } from '../gate.ts';
import { reserveMethods } from '../reserve-methods.ts';
import { doneReply, problemReply } from './openapi.ts';
import { recordingPageSchema, recordingParams, recordingSchema, recordingsQuery } from './recording-schemas.ts';
import { viewRecording } from './recording-view.ts';

/** What the routes work with. */
export interface RecordingRouteDeps {
  readonly recordings: Recordings;
  readonly gate: Gate;
  readonly logger: Logger;
}

const listUrl = '/api/v1/recordings';
const itemUrl = `${listUrl}/:id`;
const fileUrl = `${itemUrl}/file`;
const tags = ['recordings'];

/** `/api/v1/recordings`: what was recorded, as a list and as files. */
export async function recordingRoutes(app: FastifyInstance, deps: RecordingRouteDeps): Promise<void> {
  readRoutes(app, deps);
  deleteRoute(app, deps);
  await fileRoute(app, deps);
  reserveMethods(app, listUrl, ['GET', 'HEAD']);
  reserveMethods(app, itemUrl, ['GET', 'HEAD', 'DELETE']);
  reserveMethods(app, fileUrl, ['GET', 'HEAD']);
}

function readRoutes(app: FastifyInstance, { recordings, gate }: RecordingRouteDeps): void {
  const onRequest = gate.guard({ action: 'operate' });
  const api = app.withTypeProvider<TypeBoxTypeProvider>();
  const view = (recording: Recording) => viewRecording(recording, recordings.uploadOf(recording.id));

  const list = {
    tags,
    operationId: 'listRecordings',
    summary: 'What was recorded and is being recorded, newest first; one entry is one file.',
    querystring: recordingsQuery,
    response: { 200: recordingPageSchema },
  };
  api.get(listUrl, { schema: list, onRequest }, async ({ query: { stream, from, until, state, after, limit } }) => {
    const streamId = stream === undefined ? undefined : parseStreamId(stream);
    const page = recordings.catalogue.list({ streamId, state, from: timeIn(from), until: timeIn(until), after, limit });
    return { recordings: page.recordings.map(view), ...(page.next === undefined ? {} : { next: page.next }) };
  });

  const read = {
    tags,
    operationId: 'readRecording',
    summary: 'One recording.',
    params: recordingParams,
    response: { 200: recordingSchema, 404: problemReply },
  };
  api.get(itemUrl, { schema: read, onRequest }, async ({ params }) => view(recordings.catalogue.get(params.id)));
}

function deleteRoute(app: FastifyInstance, { recordings, gate, logger }: RecordingRouteDeps): void {
  const schema = {
    tags,
    operationId: 'deleteRecording',
    summary: 'Deletes a recording here; what a bucket has confirmed stays there.',
    params: recordingParams,
    response: { 204: doneReply, 404: problemReply, 409: { ...problemReply, description: 'It is still being written.' } },
  };
  const api = app.withTypeProvider<TypeBoxTypeProvider>();
  api.delete(itemUrl, { schema, onRequest: gate.guard({ action: 'operate' }) }, async (request, reply) => {
    const { id: recordingId, streamId, path } = await recordings.remove(request.params.id);
    logger.info({ audit: 'delete', recordingId, streamId, path, operatorAddress: request.ip }, 'recording deleted by an operator');
    return reply.code(204).send(null);
  });
}

/** With ranges, so that players can seek; they send no headers of their own, so the token may stand in the URL. */
async function fileRoute(app: FastifyInstance, { recordings, gate }: RecordingRouteDeps): Promise<void> {
  await app.register(fastifyStatic, { root: recordings.catalogue.folder, serve: false, cacheControl: false });
  const schema = {
    tags,
    operationId: 'readRecordingFile',
    summary: 'The file itself, or a range of it.',
    description: 'Takes `Range`. A token may stand in `access_token` of the query, because `<video>` and downloads send no header.',
    params: recordingParams,
    response: {
      200: { description: 'The file.', content: { 'video/*': { schema: Type.String() } } },
      206: { description: 'The range of it.', content: { 'video/*': { schema: Type.String() } } },
      404: { ...problemReply, description: 'There is no such recording, or only a bucket has it.' },
      409: { ...problemReply, description: 'It is still being written.' },
    },
  };
  const options = { schema, onRequest: gate.guard({ action: 'operate', tokenInQuery: true }) };
  app.get(fileUrl, options, async (request: FastifyRequest<{ Params: { id: string } }>, reply) => {
    const recording = recordings.catalogue.get(request.params.id);
    refuseUnreadable(recording);
    reply.headers({
      'Content-Type': mediaTypeOf[recording.container],
      'Content-Disposition': `inline; filename="${basename(recording.path)}"`,
      'X-Content-Type-Options': 'nosniff',
    });
    return reply.sendFile(recording.path);
  });
}

function refuseUnreadable({ state }: Recording): void {
  if (state === 'recording' || state === 'finishing') {
    throw new GatewayError('ERR_RECORDING_ACTIVE', 'This file is still being written. It can be had when the recording has ended.');
  }
  if (state === 'deleted') throw new GatewayError('ERR_RECORDING_MOVED', 'This file is in the bucket, and not here any more.');
}

/** Throws `ERR_REQUEST_INVALID`. */
function timeIn(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) throw new GatewayError('ERR_REQUEST_INVALID', 'A time looks like 2026-11-26T09:14:22Z.');
  return time;
}
