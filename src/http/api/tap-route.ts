import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type, { type Static } from 'typebox';
import type { EgressSupervisor } from '../../egress/supervisor.ts';
import type { TapState } from '../../egress/tap/tap-state.ts';
import type { Feasibilities, Feasibility } from '../../egress/tap/tap-plan.ts';
import { GatewayError } from '../../errors.ts';
import { parseStreamId } from '../../streams/stream-id.ts';
import type { Gate } from '../gate.ts';
import { reserveMethods } from '../reserve-methods.ts';
import { problemReply } from './openapi.ts';
import { streamParams } from './schemas.ts';

/** Whose taps are shown. */
export type TapSource = Pick<EgressSupervisor, 'state' | 'feasibility'>;

const url = '/api/v1/streams/:stream/tap';

const feasibility = (kind: string) =>
  Type.Object(
    {
      possible: Type.Boolean(),
      reason: Type.Optional(Type.String({ description: 'Why not, and what would help.' })),
    },
    { description: `Whether ${kind} can be made of what the publisher sends now.` },
  );

const tapSchema = Type.Object({
  state: Type.Enum(['starting', 'running', 'waiting', 'restarting', 'stopped', 'failed'], {
    description: 'What the FFmpeg of the stream does. `stopped`: nobody needs it. `failed`: another publisher may mend it.',
  }),
  since: Type.String({ format: 'date-time', description: 'When this state began.' }),
  reason: Type.Optional(Type.String({ description: 'What is waited for.' })),
  attempt: Type.Optional(Type.Integer({ minimum: 1, description: 'Counts since the last good run.' })),
  retryAt: Type.Optional(Type.String({ format: 'date-time', description: 'When the next attempt is due.' })),
  ending: Type.Optional(
    Type.Object({ cause: Type.String(), detail: Type.Optional(Type.String()) }, { description: 'Why the last run ended.' }),
  ),
  hls: feasibility('HLS'),
  rtmp: feasibility('an RTMP push'),
  record: feasibility('a recording'),
});

/** `/api/v1/streams/{stream}/tap`: how a stream is handed to FFmpeg, what can be made of it, and why not. */
export function tapRoute(app: FastifyInstance, { taps, gate }: { readonly taps: TapSource; readonly gate: Gate }): void {
  const schema = {
    tags: ['egresses'],
    operationId: 'readTap',
    summary: 'How a live stream is handed to FFmpeg, and which outputs can be made of it.',
    params: streamParams,
    response: { 200: tapSchema, 404: problemReply },
  };
  const api = app.withTypeProvider<TypeBoxTypeProvider>();
  api.get(url, { schema, onRequest: gate.guard({ action: 'operate' }) }, async ({ params }) => {
    const streamId = parseStreamId(params.stream);
    const possible = await taps.feasibility(streamId);
    if (possible === undefined) throw new GatewayError('ERR_STREAM_NOT_FOUND', 'There is no such stream, or it has no publisher now.');
    return viewTap(taps.state(streamId), possible);
  });
  reserveMethods(app, url, ['GET', 'HEAD']);
}

function viewTap(state: TapState, { hls, rtmp, record }: Feasibilities): Static<typeof tapSchema> {
  const possible = { hls: viewFeasibility(hls), rtmp: viewFeasibility(rtmp), record: viewFeasibility(record) };
  const common = { state: state.name, since: state.since.toISOString(), ...possible };
  switch (state.name) {
    case 'starting':
      return { ...common, attempt: state.attempt };
    case 'waiting':
      return { ...common, reason: state.reason };
    case 'restarting':
      return { ...common, attempt: state.attempt, retryAt: state.retryAt.toISOString(), ending: { ...state.ending } };
    case 'failed':
      return { ...common, ending: { ...state.ending } };
    case 'running':
    case 'stopped':
      return common;
  }
}

function viewFeasibility(feasible: Feasibility): { possible: boolean; reason?: string } {
  return feasible.possible ? { possible: true } : { possible: false, reason: feasible.reason };
}
