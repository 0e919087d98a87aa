import { fileURLToPath } from 'node:url';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import { parseStreamId } from '../streams/stream-id.ts';
import type { Gate } from './gate.ts';
import { reserveMethods } from './reserve-methods.ts';

/** Everything that a page loads comes from here; hls.js makes its videos in the page, which are blobs. Framing is allowed: players are made to be embedded. */
const pageHeaders = {
  'Content-Security-Policy': "default-src 'self'; media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'",
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Permitted-Cross-Domain-Policies': 'none',
  'Permissions-Policy': 'geolocation=(), payment=(), usb=(), serial=(), hid=(), midi=()',
  'Cache-Control': 'no-cache', // names of assets carry no hash, so browsers ask whether theirs is still right
};

/** hls.js under the names that our modules load it by. */
const hlsFiles = [
  ['hls.js', 'hls.min.mjs'],
  ['hls.worker.js', 'hls.worker.js'],
] as const;

/** `dist` of its package. */
const hlsRoot = fileURLToPath(new URL('.', import.meta.resolve('hls.js')));

/** `/` and `/recordings` (which list things, so they need the operator's grant), `/publish/{stream}`, `/watch/{stream}`, and under `/web/` the modules that they load, which other pages may import too. */
export async function pages(app: FastifyInstance, { root, gate }: { readonly root: string; readonly gate: Gate }): Promise<void> {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(pageHeaders);
  });
  app.addHook('onRequest', gate.requireTransport);
  await app.register(fastifyStatic, { root, prefix: '/web/', index: false, cacheControl: false });
  for (const [url, file] of hlsFiles) app.get(`/web/${url}`, async (_request, reply) => reply.sendFile(file, hlsRoot));
  const forOperators = { onRequest: gate.guard({ action: 'operate', tokenInQuery: true }) };
  app.get('/', forOperators, async (_request, reply) => reply.sendFile('index.html'));
  app.get('/recordings', forOperators, async (request, reply) => {
    const { pathname, search } = new URL(request.url, 'http://any');
    if (pathname.endsWith('/')) return reply.redirect(`../recordings${search}`, 308); // the page's own URLs are relative
    return reply.sendFile('recordings.html');
  });
  reserveMethods(app, '/recordings', ['GET', 'HEAD']);
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
