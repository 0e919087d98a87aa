import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { OpenRequest } from '../streams/open-request.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import type { Session } from '../streams/session.ts';
import { parseStreamId, type StreamId } from '../streams/stream-id.ts';
import { baseUrlOf } from './base-url.ts';
import { readBody, requireContentType } from './body.ts';
import { clientGoneSignal } from './client-gone.ts';
import { extensionLinks } from './extension-links.ts';
import type { Gate } from './gate.ts';
import { iceServerLinks, type IceServer } from './ice-servers.ts';
import { reserveMethods } from './reserve-methods.ts';

/** What WHIP and WHEP resources work with. */
export interface SignallingDeps {
  readonly registry: StreamRegistry;
  readonly gate: Gate;
  readonly logger: Logger;
  /** Base of session URLs; undefined: the request tells. */
  readonly publicUrl: string | undefined;
  /** Longest body, in bytes. Default 64 KiB. */
  readonly bodyBytes?: number | undefined;
  /** STUN and TURN servers that those who may use the endpoint are told of. Default: none. */
  readonly iceServers?: readonly IceServer[] | undefined;
  /** Base URL of the node that a POST for the stream has to go to; undefined: this one. Default: this one, always. */
  readonly redirect?: ((request: { readonly action: 'publish' | 'play'; readonly streamId: StreamId }) => string | undefined) | undefined;
}

interface Endpoint {
  readonly path: '/whip' | '/whep';
  readonly action: 'publish' | 'play';
  readonly open: (offer: OpenRequest, request: FastifyRequest) => Promise<Session>;
}

const sdp = 'application/sdp';

/** `/whip/{stream}`: publish (RFC 9725 §4.2). `/whip` publishes the one stream that the token names. */
export function whipEndpoint(app: FastifyInstance, deps: SignallingDeps): void {
  const endpoint: Endpoint = { path: '/whip', action: 'publish', open: async (offer) => deps.registry.publish(offer) };
  app.addHook('onRequest', advertiseSdp);
  for (const url of ['/whip/:stream', '/whip']) {
    app.route({
      url,
      method: ['GET', 'HEAD'], // a HEAD route of the library's own would add the Content-Length that a 204 must not have (RFC 9110 §8.6)
      onRequest: deps.gate.guard(endpoint),
      handler: async (_request, reply) => reply.code(204).send(),
    });
    serveOffers(app, url, { ...deps, ...endpoint });
  }
}

/** `/whep/{stream}`: watch (WHEP §4.3). HEAD tells players that this is a WHEP URL, and GET has no body either. */
export function whepEndpoint(app: FastifyInstance, deps: SignallingDeps): void {
  const endpoint: Endpoint = {
    path: '/whep',
    action: 'play',
    open: async (offer, request) => deps.registry.subscribe({ ...offer, counterOffer: wantsCounterOffer(request) }),
  };
  const url = '/whep/:stream';
  app.addHook('onRequest', advertiseSdp);
  app.get(url, { onRequest: deps.gate.guard(endpoint) }, async (_request, reply) => reply.type(sdp).send(''));
  serveOffers(app, url, { ...deps, ...endpoint });
}

/** POST and OPTIONS of an endpoint. */
function serveOffers(app: FastifyInstance, url: string, endpoint: Endpoint & SignallingDeps): void {
  const { gate, action } = endpoint;
  app.post(url, { onRequest: gate.guard({ action, session: 'opens' }) }, async (request, reply) => openSession(request, reply, endpoint));
  reserveMethods(app, url, ['GET', 'HEAD', 'POST'], async (request, reply) => {
    if (endpoint.iceServers === undefined || !gate.countsAs('POST', request)) return;
    if (await gate.allows(request, reply, { action, streamId: streamIn(request) })) reply.header('Link', linksOf(endpoint));
  });
}

/** Offer in, answer out. The checks stand in the order in which they win (conformance, "status decision order"); the gate did the first. */
async function openSession(request: FastifyRequest, reply: FastifyReply, endpoint: Endpoint & SignallingDeps): Promise<FastifyReply> {
  const { path, action, gate, publicUrl, redirect } = endpoint;
  const { streamId: granted, subject, expiresAt } = gate.grantOf(request);
  const streamId = parseStreamId(granted ?? '');
  requireContentType(request, sdp);
  const signal = clientGoneSignal(reply);
  const offerText = await readBody(request, endpoint.bodyBytes);
  const elsewhere = redirect?.({ action, streamId });
  if (elsewhere !== undefined)
    return reply
      .code(307)
      .header('Location', `${elsewhere}${path}/${streamId}${queryOf(request)}`)
      .send();

  const userAgent = request.headers['user-agent'] ?? '';
  const session = await endpoint.open({ streamId, offerText, userAgent, client: gate.clientOf(request), signal }, request);
  endpoint.logger.info({ sessionId: session.id, action, streamId, subject, expiresAt, address: request.ip }, 'access granted');

  // A client that never gets the answer has no URL to end the session with.
  if (signal.aborted) session.close('aborted');
  else signal.addEventListener('abort', () => session.close('aborted'), { once: true });

  if (session.awaitsAnswer) reply.header('Preference-Applied', counterOffer);
  const location = `${baseUrlOf(request, publicUrl)}${path}/${streamId}/${session.secret}`;
  const links = [...linksOf(endpoint), ...(action === 'play' ? extensionLinks(location, request) : [])];
  return reply
    .code(session.awaitsAnswer ? 406 : 201)
    .headers({ Location: location, ETag: session.etag })
    .headers(links.length === 0 ? {} : { Link: links })
    .type(sdp)
    .send(session.takeAnswerText());
}

const counterOffer = 'counter-offer';

/** Whether a player asks for our offer (`Prefer: counter-offer` or `?offer=server`): many others take 406 for an error (conformance D10). */
function wantsCounterOffer({ headers, query }: FastifyRequest): boolean {
  const preferences = (headers.prefer ?? '').toString().split(',');
  const asked = preferences.some((preference) => preference.split(';', 1)[0]?.trim().toLowerCase() === counterOffer);
  return asked || (typeof query === 'object' && query !== null && 'offer' in query && query.offer === 'server');
}

/** A line each: some clients take a folded one for one server (conformance J05). */
function linksOf({ iceServers = [] }: SignallingDeps): string[] {
  return [...iceServerLinks(iceServers, Date.now())];
}

function queryOf({ url }: FastifyRequest): string {
  const start = url.indexOf('?');
  return start === -1 ? '' : url.slice(start);
}

async function advertiseSdp(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.header('Accept-Post', sdp);
}

function streamIn({ params }: FastifyRequest): string | undefined {
  const stream: unknown = typeof params === 'object' && params !== null && 'stream' in params ? params.stream : undefined;
  return typeof stream === 'string' ? stream : undefined;
}
