import type { IngestReport } from '../../streams/ingest-watch.ts';
import type { SessionReport, StreamReport } from '../../streams/stream-report.ts';
import { defined } from './defined.ts';
import type { IngestView, SessionView, StreamDetailView, StreamView } from './schemas.ts';

/** A stream in the list. `thumbnail`: whether there is a picture of it. */
export function viewStream(report: StreamReport, thumbnail: boolean): StreamView {
  const { tracks, ingest } = report;
  return { ...viewState(report), tracks: tracks.map(viewTrack), thumbnail, warnings: (ingest?.warnings ?? []).map(({ code }) => code) };
}

/** A stream by itself. */
export function viewStreamDetail(report: StreamReport, publisher: SessionReport | undefined): StreamDetailView {
  const { tracks, ingest } = report;
  return {
    ...viewState(report),
    ...defined({
      publisher: publisher === undefined ? undefined : viewPeer(publisher),
      gopSeconds: ingest?.gopMs === undefined ? undefined : Math.round(ingest.gopMs / 10) / 100,
      obeysKeyFrameRequests: ingest?.obeysKeyFrameRequests,
    }),
    tracks: tracks.map((track, index) => {
      const { bitrate, loss, framesPerSecond, encodings = [] } = ingest?.tracks[index] ?? {};
      return {
        ...viewTrack(track),
        ...defined({ bitrate, loss, framesPerSecond }),
        encodings: encodings.map((encoding) => defined(encoding)),
      };
    }),
    ...viewIngest(ingest),
  };
}

/** What a publisher is told about its own media. */
export function viewIngest(ingest: IngestReport | undefined): IngestView {
  return { warnings: (ingest?.warnings ?? []).map(({ code, message, since }) => ({ code, message, since: since.toISOString() })) };
}

/** A session in the list. */
export function viewSession(report: SessionReport): SessionView {
  return { ...viewPeer(report), kind: report.kind, stream: report.streamId };
}

function viewState({
  streamId,
  state,
  since,
  subscribers,
  contestedUntil,
}: StreamReport): Omit<StreamView, 'tracks' | 'thumbnail' | 'warnings'> {
  return { streamId, state, since: since.toISOString(), subscribers, ...defined({ contestedUntil: contestedUntil?.toISOString() }) };
}

function viewTrack({ kind, codec, rids, h264Profile }: StreamReport['tracks'][number]): StreamView['tracks'][number] {
  return { kind, codec, rids: [...rids], ...defined({ h264Profile }) };
}

function viewPeer({ id, userAgent, connected, since, traffic }: SessionReport): NonNullable<StreamDetailView['publisher']> {
  const bitrate = traffic === undefined ? undefined : Math.round(traffic.bitrate);
  const { loss, roundTripMs } = traffic ?? {};
  return { id, userAgent, connected, since: since.toISOString(), ...defined({ bitrate, loss, roundTripMs }) };
}
