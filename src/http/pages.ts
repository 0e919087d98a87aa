import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { parseStreamId } from '../streams/stream-id.ts';
import { reserveMethods } from './reserve-methods.ts';

/** Everything that a page loads comes from here. Framing is allowed: players are made to be embedded. */
const pageHeaders = {
  'Content-Security-Policy': "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'",
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-cache', // names of assets carry no hash, so browsers ask whether theirs is still right
};

/** `/`, `/publish/{stream}`, `/watch/{stream}`, and under `/web/` the modules that they load, which other pages may import too. */
export async function pages(app: FastifyInstance, { root }: { readonly root: string }): Promise<void> {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(pageHeaders);
  });
  await app.register(fastifyStatic, { root, prefix: '/web/', index: false, cacheControl: false });
  app.get('/', async (_request, reply) => reply.sendFile('index.html'));
  for (const page of ['publish', 'watch']) {
    app.get<{ Params: { stream: string } }>(`/${page}/:stream`, async ({ params }, reply) => {
      const streamId = parseStreamId(params.stream);
      const { pathname, search } = new URL(reply.request.url, 'http://any');
      if (pathname.endsWith('/')) return reply.redirect(`../${streamId}${search}`, 308); // the pages' own URLs are relative
      return reply.sendFile(`${page}.html`);
    });
    reserveMethods(app, `/${page}/:stream`, ['GET', 'HEAD']);
  }
  reserveMethods(app, '/', ['GET', 'HEAD']);
}
