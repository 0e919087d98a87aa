import type { FastifyInstance } from 'fastify';
import { GatewayError } from '../errors.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import { readBody, requireContentType } from './body.ts';
import type { Gate } from './gate.ts';
import { parseLayerRequest } from './layer-request.ts';
import { reserveMethods } from './reserve-methods.ts';
import { viewerOf, type ViewerRequest } from './viewer-session.ts';

/** What a session's extensions work with. */
export interface ExtensionDeps {
  readonly registry: StreamRegistry;
  readonly gate: Gate;
  /** Longest body, in bytes. Default 64 KiB. */
  readonly bodyBytes?: number | undefined;
}

/**
 * `/whep/{stream}/{session}/layer`: POST chooses the layers of the session's video, `{"mediaId": "0"}` alone or DELETE leaves the choice to
 * the gateway. GET, which the extension does not have, tells what was chosen, what is sent, and what the network is thought to carry.
 *
 * @see WHEP core extensions, video layer selection
 */
export function layerResource(app: FastifyInstance, { registry, gate, bodyBytes }: ExtensionDeps): void {
  const url = '/whep/:stream/:session/layer';
  const guarded = { onRequest: gate.guard({ action: 'play', session: 'uses' }) };

  app.post(url, guarded, async (request: ViewerRequest, reply) => {
    const session = viewerOf(registry, request);
    requireContentType(request, 'application/json');
    const { mediaId, wish } = parseLayerRequest(await readBody(request, bodyBytes));
    if (mediaId !== undefined && !session.isVideo(mediaId)) {
      throw new GatewayError('ERR_LAYER_UNKNOWN', 'mediaId names no video section; give its number among the sections of your SDP.');
    }
    session.layers.choose(wish);
    return reply.code(200).send();
  });

  app.route({
    url,
    method: ['GET', 'HEAD'],
    ...guarded,
    handler: async (request: ViewerRequest, reply) => {
      const session = viewerOf(registry, request);
      const { spatialLayer, temporalLayer } = session.layers.current ?? {};
      reply.header('Cache-Control', 'no-store');
      return { wish: session.layers.wish, spatialLayerId: spatialLayer, temporalLayerId: temporalLayer, estimate: session.estimate };
    },
  });

  app.delete(url, guarded, async (request: ViewerRequest, reply) => {
    viewerOf(registry, request).layers.choose({});
    return reply.code(200).send();
  });

  reserveMethods(app, url, ['GET', 'HEAD', 'POST', 'DELETE']);
}
