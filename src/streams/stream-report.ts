import type { TransportTraffic } from '../media/transport.ts';
import type { IngestReport } from './ingest-watch.ts';
import type { SessionInfo } from './registry-events.ts';
import type { Session } from './session.ts';
import type { Stream } from './stream.ts';
import type { StreamId } from './stream-id.ts';

/** What `/health` and the list of streams tell. */
export interface StreamReport {
  readonly streamId: StreamId;
  /** `waiting`: before the first packet, or in the grace time. */
  readonly state: 'waiting' | 'live';
  readonly since: Date;
  readonly subscribers: number;
  readonly tracks: readonly {
    readonly kind: 'audio' | 'video';
    readonly codec: string;
    readonly rids: readonly string[];
    readonly h264Profile: string | undefined;
  }[];
  /** Until when the name is held for its publisher after too many takeovers. */
  readonly contestedUntil: Date | undefined;
  /** How the publisher's media does; undefined while none arrives. */
  readonly ingest: IngestReport | undefined;
}

/** What operators see of a session; never its secret, never an address. */
export interface SessionReport extends SessionInfo {
  readonly connected: boolean;
  readonly since: Date;
  /** Undefined when the worker could not tell. */
  readonly traffic: TransportTraffic | undefined;
}

/** What is known of a stream now. */
export function reportStream(stream: Stream): StreamReport {
  return {
    streamId: stream.id,
    state: stream.tracks === undefined ? 'waiting' : 'live',
    since: stream.since,
    subscribers: stream.subscriberCount,
    tracks: (stream.tracks ?? []).map(({ description: { kind, codec, rids, fmtp } }) => ({
      kind,
      codec,
      rids,
      h264Profile: codec === 'H264' ? fmtp['profile-level-id']?.toString() : undefined,
    })),
    contestedUntil: stream.contestedUntil,
    ingest: stream.tracks === undefined ? undefined : stream.publisher?.ingest,
  };
}

/** What is known of a session now; asks its worker. */
export async function reportSession(session: Session): Promise<SessionReport> {
  const { id, kind, streamId, userAgent, connected, since } = session;
  const traffic = await session.traffic().catch(() => undefined); // it closed or its worker died while we asked
  return { id, kind, streamId, userAgent, connected, since, traffic };
}
