import { request as httpRequest } from 'node:http';
import request from 'supertest';
import { expect } from 'vitest';
import { openConfigured, publish, readOffer, test } from './configured-gateway.ts';

const sdp = 'application/sdp';
const aText: unknown = expect.any(String);

/** POSTs without Content-Length. */
async function statusOfChunked(url: string, body: Buffer): Promise<number | undefined> {
  const post = httpRequest(url, { method: 'POST', headers: { 'Content-Type': sdp } });
  post.write(body.subarray(0, 50_000));
  post.end(body.subarray(50_000));
  return new Promise((resolve, reject) => {
    post.once('error', reject);
    post.once('response', (response) => {
      resolve(response.resume().statusCode);
    });
  });
}

test('B02 B08 B09 B10 a WHIP offer gets 201 with an answer, an absolute Location and a strong ETag', async ({ gateway }) => {
  const { response } = await publish(gateway);
  expect(response.headers['content-type']).toBe(sdp);
  expect(response.headers['location']).toMatch(new RegExp(`^${gateway.url}/whip/show/[A-Za-z0-9_-]{22}$`));
  expect(response.headers['etag']).toMatch(/^"[^"]+"$/);
  expect(response.headers['content-encoding']).toBeUndefined();
  const { text } = response;
  expect(response.headers['content-length']).toBe(String(text.length));
  expect(text).toMatch(/^v=0\r\n/);
  expect(text).toMatch(/\r\n$/);
  expect(text.length).toBeLessThan(8192);
});

test.for(['Application/SDP; charset=utf-8', 'application/sdp ;x=1'])('B05 Content-Type "%s" is SDP', async (type, { gateway }) => {
  const response = await request(gateway.url).post('/whip/show').set('Content-Type', type).send(readOffer('chromium-plain'));
  expect(response.status).toBe(201);
});

test.for(['text/plain', 'application/json', 'application/x-www-form-urlencoded', 'nonsense', undefined])(
  'B03 a POST of type %s gets 415 and is told what to send',
  async (type, { gateway }) => {
    for (const path of ['/whip/show', '/whep/show']) {
      const post = request(gateway.url).post(path);
      if (type !== undefined) post.set('Content-Type', type);
      else post.unset('Content-Type');
      const response = await post.serialize(String).send(Buffer.from(readOffer('chromium-plain')));
      expect(response.status).toBe(415);
      expect(response.headers['accept-post']).toBe(sdp);
      expect(response.body).toMatchObject({ code: 'ERR_CONTENT_TYPE' });
    }
  },
);

test.for([
  ['hello', 400, 'ERR_OFFER_MALFORMED'],
  ['', 400, 'ERR_OFFER_MALFORMED'],
] as const)('B04 B06 the offer "%s" gets %d', async ([text, status, code], { gateway }) => {
  const response = await request(gateway.url).post('/whip/show').type(sdp).send(text);
  expect(response.status).toBe(status);
  expect(response.body).toMatchObject({ status, code });
});

test('A06 an error is application/problem+json that says what to do, with no SDP and no stack in it', async ({ gateway }) => {
  const offer = readOffer('chromium-plain').replaceAll(/a=fingerprint.*\r\n/g, '');
  const response = await request(gateway.url).post('/whip/show').type(sdp).send(offer);
  expect(response.status).toBe(422);
  expect(response.headers['content-type']).toBe('application/problem+json');
  expect(response.body).toEqual({ title: 'Unprocessable Entity', status: 422, code: 'ERR_OFFER_FINGERPRINT', detail: aText });
  expect(JSON.stringify(response.body)).not.toMatch(/v=0|m=video|\bat .*\.ts/);
});

test('L08 a body over 64 KiB gets 413, announced or not, and the connection lives on', async ({ gateway }) => {
  const large = Buffer.alloc(1024 * 1024, 'a');
  const announced = await request(gateway.url).post('/whip/show').type(sdp).send(large);
  expect(announced.status).toBe(413);
  expect(announced.body).toMatchObject({ code: 'ERR_BODY_TOO_LARGE' });
  expect(await statusOfChunked(`${gateway.url}/whip/show`, large)).toBe(413);
  await publish(gateway);
});

test('A01 GET on an endpoint and on a session has no content', async ({ gateway }) => {
  const { path } = await publish(gateway);
  for (const url of ['/whip/show', path]) {
    const response = await request(gateway.url).get(url);
    expect(response.status).toBe(204);
    expect(response.text).toBe('');
  }
});

test('A02 A03 GET and HEAD on a WHEP endpoint tell players that it is one, without a body', async ({ gateway }) => {
  for (const response of [await request(gateway.url).get('/whep/show'), await request(gateway.url).head('/whep/show')]) {
    expect(response.status).toBe(200);
    expect(response.headers['content-type']).toBe(sdp);
    expect(response.headers['content-length']).toBe('0');
  }
});

test('A04 methods that mean nothing get 405 with Allow', async ({ gateway }) => {
  const { path } = await publish(gateway);
  const cases = [
    ['put', '/whip/show', 'GET, HEAD, POST, OPTIONS'],
    ['delete', '/whep/show', 'GET, HEAD, POST, OPTIONS'],
    ['patch', '/whip/show', 'GET, HEAD, POST, OPTIONS'],
    ['post', path, 'GET, HEAD, PATCH, DELETE, OPTIONS'],
    ['put', path, 'GET, HEAD, PATCH, DELETE, OPTIONS'],
    ['post', '/health', 'GET, HEAD, OPTIONS'],
  ] as const;
  for (const [method, url, allow] of cases) {
    const response = await request(gateway.url)[method](url);
    expect(response.status).toBe(405);
    expect(response.headers['allow']).toBe(allow);
    expect(response.body).toMatchObject({ code: 'ERR_METHOD_NOT_ALLOWED' });
  }
});

test('a URL that nothing is behind gets 404 and says where to publish', async ({ gateway }) => {
  for (const url of ['/nothing', '/whip/a.b', '/whip/%zz', `/whip/${'a'.repeat(65)}`]) {
    const response = await request(gateway.url).post(url).type(sdp).send('v=0');
    expect([url, response.headers['content-type']]).toEqual([url, 'application/problem+json']);
    expect(response.status).toBe(url === '/whip/%zz' ? 400 : 404);
    expect(response.headers['access-control-allow-origin']).toBe('*');
  }
});

test('D08 watching a stream that nobody publishes gets 409 and is told when to come back', async ({ gateway }) => {
  const response = await request(gateway.url).post('/whep/nobody').type(sdp).send(readOffer('chromium-whep'));
  expect(response.status).toBe(409);
  expect(response.headers['retry-after']).toMatch(/^\d+$/);
  expect(response.body).toMatchObject({ code: 'ERR_STREAM_NOT_LIVE' });
});

test('B09 Location follows http.publicUrl', async () => {
  await using gateway = await openConfigured({ SLUICE_HTTP_PUBLIC_URL: 'https://live.example.com/' });
  const response = await request(gateway.url)
    .post('/whip/show')
    .type(sdp)
    .set('X-Forwarded-Host', 'evil.example')
    .send(readOffer('chromium-plain'));
  expect(response.headers['location']).toMatch(/^https:\/\/live\.example\.com\/whip\/show\/[\w-]{22}$/);
});

test.for([
  ['true', 'https://cam.example/whip/show/'],
  ['false', 'http://gateway.example/whip/show/'],
] as const)('B09 with http.trustProxy %s a proxied request gets a Location at %s', async ([trustProxy, start]) => {
  await using gateway = await openConfigured({ SLUICE_HTTP_TRUST_PROXY: trustProxy });
  const response = await request(gateway.url)
    .post('/whip/show')
    .type(sdp)
    .set({ Host: 'gateway.example', 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'cam.example' })
    .send(readOffer('chromium-plain'));
  expect(response.headers['location']).toMatch(new RegExp(`^${start}`));
});

test('L01 a slash at the end makes no difference, and no POST is redirected', async ({ gateway }) => {
  const response = await request(gateway.url).post('/whip/show/').redirects(0).type(sdp).send(readOffer('chromium-plain'));
  expect(response.status).toBe(201);
});
