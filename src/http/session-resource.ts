import type { FastifyInstance, FastifyRequest } from 'fastify';
import { GatewayError } from '../errors.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import type { SessionKind } from '../streams/registry-events.ts';
import type { Session } from '../streams/session.ts';
import { parseStreamId } from '../streams/stream-id.ts';
import { contentTypeOf, readBody, requireContentType } from './body.ts';
import type { Gate } from './gate.ts';
import { matchesIfMatch } from './if-match.ts';
import { reserveMethods } from './reserve-methods.ts';

type SessionRequest = FastifyRequest<{ Params: { stream: string; session: string } }>;

const fragment = 'application/trickle-ice-sdpfrag';
const sdp = 'application/sdp';

/** What a session's URL works with. */
export interface SessionDeps {
  readonly registry: StreamRegistry;
  readonly kind: SessionKind;
  readonly gate: Gate;
  /** Longest body, in bytes. Default 64 KiB. */
  readonly bodyBytes?: number | undefined;
  /** Refuse a PATCH without `If-Match`, as RFC 9725 §4.3.1 says; else it counts as made for the present tag. Default true. */
  readonly strictEtag?: boolean | undefined;
}

/** `/whip/{stream}/{session}` or `/whep/{stream}/{session}`: trickle ICE, ICE restart, end (RFC 9725 §4.2, §4.3; WHEP §4.4, §4.5). */
export function sessionResource(app: FastifyInstance, { registry, kind, gate, bodyBytes, strictEtag = true }: SessionDeps): void {
  const url = `${kind === 'publish' ? '/whip' : '/whep'}/:stream/:session`;
  const guarded = { onRequest: gate.guard({ action: kind === 'publish' ? 'publish' : 'play', session: 'uses' }) };
  const sessionOf = ({ params }: SessionRequest): Session => registry.find(kind, parseStreamId(params.stream), params.session);

  app.addHook('onRequest', async (_request, reply) => {
    reply.header('Accept-Patch', kind === 'subscribe' ? `${fragment}, ${sdp}` : fragment);
  });

  app.patch(url, guarded, async (request: SessionRequest, reply) => {
    const session = sessionOf(request);
    if (kind === 'subscribe' && contentTypeOf(request) === sdp) {
      await session.accept(await readBody(request, bodyBytes));
      return reply.code(204).send();
    }
    requireContentType(request, fragment);
    const fragmentText = await readBody(request, bodyBytes);
    const restarted = await session.patch(fragmentText, (etag) => {
      const ifMatch = request.headers['if-match'];
      if (ifMatch === undefined && strictEtag)
        throw new GatewayError('ERR_ETAG_REQUIRED', 'Send If-Match with the ETag of the last answer.');
      return matchesIfMatch(ifMatch, etag);
    });
    if (restarted === undefined) return reply.code(204).send();
    return reply.code(200).header('ETag', restarted.etag).type(fragment).send(restarted.fragmentText);
  });

  // If-Match is ignored: a client that wants to leave may (RFC 9725 §4.3.1).
  app.delete(url, guarded, async (request: SessionRequest, reply) => {
    sessionOf(request).close('deleted');
    return reply.code(200).send();
  });

  app.route({
    url,
    method: ['GET', 'HEAD'], // both, so that no HEAD route of the library's own adds a Content-Length to the 204
    ...guarded,
    handler: async (request: SessionRequest, reply) => {
      sessionOf(request);
      return reply.code(204).send();
    },
  });

  reserveMethods(app, url, ['GET', 'HEAD', 'PATCH', 'DELETE']);
}
