import type { SessionReport, StreamReport } from '../../streams/stream-report.ts';
import type { SessionView, StreamDetailView, StreamView } from './schemas.ts';

/** A stream in the list. */
export function viewStream({ streamId, state, since, subscribers, tracks, contestedUntil }: StreamReport): StreamView {
  return {
    streamId,
    state,
    since: since.toISOString(),
    subscribers,
    tracks: tracks.map(({ kind, codec, rids, h264Profile }) => ({
      kind,
      codec,
      rids: [...rids],
      ...(h264Profile === undefined ? {} : { h264Profile }),
    })),
    ...(contestedUntil === undefined ? {} : { contestedUntil: contestedUntil.toISOString() }),
  };
}

/** A stream by itself. */
export function viewStreamDetail(report: StreamReport, publisher: SessionReport | undefined): StreamDetailView {
  return { ...viewStream(report), ...(publisher === undefined ? {} : { publisher: viewPeer(publisher) }) };
}

/** A session in the list. */
export function viewSession(report: SessionReport): SessionView {
  return { ...viewPeer(report), kind: report.kind, stream: report.streamId };
}

function viewPeer({ id, userAgent, connected, since, traffic }: SessionReport): NonNullable<StreamDetailView['publisher']> {
  return {
    id,
    userAgent,
    connected,
    since: since.toISOString(),
    ...(traffic === undefined ? {} : { bitrate: Math.round(traffic.bitrate), loss: traffic.loss }),
    ...(traffic?.roundTripMs === undefined ? {} : { roundTripMs: traffic.roundTripMs }),
  };
}
