import type { FastifyInstance, FastifyRequest } from 'fastify';
import { PublishSession } from '../streams/publish-session.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import { parseStreamId } from '../streams/stream-id.ts';
import { ingestSchema } from './api/schemas.ts';
import { viewIngest } from './api/views.ts';
import type { Gate } from './gate.ts';
import { reserveMethods } from './reserve-methods.ts';

/**
 * `GET /whip/{stream}/{session}/warnings`: tells a publisher, and nobody else, what is wrong with what it sends.
 *
 * It lies below the session URL because that is what a publisher has: the operator API may be closed to it. GET of the session URL itself
 * stays 204 (RFC 9725 §4.2).
 */
export function publisherWarnings(
  app: FastifyInstance,
  { registry, gate }: { readonly registry: StreamRegistry; readonly gate: Gate },
): void {
  const url = '/whip/:stream/:session/warnings';
  const schema = { response: { 200: ingestSchema } };
  const onRequest = gate.guard({ action: 'publish', session: 'uses' });
  app.get(url, { schema, onRequest }, async ({ params }: FastifyRequest<{ Params: { stream: string; session: string } }>, reply) => {
    const session = registry.find('publish', parseStreamId(params.stream), params.session);
    reply.header('Cache-Control', 'no-store');
    return viewIngest(session instanceof PublishSession ? session.ingest : undefined);
  });
  reserveMethods(app, url, ['GET', 'HEAD']);
}
