import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { deleteSession, ExchangeError, postOffer } from '../../../src/web/offer-exchange.ts';

/** A server that notes what it is asked and answers as it is told. */
async function openServer(answer: (response: ServerResponse) => void) {
  const requests: { method: string | undefined; url: string | undefined; headers: IncomingHttpHeaders; body: string }[] = [];
  const receive = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests.push({ method: request.method, url: request.url, headers: request.headers, body: await text(request) });
    answer(response);
  };
  const server = createServer((request, response) => void receive(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { requests, origin: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: close };
}

const noSignal = new AbortController().signal;

async function errorOf(exchange: Promise<unknown>): Promise<ExchangeError> {
  const error: unknown = await exchange.catch((reason: unknown) => reason);
  if (error instanceof ExchangeError) return error;
  throw new Error('there was no ExchangeError', { cause: error });
}

test('an offer goes out as SDP with the token, and the answer comes back', async () => {
  await using server = await openServer((response) => response.writeHead(201, { Location: '/whip/show/s' }).end('v=0 answer'));
  const exchanged = await postOffer({ url: `${server.origin}/whip/show`, token: 'sesame' }, 'v=0 offer', noSignal);
  expect(exchanged).toMatchObject({ answerText: 'v=0 answer', sessionUrl: `${server.origin}/whip/show/s` });
  expect(server.requests).toMatchObject([
    {
      method: 'POST',
      url: '/whip/show',
      headers: { 'content-type': 'application/sdp', authorization: 'Bearer sesame' },
      body: 'v=0 offer',
    },
  ]);
});

test.for([
  ['https://other.example/whip/show/s', 'https://other.example/whip/show/s'],
  ['show/s', '/live/whip/show/s'],
  ['/elsewhere/s', '/elsewhere/s'],
] as const)('the Location %s names the session %s', async ([location, expected]) => {
  await using server = await openServer((response) => response.writeHead(201, { Location: location }).end());
  const { sessionUrl } = await postOffer({ url: `${server.origin}/live/whip/show` }, '', noSignal);
  expect(sessionUrl).toBe(new URL(expected, server.origin).href);
});

test.for([undefined, ''])('with the token %j there is no Authorization', async (token) => {
  await using server = await openServer((response) => response.writeHead(204).end());
  await deleteSession(`${server.origin}/whip/show/s`, token);
  expect(server.requests).toMatchObject([{ method: 'DELETE', url: '/whip/show/s' }]);
  expect(server.requests[0]?.headers.authorization).toBeUndefined();
});

const problem = JSON.stringify({ code: 'ERR_STREAM_NOT_LIVE', detail: 'Nobody publishes.' });

test.for<[string, number, Record<string, string>, string, object]>([
  [
    'in the server’s own words',
    409,
    { 'Retry-After': '1' },
    problem,
    { message: 'Nobody publishes.', code: 'ERR_STREAM_NOT_LIVE', retryAfterSeconds: 1 },
  ],
  [
    'of another server in ours',
    403,
    {},
    '<h1>no</h1>',
    { message: 'The server refused with status 403.', code: 'HTTP_403', retryAfterSeconds: undefined },
  ],
  ['with JSON that says nothing', 400, {}, '[1]', { code: 'HTTP_400' }],
  ['until a time that is over', 503, { 'Retry-After': 'Thu, 01 Jan 1970 00:00:00 GMT' }, '', { code: 'HTTP_503', retryAfterSeconds: 0 }],
  ['until nobody knows when', 503, { 'Retry-After': 'soon' }, '', { retryAfterSeconds: undefined }],
  ['by an offer in place of an answer', 406, {}, 'v=0', { code: 'HTTP_406' }],
  ['by a 201 without a session', 201, {}, 'v=0', { code: 'ERR_NO_LOCATION' }],
])('a refusal %s is an error that says so', async ([, status, headers, body, expected]) => {
  await using server = await openServer((response) => response.writeHead(status, headers).end(body));
  const error = await errorOf(postOffer({ url: server.origin }, '', noSignal));
  expect(error).toMatchObject({ status, ...expected });
});

test('a server that is not there is unreachable, and there is no session to end', async () => {
  const { origin, ...server } = await openServer(() => {});
  await server[Symbol.asyncDispose]();
  expect(await errorOf(postOffer({ url: origin }, '', noSignal))).toMatchObject({ code: 'ERR_UNREACHABLE', status: undefined });
  await expect(deleteSession(`${origin}/s`, undefined)).resolves.toBeUndefined();
});

test('an answer that breaks off is an error, and its session is ended', async () => {
  await using server = await openServer((response) => {
    if (server.requests.length > 1) return void response.end();
    response.writeHead(201, { Location: '/s', 'Content-Length': '1000' }).write('v=0', () => response.destroy());
  });
  expect(await errorOf(postOffer({ url: server.origin }, '', noSignal))).toMatchObject({ code: 'ERR_UNREACHABLE' });
  await expect.poll(() => server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /', 'DELETE /s']);
});

test('who gives up gets their own reason back', async () => {
  const giving = new AbortController();
  await using server = await openServer(() => giving.abort(new TypeError('enough')));
  await expect(postOffer({ url: server.origin }, '', giving.signal)).rejects.toThrow('enough');
});
