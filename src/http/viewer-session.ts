import type { FastifyRequest } from 'fastify';
import { GatewayError } from '../errors.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import { parseStreamId } from '../streams/stream-id.ts';
import { SubscribeSession } from '../streams/subscribe-session.ts';

/** A request to what lies below the URL of a WHEP session. */
export type ViewerRequest = FastifyRequest<{ Params: { stream: string; session: string } }>;

/** The viewer whose session URL a request's URL begins with. Throws `ERR_SESSION_NOT_FOUND`. */
export function viewerOf(registry: StreamRegistry, { params }: ViewerRequest): SubscribeSession {
  const session = registry.find('subscribe', parseStreamId(params.stream), params.session);
  if (session instanceof SubscribeSession) return session;
  throw new GatewayError('ERR_SESSION_NOT_FOUND', 'There is no such session, or it has ended.');
}
