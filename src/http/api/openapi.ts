import swagger from '@fastify/swagger';
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify';
import Type from 'typebox';
import { reserveMethods } from '../reserve-methods.ts';
import { problemSchema } from './schemas.ts';

/** From now on every route of this scope that has a tag is part of `/api/v1/openapi.json`. */
export async function describeApi(
  app: FastifyInstance,
  { version, onRequest }: { readonly version: string; readonly onRequest: onRequestAsyncHookHandler },
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sluice operator API',
        description: 'What runs on a Sluice gateway, and how to end it. Publishing and watching are WHIP (RFC 9725) and WHEP.',
        version,
      },
      servers: [{ url: '/' }],
    },
    hideUntagged: true,
    convertConstToEnum: false,
  });
  app.get('/api/v1/openapi.json', { onRequest }, async (_request, reply) => reply.send(app.swagger()));
  reserveMethods(app, '/api/v1/openapi.json', ['GET', 'HEAD']);
}

/** The reply of something that was done and has nothing to tell. */
export const doneReply = Type.Null({ description: 'Done.' });

/** A failure that belongs to an operation (RFC 9457). */
export const problemReply = {
  description: 'There is no such thing, or not any more.',
  content: { 'application/problem+json': { schema: problemSchema } },
};
