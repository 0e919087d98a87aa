import type { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { StreamId } from '../../streams/stream-id.ts';
import type { FfmpegLauncher } from '../ffmpeg-process.ts';
import type { OutputEnding, OutputState } from '../output.ts';
import type { RtmpTarget } from './rtmp-target.ts';

/** What an `RtmpOutput` works with. */
export interface RtmpOutputOptions {
  readonly id: string;
  readonly streamId: StreamId;
  /** Name and URL for people. */
  readonly shown: { readonly name: string; readonly url: string };
  /** The target as it is now; asked before every connection, because its key may stand in a file. Rejects when that cannot be read. */
  readonly target: () => Promise<RtmpTarget>;
  /** `highest`, or the rid of a simulcast encoding. */
  readonly encoding: string;
  /** Rejects with `ERR_EGRESS_UNAVAILABLE` where there is no FFmpeg. */
  readonly launcher: () => Promise<FfmpegLauncher>;
  readonly caFile: string | undefined;
  readonly logger: Logger;
  readonly observer: EventEmitter<RtmpEvents>;
  /** Why no fragments come, where the stream itself is not the reason. */
  readonly trouble: () => OutputState | undefined;
  /** Whether the stream is known to have its key frames too far apart. */
  readonly isGopLong: () => boolean;
  readonly onChanged: () => void;
  /** The stream has ended: nothing more comes. */
  readonly onStreamEnded: () => void;
  /** It was stopped, and its connection is gone. Called once. */
  readonly onStopped: () => void;
}

/** What strangers may listen to: metrics. */
export type RtmpEvents = {
  attempted: [];
  /** A connection was refused or lost. */
  broken: [OutputEnding];
  /** A server took so many bytes more. */
  sent: [bytes: number];
};
