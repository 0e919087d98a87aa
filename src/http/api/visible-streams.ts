import type { FastifyReply, FastifyRequest } from 'fastify';
import { GatewayError } from '../../errors.ts';
import type { StreamRegistry } from '../../streams/registry.ts';
import type { StreamReport } from '../../streams/stream-report.ts';
import type { Gate } from '../gate.ts';

/** All streams for operators; for everybody else those that they may watch. Throws like the gate when there are none. */
export async function visibleStreams(
  request: FastifyRequest,
  reply: FastifyReply,
  { gate, registry }: { readonly gate: Gate; readonly registry: StreamRegistry },
): Promise<readonly StreamReport[]> {
  const tokenInQuery = true;
  try {
    await gate.authorize(request, reply, { action: 'operate', streamId: undefined, tokenInQuery });
    return registry.reports();
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    if (!gate.countsAs('POST', request)) throw error; // one question becomes many
    const visible: StreamReport[] = [];
    for (const report of registry.reports()) {
      if (await gate.allows(request, reply, { action: 'play', streamId: report.streamId, tokenInQuery })) visible.push(report);
    }
    if (visible.length === 0) throw error;
    return visible;
  }
}
