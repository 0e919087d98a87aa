import request from 'supertest';
import { expect, test } from 'vitest';
import { openConfigured, readOffer } from './configured-gateway.ts';

test('H08 a gateway that closes ends its sessions, and tells who asks again when to come back', async () => {
  await using gateway = await openConfigured({}, { farewellMs: 3_000 });
  const post = async () => request(gateway.url).post('/whip/show').type('application/sdp').send(readOffer('chromium-plain'));
  const created = await post();
  expect((await request(gateway.url).get('/readyz')).status).toBe(200);

  const closing = gateway.close();
  const refused = await post();
  expect(refused.status).toBe(503);
  expect(refused.headers['retry-after']).toMatch(/^\d+$/);
  expect(refused.body).toMatchObject({ code: 'ERR_DRAINING' });
  expect((await request(gateway.url).post('/whep/show').type('text/plain').send('x')).status).toBe(503);
  expect((await request(gateway.url).get('/readyz')).status).toBe(503);
  expect((await request(gateway.url).get('/livez')).status).toBe(200);
  expect((await request(gateway.url).get(new URL(created.get('Location') ?? '').pathname)).status).toBe(404);

  await closing;
  await expect(fetch(`${gateway.url}/livez`)).rejects.toThrow('fetch failed');
});

test('closing twice is closing once', async () => {
  await using gateway = await openConfigured();
  await expect(Promise.all([gateway.close(), gateway.close()])).resolves.toHaveLength(2);
});

test('a gateway whose HTTP port is taken leaves no media worker behind', async () => {
  await using first = await openConfigured();
  await expect(openConfigured({ SLUICE_HTTP_PORT: String(first.http.port) })).rejects.toThrow(/EADDRINUSE/);
  expect((await request(first.url).get('/readyz')).status).toBe(200);
});
