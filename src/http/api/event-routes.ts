import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { OutputList } from '../../egress/output-list.ts';
import type { OutputReport } from '../../egress/output.ts';
import { GatewayError } from '../../errors.ts';
import type { StreamRegistry } from '../../streams/registry.ts';
import type { StreamId } from '../../streams/stream-id.ts';
import { EventStream, type ServerSentEvent } from '../event-stream.ts';
import type { Gate } from '../gate.ts';
import { reserveMethods } from '../reserve-methods.ts';
import type { EgressEventView } from './egress-schemas.ts';
import { viewEgress } from './egress-view.ts';
import { problemReply } from './openapi.ts';
import type { StreamEventView } from './schemas.ts';

/** What the events are made of. */
export interface EventDeps {
  readonly registry: StreamRegistry;
  readonly gate: Gate;
  /** Undefined: nothing leaves but by WHEP. */
  readonly outputs: OutputList | undefined;
}

/** Clients at once: each costs a socket and a copy of every event. */
const mostListeners = 100;

const url = '/api/v1/events';

const schema = {
  tags: ['events'],
  operationId: 'listenToEvents',
  summary: 'What changes, as server-sent events: first what there is, then each change.',
  description:
    'Events of the type `stream` tell of streams: `live`, `idle` (the publisher is gone and may come back) and `ended`; those of the type ' +
    '`egress` of outputs: `added`, `changed` (another state) and `removed`. A client that does not read is cut off; whoever asks again gets ' +
    'what there is first, so nothing has to be remembered.',
  response: {
    200: { description: 'The events.', content: { 'text/event-stream': { schema: Type.String() } } },
    503: { ...problemReply, description: 'Too many listen already.' },
  },
};

/** `GET /api/v1/events`: streams as they go live, idle and away, and how their outputs do. */
export function eventRoutes(app: FastifyInstance, deps: EventDeps): void {
  const listeners = new Set<EventStream>();
  const sources = tellChanges(deps, (event) => {
    for (const listener of listeners) listener.send(event);
  });
  app.addHook('onClose', async () => {
    sources[Symbol.dispose]();
    for (const listener of listeners) listener.end();
  });

  const onRequest = deps.gate.guard({ action: 'operate', tokenInQuery: true });
  app.get(url, { schema, onRequest, exposeHeadRoute: false }, async (request, reply) => {
    if (listeners.size >= mostListeners) {
      throw new GatewayError('ERR_LIMIT_REACHED', `${mostListeners} clients listen to events already.`, { retryAfterSeconds: 30 });
    }
    const listener = new EventStream();
    for (const event of presentState(deps)) listener.send(event);
    listeners.add(listener);
    listener.onClosed(() => listeners.delete(listener));
    endWith(deps.gate.grantOf(request).expiresAt, listener);
    return listener.answer(reply);
  });
  reserveMethods(app, url, ['GET']);
}

/** A listener has its right for as long as its token is good. */
function endWith(expiresAt: Date | undefined, listener: EventStream): void {
  if (expiresAt === undefined) return;
  const leftMs = Math.min(expiresAt.getTime() - Date.now(), longestTimerMs);
  const timer = setTimeout(() => {
    listener.end();
  }, leftMs);
  listener.onClosed(() => {
    clearTimeout(timer);
  });
}

/** What `setTimeout` can wait, in milliseconds. */
const longestTimerMs = 2 ** 31 - 1;

/** What there is, as if it had just begun. */
function presentState({ registry, outputs }: EventDeps): readonly ServerSentEvent[] {
  return [
    ...registry.reports().map(({ streamId, state }) => streamEvent(state === 'live' ? 'live' : 'idle', streamId)),
    ...(outputs?.list() ?? []).map((output) => egressEvent('added', output.report())),
  ];
}

/** Calls back with every change until it is disposed. */
function tellChanges({ registry, outputs }: EventDeps, tell: (event: ServerSentEvent) => void): Disposable {
  const stack = new DisposableStack();
  for (const change of ['live', 'idle', 'ended'] as const) {
    const listener = (streamId: StreamId): void => {
      tell(streamEvent(change, streamId));
    };
    registry.observer.on(change, listener);
    stack.defer(() => registry.observer.off(change, listener));
  }
  for (const change of ['added', 'changed', 'removed'] as const) {
    const listener = (report: OutputReport): void => {
      tell(egressEvent(change, report));
    };
    outputs?.observer.on(change, listener);
    stack.defer(() => outputs?.observer.off(change, listener));
  }
  return stack;
}

function streamEvent(change: StreamEventView['change'], streamId: StreamId): ServerSentEvent {
  return { event: 'stream', data: { change, streamId, at: new Date().toISOString() } satisfies StreamEventView };
}

function egressEvent(change: EgressEventView['change'], report: OutputReport): ServerSentEvent {
  return { event: 'egress', data: { change, egress: viewEgress(report) } satisfies EgressEventView };
}
