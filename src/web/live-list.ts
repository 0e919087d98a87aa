import { gatewayUrl, tokenOfPage } from './stream-address.ts';
import { codecNames, counted, longTime } from './wording.ts';

/** One stream as `GET /api/v1/streams` lists it. */
export interface ListedStream {
  readonly streamId: string;
  readonly live: boolean;
  readonly since: Date;
  readonly viewers: number;
  readonly codecs: readonly string[];
  /** How many sizes of the video there are. */
  readonly sizes: number;
  readonly contested: boolean;
  /** Whether the server has a picture of it. */
  readonly thumbnail: boolean;
}

/** Asks the server which streams there are. Throws when it does not answer, or not with a list. */
export async function fetchStreams(signal?: AbortSignal): Promise<readonly ListedStream[]> {
  const token = tokenOfPage();
  const authorization = token === undefined ? undefined : { Authorization: `Bearer ${token}` };
  const headers = { Accept: 'application/json', ...authorization };
  const response = await fetch(new URL('api/v1/streams', gatewayUrl), { signal: signal ?? null, headers });
  if (!response.ok) throw new TypeError(`The server answered ${response.status}.`);
  return parseStreams(await response.json());
}

/** Reads the list, leaving out what it does not understand. */
function parseStreams(body: unknown): readonly ListedStream[] {
  if (!Array.isArray(body)) throw new TypeError('The server sent no list of streams.');
  return body.filter(isRecord).flatMap((entry) => {
    const { streamId, state, since, subscribers, tracks, contestedUntil, thumbnail } = entry;
    if (typeof streamId !== 'string') return [];
    // The picture first: it is what people ask about.
    const listed = (Array.isArray(tracks) ? tracks.filter(isRecord) : []).toSorted(
      (one, other) => Number(other['kind'] === 'video') - Number(one['kind'] === 'video'),
    );
    return {
      streamId,
      live: state === 'live',
      since: new Date(typeof since === 'string' ? since : Number.NaN),
      viewers: typeof subscribers === 'number' ? subscribers : 0,
      codecs: listed.map(({ codec }) => codec).filter((codec) => typeof codec === 'string'),
      sizes: Math.max(1, ...listed.map(({ rids }) => (Array.isArray(rids) ? rids.length : 1))),
      contested: typeof contestedUntil === 'string',
      thumbnail: thumbnail === true,
    };
  });
}

/** The line below a stream's name. */
export function factsOf(stream: ListedStream, now: Date): string {
  const age = now.getTime() - stream.since.getTime();
  return [
    counted(stream.viewers, 'viewer'),
    ...(stream.codecs.length > 0 ? [codecNames(...stream.codecs)] : []),
    ...(stream.sizes > 1 ? [`${stream.sizes} sizes`] : []),
    ...(Number.isNaN(age) ? [] : [stream.live ? `for ${longTime(age)}` : `away for ${longTime(age)}`]),
    ...(stream.contested ? ['several publishers want this name'] : []),
  ].join(' · ');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
