import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Thumbnails } from '../../egress/thumbnail/thumbnails.ts';
import { GatewayError } from '../../errors.ts';
import type { StreamRegistry } from '../../streams/registry.ts';
import { parseStreamId } from '../../streams/stream-id.ts';
import type { Gate } from '../gate.ts';
import { reserveMethods } from '../reserve-methods.ts';

/** What the thumbnail route works with. */
export interface ThumbnailRouteDeps {
  readonly thumbnails: Pick<Thumbnails, 'of'>;
  readonly registry: Pick<StreamRegistry, 'stream'>;
  readonly gate: Gate;
}

type StreamRequest = FastifyRequest<{ Params: { stream: string } }>;

const url = '/hls/:stream/thumbnail.jpg';

/** `GET /hls/{stream}/thumbnail.jpg`: a small picture of now, to whoever may watch. 404: there is no such stream; 503: no picture. */
export function thumbnailRoute(app: FastifyInstance, { thumbnails, registry, gate }: ThumbnailRouteDeps): void {
  app.get(url, { onRequest: gate.guard({ action: 'play', tokenInQuery: true }) }, async (request: StreamRequest, reply) => {
    const streamId = parseStreamId(request.params.stream);
    if (registry.stream(streamId) === undefined) throw new GatewayError('ERR_STREAM_NOT_FOUND', 'There is no such stream now.');
    const { jpeg, hash, takenAt } = await thumbnails.of(streamId);
    const etag = `"${hash}"`;
    // Whoever asked was allowed to watch; a shared cache would show it to others.
    reply.headers({ ETag: etag, 'Last-Modified': takenAt.toUTCString(), 'Cache-Control': 'private, max-age=5' });
    if (request.headers['if-none-match']?.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag) === true) {
      return reply.code(304).send();
    }
    return reply.type('image/jpeg').send(Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength));
  });
  reserveMethods(app, url, ['GET', 'HEAD']);
}
