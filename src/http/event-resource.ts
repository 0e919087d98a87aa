import type { FastifyInstance, FastifyRequest } from 'fastify';
import { GatewayError } from '../errors.ts';
import { type EventQueue, eventTypes, isEventType, type EventType } from '../streams/event-queue.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import { baseUrlOf } from './base-url.ts';
import { readBody, requireContentType } from './body.ts';
import { EventStream, eventStreamHeaders } from './event-stream.ts';
import type { ExtensionDeps } from './layer-resource.ts';
import { reserveMethods } from './reserve-methods.ts';
import { viewerOf, type ViewerRequest } from './viewer-session.ts';

/** A request to a subscription. */
type StreamRequest = FastifyRequest<{ Params: { stream: string; session: string; id: string } }>;

/**
 * `/whep/{stream}/{session}/events`: POST subscribes to events of the types that its body lists, to all without one; `…/events/{id}`: GET
 * reads them, DELETE ends the subscription. The latter need no token: their URL is the secret (conformance N15).
 *
 * With `?unnamed` the events of a subscription have no names, and their data is `{"type", "data"}`.
 *
 * @see WHEP core extensions, server-sent events
 */
export function eventResource(app: FastifyInstance, deps: ExtensionDeps & { readonly publicUrl: string | undefined }): void {
  const { registry, gate, bodyBytes } = deps;
  const url = '/whep/:stream/:session/events';

  app.post(url, { onRequest: gate.guard({ action: 'play', session: 'uses' }) }, async (request: ViewerRequest, reply) => {
    const session = viewerOf(registry, request);
    const body = await readBody(request, bodyBytes);
    if (body !== '') requireContentType(request, 'application/json');
    const types = body === '' ? eventTypes : parseTypes(body);
    const { id } = session.news.open({ types, isUnnamed: isUnnamed(request) });
    const { stream, session: secret } = request.params;
    return reply
      .code(201)
      .header('Location', `${baseUrlOf(request, deps.publicUrl)}/whep/${stream}/${secret}/events/${id}`)
      .send();
  });
  reserveMethods(app, url, ['POST']);

  const streamUrl = `${url}/:id`;
  const open = { onRequest: gate.admit };
  app.get(streamUrl, { ...open, exposeHeadRoute: false }, async (request: StreamRequest, reply) => {
    return readQueue(queueOf(registry, request)).answer(reply);
  });
  app.head(streamUrl, open, async (request: StreamRequest, reply) => {
    queueOf(registry, request);
    return reply.headers(eventStreamHeaders).send();
  });
  app.delete(streamUrl, open, async (request: StreamRequest, reply) => {
    viewerOf(registry, request).news.close(queueOf(registry, request));
    return reply.code(200).send();
  });
  reserveMethods(app, streamUrl, ['GET', 'HEAD', 'DELETE']);
}

/** Throws `ERR_SESSION_NOT_FOUND`: for an ended subscription, for one of an ended session, and for one that never was. */
function queueOf(registry: StreamRegistry, request: StreamRequest): EventQueue {
  const queue = viewerOf(registry, request).news.find(request.params.id);
  if (queue === undefined) throw new GatewayError('ERR_SESSION_NOT_FOUND', 'There is no such event stream, or it has ended.');
  return queue;
}

function readQueue(queue: EventQueue): EventStream {
  const reader = new EventStream();
  const detach = queue.attach({
    send: ({ type, data }) => {
      reader.send(queue.isUnnamed ? { data: { type, data } } : { event: type, data });
    },
    end: () => {
      reader.end();
    },
  });
  reader.onClosed(detach);
  return reader;
}

function isUnnamed({ query }: FastifyRequest): boolean {
  return typeof query === 'object' && query !== null && 'unnamed' in query;
}

/** The types that a player wants; an empty list is as good as none. Throws `ERR_REQUEST_INVALID`. */
function parseTypes(text: string): readonly EventType[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    list = undefined;
  }
  if (!Array.isArray(list)) throw malformed('the body is a JSON array of event types');
  const types = list.filter(isEventType);
  if (types.length < list.length) throw malformed(`the types are ${eventTypes.join(', ')}`);
  return types.length === 0 ? eventTypes : types;
}

function malformed(reason: string): GatewayError {
  return new GatewayError('ERR_REQUEST_INVALID', `The subscription cannot be read: ${reason}.`);
}
