import request from 'supertest';
import { expect, test } from 'vitest';
import { openService, replyJson } from '../fixtures/auth.ts';
import { NativePublisher } from '../fixtures/native-peer.ts';
import { type ConfiguredGateway, openConfigured, publish, readOffer } from './configured-gateway.ts';

const sdp = 'application/sdp';

function post({ url }: ConfiguredGateway, path: string, { offer = readOffer('chromium-plain'), from = '', token = '' } = {}) {
  const asked = request(url).post(path).type(sdp);
  if (from !== '') asked.set('X-Forwarded-For', from);
  if (token !== '') asked.auth(token, { type: 'bearer' });
  return asked.send(offer);
}

async function statuses(requests: readonly PromiseLike<request.Response>[]): Promise<number[]> {
  const responses = [];
  for (const each of requests) responses.push((await each).status);
  return responses;
}

test.for([
  ['POST', 'SLUICE_LIMITS_POSTS_PER_MINUTE', '/whip/show'],
  ['PATCH', 'SLUICE_LIMITS_PATCHES_PER_MINUTE', `/whip/show/${'A'.repeat(22)}`],
  ['DELETE', 'SLUICE_LIMITS_DELETES_PER_MINUTE', `/whep/show/${'A'.repeat(22)}`],
] as const)('L07 O04 O05 a burst of %s gets 429 with Retry-After, whatever else is wrong', async ([method, variable, path]) => {
  await using gateway = await openConfigured({ [variable]: '3', SLUICE_AUTH_MODE: 'keys', SLUICE_AUTH_KEYS_PUBLISH: 'key-of-publish' });
  const send = async () => fetch(`${gateway.url}${path}`, { method });
  for (let count = 0; count < 3; count += 1) expect((await send()).status).toBe(401);
  const refused = await send();
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
  expect(refused.headers.get('Access-Control-Allow-Origin')).toBe('*');
  expect(await refused.json()).toMatchObject({ code: 'ERR_RATE_LIMITED' });
  expect((await fetch(`${gateway.url}/whip/show`, { method: 'OPTIONS' })).status).toBe(200);
  expect((await fetch(`${gateway.url}/whip/show`)).status).toBe(401);
});

test('guesses by GET are limited as well', async () => {
  await using gateway = await openConfigured({
    SLUICE_LIMITS_GETS_PER_MINUTE: '4',
    SLUICE_AUTH_MODE: 'keys',
    SLUICE_AUTH_KEYS_OPERATE: 'key-of-operate',
  });
  const guess = (path: string) => request(gateway.url).get(path).auth('a-wrong-key', { type: 'bearer' });
  expect(await statuses(['/metrics', '/whip/show', '/api/v1/streams', '/health', '/metrics', '/health'].map(guess))).toEqual([
    401, 401, 401, 200, 429, 429,
  ]);
  expect(await statuses([request(gateway.url).get('/livez'), request(gateway.url).get('/readyz')])).toEqual([200, 200]);
});

test('rates count for addresses that the proxy saw, of IPv6 for the network, and not for those that clients claim', async () => {
  await using gateway = await openConfigured({ SLUICE_LIMITS_POSTS_PER_MINUTE: '1', SLUICE_HTTP_TRUST_PROXY: 'true' });
  const from = (address: string) => post(gateway, '/whip/show', { offer: 'x', from: address });
  expect(await statuses([from('192.0.2.1'), from('192.0.2.2'), from('192.0.2.1')])).toEqual([400, 400, 429]);
  expect(await statuses([from('198.51.100.7, 192.0.2.1'), from('192.0.2.1, 192.0.2.3')])).toEqual([429, 400]);
  expect(await statuses([from('2001:db8:1:2::1'), from('2001:db8:1:2:ffff::9'), from('2001:db8:1:3::1')])).toEqual([400, 429, 400]);
});

test('without http.trustProxy X-Forwarded-For changes nothing', async () => {
  await using gateway = await openConfigured({ SLUICE_LIMITS_POSTS_PER_MINUTE: '1' });
  const from = (address: string) => post(gateway, '/whip/show', { offer: 'x', from: address });
  expect(await statuses([from('192.0.2.1'), from('192.0.2.2')])).toEqual([400, 429]);
});

test('L08 publishers: 503 for all of them, 429 for one address, and both after 422 and 409', async () => {
  await using gateway = await openConfigured(
    { SLUICE_LIMITS_PUBLISHERS: '3', SLUICE_LIMITS_PUBLISHERS_PER_ADDRESS: '2', SLUICE_HTTP_TRUST_PROXY: 'true' },
    { yaml: 'streams: { patterns: [{ match: mine, takeover: reject }] }' },
  );
  const from = '192.0.2.1';
  expect(await statuses([post(gateway, '/whip/mine', { from }), post(gateway, '/whip/b', { from })])).toEqual([201, 201]);
  const third = await post(gateway, '/whip/c', { from });
  expect(third.status).toBe(429);
  expect(third.body).toMatchObject({ code: 'ERR_TOO_MANY_SESSIONS' });
  expect(third.headers['retry-after']).toMatch(/^\d+$/);
  expect((await post(gateway, '/whip/c', { from: '192.0.2.2' })).status).toBe(201);
  const fourth = await post(gateway, '/whip/d', { from: '192.0.2.3' });
  expect(fourth.status).toBe(503);
  expect(fourth.body).toMatchObject({ code: 'ERR_LIMIT_REACHED' });
  expect(fourth.headers['retry-after']).toMatch(/^\d+$/);
  expect((await post(gateway, '/whip/d', { from, offer: readOffer('hevc-only') })).status).toBe(422);
  expect((await post(gateway, '/whip/mine', { from })).status).toBe(409);
  expect(gateway.registry.counts()).toMatchObject({ publishers: 3, streams: 3 });
});

test('a publisher that comes back takes the place of the one that it replaces, even where all places are taken', async () => {
  await using gateway = await openConfigured({ SLUICE_LIMITS_PUBLISHERS: '1', SLUICE_LIMITS_PUBLISHERS_PER_ADDRESS: '1' });
  await publish(gateway);
  await publish(gateway);
  expect((await post(gateway, '/whip/other')).status).toBe(503);
  expect(gateway.registry.counts().publishers).toBe(1);
});

test('a place is free again when its session has ended, or never was', async () => {
  await using gateway = await openConfigured({ SLUICE_LIMITS_PUBLISHERS: '1' });
  const { path } = await publish(gateway);
  expect((await post(gateway, '/whip/other')).status).toBe(503);
  await request(gateway.url).delete(path);
  expect((await post(gateway, '/whip/other', { offer: 'no offer' })).status).toBe(400);
  expect((await post(gateway, '/whip/other')).status).toBe(201);
});

test('L08 viewers: of one stream, of one address and of all', async () => {
  await using gateway = await openConfigured({
    SLUICE_LIMITS_VIEWERS: '4',
    SLUICE_LIMITS_VIEWERS_PER_STREAM: '3',
    SLUICE_LIMITS_VIEWERS_PER_ADDRESS: '2',
    SLUICE_HTTP_TRUST_PROXY: 'true',
  });
  await using _show = await NativePublisher.open(`${gateway.url}/whip/show`);
  await using _other = await NativePublisher.open(`${gateway.url}/whip/other`);
  await expect.poll(() => gateway.registry.counts().live, { interval: 20 }).toBe(2);
  const watch = async (stream: string, from: string) => {
    const response = await post(gateway, `/whep/${stream}`, { from, offer: readOffer('chromium-whep') });
    const body: unknown = response.body;
    const code = typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined;
    return response.status === 201 ? 201 : `${response.status} ${String(code)}`;
  };
  expect([await watch('show', '192.0.2.1'), await watch('show', '192.0.2.1')]).toEqual([201, 201]);
  expect(await watch('show', '192.0.2.1')).toBe('429 ERR_TOO_MANY_SESSIONS');
  expect(await watch('show', '192.0.2.2')).toBe(201);
  expect(await watch('show', '192.0.2.3')).toBe('503 ERR_LIMIT_REACHED');
  expect(await watch('nobody', '192.0.2.3')).toBe('409 ERR_STREAM_NOT_LIVE');
  expect(await watch('other', '192.0.2.3')).toBe(201);
  expect(await watch('other', '192.0.2.4')).toBe('503 ERR_LIMIT_REACHED');
});

test('sessions with one token are limited, those with another are not concerned', async () => {
  await using gateway = await openConfigured(
    { SLUICE_LIMITS_SESSIONS_PER_TOKEN: '1' },
    {
      yaml: 'auth: { mode: keys, keys: { list: [{ name: a, key: key-of-a, publish: true }, { name: b, key: key-of-b, publish: true }] } }',
    },
  );
  const requests = ['a', 'a', 'b'].map((who, index) => post(gateway, `/whip/show-${index}`, { token: `key-of-${who}` }));
  expect(await statuses(requests)).toEqual([201, 429, 201]);
});

test('the service that grants may say how many sessions a token has, and for how long', async () => {
  await using service = await openService((_request, response) => replyJson(response, { maxSessions: 1, expiresInSeconds: 3 }));
  await using gateway = await openConfigured({ SLUICE_AUTH_MODE: 'http', SLUICE_AUTH_HTTP_URL: service.url });
  const requests = ['a', 'b'].map((stream) => post(gateway, `/whip/${stream}`, { token: 'token' }));
  expect(await statuses(requests)).toEqual([201, 429]);
  await expect.poll(() => gateway.registry.counts().publishers, { interval: 50 }).toBe(0);
  expect((await post(gateway, '/whip/c', { token: 'token' })).status).toBe(201);
});

test('no session lives longer than limits.sessionAge', async () => {
  await using gateway = await openConfigured({ SLUICE_LIMITS_SESSION_AGE: '500ms' });
  const endings: string[] = [];
  gateway.registry.observer.on('closed', (_session, { ending }) => endings.push(ending));
  await publish(gateway);
  await expect.poll(() => endings, { interval: 20 }).toEqual(['expired']);
});

test('a publisher that keeps sending more than it may is ended', async () => {
  await using gateway = await openConfigured({ SLUICE_LIMITS_PUBLISHER_BITRATE: '1000' });
  const endings: string[] = [];
  gateway.registry.observer.on('closed', (_session, { ending }) => endings.push(ending));
  await using _publisher = await NativePublisher.open(`${gateway.url}/whip/show`);
  await expect.poll(() => endings, { interval: 100 }).toEqual(['over-bitrate']);
});

test('L06 under pressure new sessions get 503 with Retry-After, and those that there are go on', async () => {
  await using gateway = await openConfigured({ SLUICE_LIMITS_MEMORY: '1' });
  const { path, etag } = await publish(gateway);
  await expect.poll(async () => (await post(gateway, '/whip/other')).status, { interval: 100 }).toBe(503);
  const refused = await request(gateway.url).post('/whep/show').type('text/plain').send('x');
  expect(refused.status).toBe(503);
  expect(refused.body).toMatchObject({ code: 'ERR_OVERLOADED' });
  expect(refused.headers['retry-after']).toMatch(/^\d+$/);
  const patch = request(gateway.url).patch(path).set('If-Match', etag).type('application/trickle-ice-sdpfrag');
  expect((await patch.send('a=end-of-candidates\r\n')).status).toBe(204);
  expect((await request(gateway.url).get('/readyz')).status).toBe(200);
});
