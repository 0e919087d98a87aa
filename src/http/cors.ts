import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** On every response, so that pages can read what they need to publish and watch (conformance I05). */
const exposed = 'Location, ETag, Link, Retry-After, Accept-Post, Accept-Patch, Access-Control-Allow-Methods';

/** On answers to OPTIONS, preflight or not: clients look at the methods to learn whether trickle works. */
export const preflightHeaders = {
  'Access-Control-Allow-Methods': 'OPTIONS, GET, HEAD, POST, PATCH, DELETE',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, If-Match',
  'Access-Control-Max-Age': '86400',
};

/** Origins whose pages may use this gateway; `*`: all. Nothing here relies on cookies, so `*` gives nobody somebody else's rights. */
export type AllowedOrigins = readonly string[];

/** Sets the CORS headers of a response, errors included (conformance I06). */
export function allowOrigin({ headers }: Pick<FastifyRequest, 'headers'>, reply: FastifyReply, allowed: AllowedOrigins): void {
  reply.header('Access-Control-Expose-Headers', exposed);
  if (allowed.includes('*')) {
    reply.header('Access-Control-Allow-Origin', '*');
    return;
  }
  reply.header('Vary', 'Origin');
  const { origin } = headers;
  if (origin !== undefined && allowed.includes(origin)) reply.header('Access-Control-Allow-Origin', origin);
}

/**
 * Keeps the routes of a scope to origins that are allowed by their name.
 *
 * They may need no token on a laptop, where every page that its owner visits could otherwise look around.
 */
export function requireNamedOrigin(app: FastifyInstance, allowed: AllowedOrigins): void {
  if (!allowed.includes('*')) return;
  app.addHook('onRequest', async (request, reply) => {
    allowOrigin(
      request,
      reply.removeHeader('Access-Control-Allow-Origin'),
      allowed.filter((origin) => origin !== '*'),
    );
  });
}
