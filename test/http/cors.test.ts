import request from 'supertest';
import { expect } from 'vitest';
import { readOffer, test } from './configured-gateway.ts';

const session = `/whip/show/${'A'.repeat(22)}`;
const preflight = {
  Origin: 'https://a.example',
  'Access-Control-Request-Method': 'POST',
  'Access-Control-Request-Headers': 'authorization,content-type',
};

test.for([
  ['a preflight', preflight],
  ['OPTIONS without an Origin', {}],
] as const)('I01 I02 I03 I04 %s gets 200 with what may be sent', async ([, headers], { gateway }) => {
  for (const url of ['/whip/show', '/whep/show', session, session.replace('whip', 'whep')]) {
    const response = await request(gateway.url).options(url).set(headers);
    expect(response.status).toBe(200);
    expect(response.headers['content-length']).toBe('0');
    expect(response.headers['access-control-allow-origin']).toBe('*');
    expect(response.headers['access-control-allow-methods']).toBe('OPTIONS, GET, HEAD, POST, PATCH, DELETE');
    expect(response.headers['access-control-allow-headers']).toBe('Authorization, Content-Type, If-Match');
    expect(response.headers['allow']).toContain('OPTIONS');
    expect(response.headers['link']).toBeUndefined();
  }
  expect((await request(gateway.url).options('/whip/show').set(headers)).headers['accept-post']).toBe('application/sdp');
  expect((await request(gateway.url).options(session).set(headers)).headers['accept-patch']).toBe('application/trickle-ice-sdpfrag');
});

test('I05 I06 every response, refusals included, can be read by pages of other origins', async ({ gateway }) => {
  const { url } = gateway;
  const offer = readOffer('chromium-plain');
  const post = (path: string, body: string) => request(url).post(path).type('application/sdp').send(body);
  const created = await post('/whip/show', offer);
  const path = new URL(created.get('Location') ?? '').pathname;
  const responses = [
    created,
    await post('/whip/show', 'hello'),
    await post('/whep/nobody', readOffer('chromium-whep')),
    await post('/whip/bad%zzname', offer),
    await request(url).post('/whip/show').type('text/plain').send('x'),
    await post('/whip/show', 'a'.repeat(100_000)),
    await request(url).put('/whip/show'),
    await request(url).get('/nothing'),
    await request(url).get(session),
    await request(url).patch(path).set('If-Match', '"old"').type('application/trickle-ice-sdpfrag').send('a=end-of-candidates\r\n'),
    await request(url).delete(path),
  ];
  expect(responses.map(({ status }) => status)).toEqual([201, 400, 409, 400, 415, 413, 405, 404, 404, 412, 200]);
  for (const { headers } of responses) {
    expect(headers['access-control-allow-origin']).toBe('*');
    expect(headers['access-control-expose-headers']).toBe(
      'Location, ETag, Link, Retry-After, Accept-Post, Accept-Patch, Access-Control-Allow-Methods',
    );
  }
});
