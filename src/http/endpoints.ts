import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError } from '../errors.ts';
import type { OpenRequest, StreamRegistry } from '../streams/registry.ts';
import type { Session } from '../streams/session.ts';
import { parseStreamId } from '../streams/stream-id.ts';
import { baseUrlOf } from './base-url.ts';
import { readBody, requireContentType } from './body.ts';
import { reserveMethods } from './reserve-methods.ts';

/** What WHIP and WHEP resources work with. */
export interface SignallingDeps {
  readonly registry: StreamRegistry;
  /** Base of session URLs; undefined: the request tells. */
  readonly publicUrl: string | undefined;
  /** True from the moment that the gateway shuts down. */
  readonly isDraining: () => boolean;
}

type StreamRequest = FastifyRequest<{ Params: { stream: string } }>;

const sdp = 'application/sdp';

/** `/whip/{stream}`: publish (RFC 9725 §4.2). */
export function whipEndpoint(app: FastifyInstance, deps: SignallingDeps): void {
  const url = '/whip/:stream';
  app.addHook('onRequest', advertiseSdp);
  app.post(url, async (request: StreamRequest, reply) =>
    openSession(request, reply, { ...deps, path: '/whip', open: async (offer) => deps.registry.publish(offer) }),
  );
  // A HEAD route of the library's own would add the Content-Length that a 204 must not have (RFC 9110 §8.6).
  app.route({ url, method: ['GET', 'HEAD'], handler: async (_request, reply) => reply.code(204).send() });
  reserveMethods(app, url, ['GET', 'HEAD', 'POST']);
}

/** `/whep/{stream}`: watch (WHEP §4.3). HEAD tells players that this is a WHEP URL, and GET has no body either. */
export function whepEndpoint(app: FastifyInstance, deps: SignallingDeps): void {
  const url = '/whep/:stream';
  app.addHook('onRequest', advertiseSdp);
  app.post(url, async (request: StreamRequest, reply) =>
    openSession(request, reply, { ...deps, path: '/whep', open: async (offer) => deps.registry.subscribe(offer) }),
  );
  app.get(url, async (_request, reply) => reply.type(sdp).send(''));
  reserveMethods(app, url, ['GET', 'HEAD', 'POST']);
}

interface Opening extends SignallingDeps {
  readonly path: '/whip' | '/whep';
  readonly open: (request: OpenRequest) => Promise<Session>;
}

/** Offer in, answer out. The checks stand in the order in which they win (conformance, "status decision order"). */
async function openSession(
  request: StreamRequest,
  reply: FastifyReply,
  { path, open, publicUrl, isDraining }: Opening,
): Promise<FastifyReply> {
  const streamId = parseStreamId(request.params.stream);
  if (isDraining()) throw new GatewayError('ERR_DRAINING', 'The gateway is shutting down; try again.', { retryAfterSeconds: 5 });
  requireContentType(request, sdp);
  const signal = clientGoneSignal(reply);
  const offerText = await readBody(request);
  const session = await open({ streamId, offerText, userAgent: request.headers['user-agent'] ?? '', signal });

  // A client that never gets the answer has no URL to end the session with.
  if (signal.aborted) session.close('aborted');
  else signal.addEventListener('abort', () => session.close('aborted'), { once: true });

  return reply
    .code(201)
    .headers({ Location: `${baseUrlOf(request, publicUrl)}${path}/${streamId}/${session.secret}`, ETag: session.etag })
    .type(sdp)
    .send(session.answerText);
}

/** Fires when the connection ends before the reply is written. (A request's own `close` also follows its body, so it tells nothing.) */
function clientGoneSignal({ raw }: FastifyReply): AbortSignal {
  const gone = new AbortController();
  raw.once('close', () => {
    if (!raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

async function advertiseSdp(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.header('Accept-Post', sdp);
}
