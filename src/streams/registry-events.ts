import type { FreezeSign } from './freeze-signs.ts';
import type { LayerSwitch } from './layer-switches.ts';
import type { StreamId } from './stream-id.ts';

/** WHIP sessions publish, WHEP sessions subscribe. */
export type SessionKind = 'publish' | 'subscribe';

/** Why a session ended. */
export type SessionEnding =
  | 'deleted'
  | 'kicked'
  | 'replaced'
  | 'never-connected'
  | 'silent'
  | 'peer-closed'
  | 'worker-died'
  | 'stream-ended'
  | 'media-changed'
  | 'expired'
  | 'over-bitrate'
  /** Another session's peer has its address now. */
  | 'address-reused'
  | 'aborted'
  | 'failed'
  | 'shutdown';

/** What may be logged of a session. */
export interface SessionInfo {
  readonly id: string;
  readonly kind: SessionKind;
  readonly streamId: StreamId;
  readonly userAgent: string;
}

/** What became of a session, when it closed. */
export interface SessionSummary {
  readonly ending: SessionEnding;
  readonly durationMs: number;
}

/** What the registry tells strangers: metrics, logs, tests. */
export type RegistryEvents = {
  opened: [SessionInfo];
  /** ICE and DTLS are up. */
  connected: [SessionInfo, { readonly sinceOpenedMs: number }];
  /** A publisher's first RTP arrived; a viewer's first key frame (or audio packet) left. */
  media: [SessionInfo, { readonly sinceOpenedMs: number }];
  /** A viewer gets its first picture size, another one, or none any more. */
  layerswitch: [SessionInfo, LayerSwitch];
  /** The picture of a viewer without bandwidth feedback seems to stand. */
  freeze: [SessionInfo, FreezeSign];
  closed: [SessionInfo, SessionSummary];
  live: [StreamId];
  /** A live stream has these tracks from now on: it is live, or its encodings were put in order. */
  tracks: [StreamId];
  idle: [StreamId];
  ended: [StreamId];
  contested: [StreamId, { readonly until: Date }];
};
