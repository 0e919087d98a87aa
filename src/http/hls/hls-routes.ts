import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { standInSecret, type HlsEgress } from '../../egress/hls/hls-egress.ts';
import type { HlsStream } from '../../egress/hls/hls-stream.ts';
import type { Playlist } from '../../egress/hls/playlist-shelf.ts';
import type { Awaited } from '../../egress/hls/reload.ts';
import type { MediaFile } from '../../egress/hls/segment.ts';
import { GatewayError } from '../../errors.ts';
import { parseStreamId } from '../../streams/stream-id.ts';
import { clientGoneSignal } from '../client-gone.ts';
import type { Gate } from '../gate.ts';
import { reserveMethods } from '../reserve-methods.ts';
import type { Turns } from '../turns.ts';
import { parseRange, sliceChunks } from './byte-range.ts';

/** What the HLS routes work with. */
export interface HlsRouteDeps {
  readonly hls: HlsEgress;
  readonly gate: Gate;
  readonly logger: Logger;
  /** When an answer that a whole crowd has waited for may go out. */
  readonly turns: Turns;
}

type StreamRequest = FastifyRequest<{ Params: { stream: string } }>;
type PlaylistRequest = FastifyRequest<{ Params: { stream: string; session: string; playlist: string } }>;
type FileRequest = FastifyRequest<{ Params: { stream: string; file: string } }>;

const playlistType = 'application/vnd.apple.mpegurl';

/** How long the first request of a stream waits for something to play, in milliseconds. */
const firstWaitMs = 6_000;

/** Nobody is let in while those who are here already wait longer than this for an answer that is ready, in milliseconds. */
const latestMs = 500;
const retryAfterSeconds = 5;

/**
 * `/hls/{stream}/`: `index.m3u8` lets a viewer in and names its playlists, which are under a URL that only it knows; those name the files under
 * `media/`, whose names are random.
 *
 * So plain players, which send no token with what they load later, need none there, and segments have the same URL for everybody.
 */
export function hlsRoutes(app: FastifyInstance, deps: HlsRouteDeps): void {
  const { hls, gate, logger, turns } = deps;
  const enter = gate.guard({ action: 'play', session: 'opens', tokenInQuery: true });
  const known = { onRequest: gate.requireTransport };
  const refuseMore = async (): Promise<void> => {
    if (turns.waitMs > latestMs)
      throw new GatewayError('ERR_OVERLOADED', 'There are too many viewers here now; try again.', { retryAfterSeconds });
  };

  app.get('/hls/:stream/index.m3u8', { onRequest: [enter, refuseMore] }, async (request: StreamRequest, reply) => {
    const streamId = parseStreamId(request.params.stream);
    const patience = { timeoutMs: firstWaitMs, signal: clientGoneSignal(reply) };
    reply.type(playlistType).header('Cache-Control', 'no-store'); // each viewer's own
    if (request.method === 'HEAD') return (await hls.look(streamId, patience)).multivariant(standInSecret);
    const { viewer, stream } = await hls.enter(streamId, { ...patience, client: gate.clientOf(request) });
    const { subject, expiresAt } = gate.grantOf(request);
    logger.info({ action: 'play', via: 'hls', streamId, subject, expiresAt, address: request.ip }, 'access granted');
    await turns.take();
    const text = stream.multivariant(viewer.secret);
    stream.countSent(text.length);
    return text;
  });
  reserveMethods(app, '/hls/:stream/index.m3u8', ['GET', 'HEAD']);

  app.get('/hls/:stream/:session/:playlist', known, async (request: PlaylistRequest, reply) => {
    const { params } = request;
    const { stream } = hls.find(parseStreamId(params.stream), params.session);
    const rendition = /^([\w-]+)\.m3u8$/.exec(params.playlist)?.[1];
    if (rendition === undefined) throw nothingHere();
    const awaited = awaitedBy(request);
    const playlist = await stream.mediaPlaylist(rendition, awaited, clientGoneSignal(reply));
    if (playlist === undefined) throw nothingHere();
    if (awaited !== undefined) await turns.take();
    return sendPlaylist(request, reply, { playlist, stream });
  });
  reserveMethods(app, '/hls/:stream/:session/:playlist', ['GET', 'HEAD']);

  app.get('/hls/:stream/media/:file', known, async (request: FileRequest, reply) => {
    const stream = hls.stream(parseStreamId(request.params.stream));
    const name = /^([\w-]+)\.(?:m4s|mp4)$/.exec(request.params.file)?.[1];
    const isAwaited = name !== undefined && stream?.presentation.isPromised(name) === true;
    const file = name === undefined ? undefined : await stream?.file(name, clientGoneSignal(reply));
    if (stream === undefined || file === undefined) throw nothingHere();
    if (isAwaited) await turns.take();
    return sendFile(request, reply, { file, stream });
  });
  reserveMethods(app, '/hls/:stream/media/:file', ['GET', 'HEAD']);
}

/** What `_HLS_msn` and `_HLS_part` ask to wait for. Throws `ERR_REQUEST_INVALID`. */
function awaitedBy({ query }: FastifyRequest): Awaited | undefined {
  const given = typeof query === 'object' && query !== null ? query : {};
  const [number, part] = ['_HLS_msn', '_HLS_part'].map((key) => {
    const value: unknown = Reflect.get(given, key);
    if (value === undefined) return undefined;
    if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value);
    throw new GatewayError('ERR_REQUEST_INVALID', `${key} must be a whole number.`);
  });
  if (number !== undefined) return { number, part };
  if (part !== undefined) throw new GatewayError('ERR_REQUEST_INVALID', '_HLS_part needs _HLS_msn.');
  return undefined;
}

function sendPlaylist(
  request: FastifyRequest,
  reply: FastifyReply,
  { playlist, stream }: { readonly playlist: Playlist; readonly stream: HlsStream },
): FastifyReply {
  const isGzip = /\bgzip\b/.test(request.headers['accept-encoding']?.toString() ?? '');
  const etag = `"${playlist.hash}${isGzip ? '-gzip' : ''}"`;
  // A copy may be kept but must be asked about: the next one may be a fifth of a second away.
  reply.headers({ ETag: etag, 'Cache-Control': 'no-cache' }).header('Vary', varyOf(reply));
  if (isKnown(request, etag)) return reply.code(304).send();
  reply.type(playlistType);
  if (isGzip) reply.header('Content-Encoding', 'gzip');
  const body = isGzip ? playlist.gzip : Buffer.from(playlist.text);
  stream.countSent(body.length);
  return reply.send(body);
}

function sendFile(
  request: FileRequest,
  reply: FastifyReply,
  { file, stream }: { readonly file: MediaFile; readonly stream: HlsStream },
): FastifyReply {
  const size = file.chunks.reduce((sum, { length }) => sum + length, 0);
  const etag = `"${file.name}"`;
  reply.headers({ ETag: etag, 'Cache-Control': 'public, max-age=3600, immutable', 'Accept-Ranges': 'bytes' });
  if (isKnown(request, etag)) return reply.code(304).send();
  const range = request.headers['if-range'] === undefined ? parseRange(request.headers.range, size) : 'whole';
  if (range === 'unsatisfiable') return reply.code(416).header('Content-Range', `bytes */${size}`).send();
  reply.type(`${file.kind}/mp4`);
  if (range === 'whole') return sendChunks(reply.header('Content-Length', size), file.chunks, { request, stream });
  const { first, last } = range;
  reply.code(206).headers({ 'Content-Range': `bytes ${first}-${last}/${size}`, 'Content-Length': last + 1 - first });
  return sendChunks(reply, sliceChunks(file.chunks, range), { request, stream });
}

/** Past the library, which would make a stream of it: a segment is a list of buffers that all who read it share. */
function sendChunks(
  reply: FastifyReply,
  chunks: readonly Uint8Array[],
  { request, stream }: { readonly request: FastifyRequest; readonly stream: HlsStream },
): FastifyReply {
  const { raw } = reply.hijack();
  for (const [name, value] of Object.entries(reply.getHeaders())) if (value !== undefined) raw.setHeader(name, value);
  raw.statusCode = reply.statusCode;
  if (request.method !== 'HEAD') {
    raw.cork();
    for (const chunk of chunks) {
      raw.write(chunk);
      stream.countSent(chunk.length);
    }
    raw.uncork();
  }
  raw.end();
  return reply;
}

function isKnown({ headers }: FastifyRequest, etag: string): boolean {
  const tags = headers['if-none-match']?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? [];
  return tags.includes(etag) || tags.includes('*');
}

/** Besides what the origin decides. */
function varyOf(reply: FastifyReply): string {
  const others = reply.getHeader('Vary');
  return typeof others === 'string' ? `${others}, Accept-Encoding` : 'Accept-Encoding';
}

function nothingHere(): GatewayError {
  return new GatewayError('ERR_NOT_FOUND', 'There is nothing at this URL: it never was, or it has left the playlist.');
}
