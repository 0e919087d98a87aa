import { parseStreamId } from '../../streams/stream-id.ts';
import type { OutputEnding } from '../output.ts';
import { containers, type RecordedAudio, type RecordedVideo, type Recording, type RemoteCopy } from './recording.ts';

/** What is appended to the name of a recording for its side-car. */
export const sideCarEnding = '.json';

/** What is appended to the name of a recording while it grows. */
export const growingEnding = '.part';

/** Writes the side-car of a recording: JSON for people and programs, and what the gateway itself reads at its next start. */
export function writeSideCar(recording: Recording): string {
  return `${JSON.stringify({ version: 1, ...recording }, undefined, 2)}\n`;
}

/**
 * Reads a side-car; `path` is the recording's, as found on the disk, because files may have been moved together.
 * Undefined where it is none of ours.
 */
export function parseSideCar(text: string, path: string): Recording | undefined {
  try {
    const record = recordIn(JSON.parse(text));
    return record['version'] === 1 ? { ...parseFacts(record), path } : undefined;
  } catch {
    return undefined; // whatever is wrong with it, it is not ours to touch
  }
}

type Fields = Readonly<Record<string, unknown>>;

function parseFacts(record: Fields): Omit<Recording, 'path'> {
  return {
    id: identifierIn(record['id']),
    session: identifierIn(record['session']),
    streamId: parseStreamId(textIn(record['streamId'])),
    part: numberIn(record['part']),
    state: oneOf(['recording', 'finishing', 'complete', 'deleted'] as const, record['state']),
    startedAt: dateIn(record['startedAt']),
    durationMs: numberIn(record['durationMs']),
    bytes: numberIn(record['bytes']),
    container: oneOf(containers, record['container']),
    video: optional(record['video'], parseVideo),
    audio: optional(record['audio'], parseAudio),
    ending: optional(record['ending'], parseEnding),
    remote: optional(record['remote'], parseRemote),
  };
}

function parseVideo(value: unknown): RecordedVideo {
  const { codec, width, height } = recordIn(value);
  return { codec: textIn(codec), width: optional(width, numberIn), height: optional(height, numberIn) };
}

function parseAudio(value: unknown): RecordedAudio {
  const { codec, sampleRate, channels } = recordIn(value);
  return { codec: textIn(codec), sampleRate: optional(sampleRate, numberIn), channels: optional(channels, numberIn) };
}

function parseEnding(value: unknown): OutputEnding {
  const { cause, detail } = recordIn(value);
  return { cause: textIn(cause), detail: textIn(detail) };
}

function parseRemote(value: unknown): RemoteCopy {
  const { bucket, key, uploadId, partBytes, confirmedAt } = recordIn(value);
  return {
    bucket: textIn(bucket),
    key: textIn(key),
    uploadId: optional(uploadId, textIn),
    partBytes: optional(partBytes, numberIn),
    confirmedAt: optional(confirmedAt, dateIn),
  };
}

function recordIn(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('no record');
  return { ...value };
}

function textIn(value: unknown): string {
  if (typeof value !== 'string') throw new TypeError('no text');
  return value;
}

function identifierIn(value: unknown): string {
  const text = textIn(value);
  if (!/^[0-9a-f]{16}$/.test(text)) throw new TypeError('no identifier');
  return text;
}

function numberIn(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw new TypeError('no number');
  return value;
}

function dateIn(value: unknown): Date {
  const date = new Date(textIn(value));
  if (Number.isNaN(date.getTime())) throw new TypeError('no time');
  return date;
}

function oneOf<Choice extends string>(choices: readonly Choice[], value: unknown): Choice {
  const choice = choices.find((each) => each === value);
  if (choice === undefined) throw new TypeError('no choice');
  return choice;
}

function optional<Value>(value: unknown, parse: (present: unknown) => Value): Value | undefined {
  return value === undefined || value === null ? undefined : parse(value);
}
