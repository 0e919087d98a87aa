import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from 'fastify';
import { GatewayError } from '../errors.ts';
import { preflightHeaders } from './cors.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE'] as const satisfies readonly HTTPMethods[];

/** Adds to the answer to an OPTIONS request that is no preflight. */
export type DescribeResource = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/**
 * Completes a URL whose handlers are `allowed`: OPTIONS says so, and every other method gets 405 with `Allow` (RFC 9110 §15.5.6).
 *
 * OPTIONS is 200 rather than 204, with or without the headers of a preflight (RFC 9725 §4.2), and needs no credentials.
 */
export function reserveMethods(
  app: FastifyInstance,
  url: string,
  allowed: readonly (typeof methods)[number][],
  describe?: DescribeResource,
): void {
  const allow = [...allowed, 'OPTIONS'].join(', ');
  app.options(url, async (request, reply) => {
    const isPreflight = request.headers['access-control-request-method'] !== undefined;
    if (!isPreflight) await describe?.(request, reply);
    return reply.headers({ ...preflightHeaders, Allow: allow }).send();
  });
  app.route({
    url,
    method: methods.filter((method) => !allowed.includes(method)),
    handler: async (request, reply) => {
      reply.header('Allow', allow);
      throw new GatewayError('ERR_METHOD_NOT_ALLOWED', `${request.method} does nothing here; use one of ${allow}.`);
    },
  });
}
