import { randomBytes } from 'node:crypto';
import type { StreamId } from '../../streams/stream-id.ts';
import type { OutputEnding } from '../output.ts';

/** What recordings may be kept in; the endings of their names. */
export const containers = ['mp4', 'webm', 'mkv'] as const;

/** What a recording is kept in. */
export type Container = (typeof containers)[number];

/** The picture, as it is in the file. */
export interface RecordedVideo {
  /** RFC 6381: `avc1.42e01f`. */
  readonly codec: string;
  /** In pixels. */
  readonly width: number | undefined;
  readonly height: number | undefined;
}

/** The sound, as it is in the file. */
export interface RecordedAudio {
  /** RFC 6381: `mp4a.40.2`. */
  readonly codec: string;
  /** In Hz. */
  readonly sampleRate: number | undefined;
  readonly channels: number | undefined;
}

/** The copy in an S3 bucket. */
export interface RemoteCopy {
  readonly bucket: string;
  readonly key: string;
  /** Of a multipart upload that has begun, so that it can be taken up again; undefined: there is none, or its beginning was not heard of. */
  readonly uploadId: string | undefined;
  /** Size of its parts in bytes; undefined: no multipart upload was begun. */
  readonly partBytes: number | undefined;
  /** When the bucket was seen to hold all of it; undefined: not yet. */
  readonly confirmedAt: Date | undefined;
}

/**
 * One file of a recording, as its side-car tells it.
 *
 * `recording`: it grows. `finishing`: it has ended, and is remuxed and renamed. `complete`: it stands under its own name.
 * `deleted`: only the bucket has it.
 */
export interface Recording {
  /** 16 hexadecimal digits. */
  readonly id: string;
  /** What all parts of one recording share, from its start to its stop: 16 hexadecimal digits. */
  readonly session: string;
  readonly streamId: StreamId;
  /** From 1 within the session. */
  readonly part: number;
  readonly state: 'recording' | 'finishing' | 'complete' | 'deleted';
  /** Wall clock of its first picture or sound. */
  readonly startedAt: Date;
  readonly durationMs: number;
  /** Of the file as it is now. */
  readonly bytes: number;
  readonly container: Container;
  /** Relative to the folder of recordings, with `/`; `.part` is appended while it grows. */
  readonly path: string;
  readonly video: RecordedVideo | undefined;
  readonly audio: RecordedAudio | undefined;
  /** Why it ended; undefined while it grows. */
  readonly ending: OutputEnding | undefined;
  /** Undefined where nothing is uploaded. */
  readonly remote: RemoteCopy | undefined;
}

/** A name for a recording, or for the session that it is a part of. */
export function newIdentifier(): string {
  return randomBytes(8).toString('hex');
}

/** A recording under its own name. What it was to be kept in may not have been possible: its name tells what it is kept in. */
export function completeAs(recording: Recording, container: Container): Recording {
  const stem = recording.path.replace(/\.(?:mp4|webm|mkv)$/, '');
  return { ...recording, state: 'complete', container, path: `${stem}.${container}` };
}

/** Media types by container (RFC 4337, RFC 9559). */
export const mediaTypeOf: Readonly<Record<Container, string>> = {
  mp4: 'video/mp4',
  webm: 'video/webm',
  mkv: 'video/matroska',
};
