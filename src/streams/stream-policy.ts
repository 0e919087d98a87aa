import type { VideoCodec } from '../sdp/model.ts';
import type { InstantJoinMode } from './instant-join.ts';

/** How one stream is run; from `streams.default` and `streams.patterns`. */
export interface StreamPolicy {
  /** What a second publisher gets: the name, or 409. */
  readonly takeover: 'replace' | 'reject';
  /** Video codecs in order of preference; `offer` stands for the publisher's own order. */
  readonly codecs: readonly ('offer' | VideoCodec)[];
  /** How long viewers stay when the publisher is gone, in milliseconds. */
  readonly graceMs: number;
  /** A session from which nothing arrived for this time is ended, in milliseconds. */
  readonly silenceMs: number;
  /** Whether newcomers see the stream at once. */
  readonly instantJoin: InstantJoinMode;
  /** Whether somebody may ask for HLS at any time, who is to see the stream no later than a newcomer by WHEP. */
  readonly awaitsHls: boolean;
}
