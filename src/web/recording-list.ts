import { gatewayUrl, tokenOfPage } from './stream-address.ts';
import { byteCount, codecNames, longTime, pictureSize } from './wording.ts';

/** One file as `GET /api/v1/recordings` lists it. */
export interface ListedRecording {
  readonly id: string;
  readonly stream: string;
  readonly part: number;
  readonly state: 'recording' | 'finishing' | 'complete' | 'deleted';
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly bytes: number;
  readonly width: number | undefined;
  readonly height: number | undefined;
  readonly codecs: readonly string[];
  /** Why it ended, for people; undefined while it is recorded. */
  readonly ending: string | undefined;
  /** How it stands with the bucket; undefined: it does not go there, or not yet. */
  readonly upload: 'queued' | 'uploading' | 'retrying' | 'done' | undefined;
}

/** A page of the list. */
export interface RecordingPage {
  readonly recordings: readonly ListedRecording[];
  /** For the next page; undefined: this is the last. */
  readonly next: string | undefined;
}

/** Which recordings to ask for. */
export interface RecordingQuery {
  /** Undefined: of all streams. */
  readonly stream?: string | undefined;
  readonly after?: string | undefined;
}

const pageSize = 50;

/** Asks the server what was recorded. Throws when it does not answer, or not with a list. */
export async function fetchRecordings({ stream, after }: RecordingQuery, signal?: AbortSignal): Promise<RecordingPage> {
  const url = new URL('api/v1/recordings', gatewayUrl);
  url.searchParams.set('limit', String(pageSize));
  if (stream !== undefined) url.searchParams.set('stream', stream);
  if (after !== undefined) url.searchParams.set('after', after);
  const response = await fetch(url, { signal: signal ?? null, headers: { Accept: 'application/json', ...authorization() } });
  if (!response.ok) throw new TypeError(`The server answered ${response.status}.`);
  return parsePage(await response.json());
}

/** Has a recording deleted. Throws when the server does not do it. */
export async function deleteRecording(id: string): Promise<void> {
  const response = await fetch(new URL(`api/v1/recordings/${id}`, gatewayUrl), { method: 'DELETE', headers: authorization() });
  if (!response.ok && response.status !== 404) throw new TypeError(`The server answered ${response.status}.`);
}

/** Where the file of a recording is. A video element sends no headers, so the token stands in the URL. */
export function fileUrl(id: string): string {
  const url = new URL(`api/v1/recordings/${id}/file`, gatewayUrl);
  const token = tokenOfPage();
  if (token !== undefined) url.searchParams.set('access_token', token);
  return url.href;
}

/** The line below the name of a recording. */
export function factsOfRecording(recording: ListedRecording): string {
  const { durationMs, bytes, width, height, codecs, state, ending, upload } = recording;
  const isGrowing = state === 'recording' || state === 'finishing';
  return [
    longTime(durationMs),
    byteCount(bytes),
    ...(width === undefined ? [] : [pictureSize(width, height)]),
    ...(codecs.length > 0 ? [codecNames(...codecs.map(friendlyCodec))] : []),
    ...(isGrowing || ending === undefined ? [] : [ending.replace(/\.$/, '')]),
    ...(upload === undefined ? [] : [uploadWords[upload]]),
  ].join(' · ');
}

const uploadWords = {
  queued: 'to be uploaded',
  uploading: 'is uploaded',
  retrying: 'upload is tried again',
  done: 'in the bucket',
} as const;

const codecFamilies: ReadonlyMap<string, string> = new Map([
  ['avc1', 'H264'],
  ['av01', 'AV1'],
  ['vp8', 'VP8'],
  ['vp09', 'VP9'],
  ['mp4a', 'AAC'],
  ['opus', 'Opus'],
]);

/** `avc1.42e01f` → `H264`. */
function friendlyCodec(codec: string): string {
  return codecFamilies.get(codec.toLowerCase().split('.', 1)[0] ?? '') ?? codec;
}

function authorization(): Record<string, string> {
  const token = tokenOfPage();
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

function parsePage(body: unknown): RecordingPage {
  if (!isRecord(body) || !Array.isArray(body['recordings'])) throw new TypeError('The server sent no list of recordings.');
  const { recordings, next } = body;
  return { recordings: recordings.filter(isRecord).flatMap(parseRecording), next: typeof next === 'string' ? next : undefined };
}

/** Reads an entry; one that it does not understand is left out. */
function parseRecording(entry: Fields): readonly ListedRecording[] {
  const { id, stream, part, state, startedAt, durationMs, bytes, video, audio, ending, upload } = entry;
  if (typeof id !== 'string' || typeof stream !== 'string') return [];
  const picture = isRecord(video) ? video : {};
  const sound = isRecord(audio) ? audio : {};
  return [
    {
      id,
      stream,
      part: numberIn(part) ?? 1,
      state: oneOf(['recording', 'finishing', 'deleted'] as const, state) ?? 'complete',
      startedAt: new Date(typeof startedAt === 'string' ? startedAt : Number.NaN),
      durationMs: numberIn(durationMs) ?? 0,
      bytes: numberIn(bytes) ?? 0,
      width: numberIn(picture['width']),
      height: numberIn(picture['height']),
      codecs: [picture['codec'], sound['codec']].filter((codec) => typeof codec === 'string'),
      ending: isRecord(ending) && typeof ending['detail'] === 'string' ? ending['detail'] : undefined,
      upload: isRecord(upload) ? oneOf(['queued', 'uploading', 'retrying', 'done'] as const, upload['state']) : undefined,
    },
  ];
}

type Fields = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function oneOf<Choice extends string>(choices: readonly Choice[], value: unknown): Choice | undefined {
  return choices.find((choice) => choice === value);
}
