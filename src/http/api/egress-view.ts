import type { OutputReport } from '../../egress/output.ts';
import type { EgressView } from './egress-schemas.ts';

/** An output as operators see it. */
export function viewEgress({ id, kind, streamId, state, details }: OutputReport): EgressView {
  return {
    id,
    kind,
    streamId,
    state: state.name,
    since: state.since.toISOString(),
    ...(state.name === 'waiting' ? { reason: state.reason } : {}),
    ...(state.name === 'restarting' ? { attempt: state.attempt, retryAt: state.retryAt.toISOString(), ending: state.ending } : {}),
    ...(state.name === 'failed' ? { ending: state.ending } : {}),
    details: { ...details },
  };
}
