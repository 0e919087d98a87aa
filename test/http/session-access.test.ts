import request from 'supertest';
import { expect, test } from 'vitest';
import { inSeconds } from '../fixtures/auth.ts';
import { jwtEnvironment, keysYaml, mintToken } from './access-modes.ts';
import { type ConfiguredGateway, openConfigured, readOffer } from './configured-gateway.ts';

const sdp = 'application/sdp';
const fragment = 'application/trickle-ice-sdpfrag';
const bearer = { type: 'bearer' } as const;

async function publishWith({ url }: ConfiguredGateway, token: string, path = '/whip/show') {
  const response = await request(url).post(path).auth(token, bearer).type(sdp).send(readOffer('chromium-plain'));
  expect(response.status).toBe(201);
  return new URL(response.headers['location'] ?? '').pathname;
}

test('K07 H07 a session obeys tokens for its stream and its role only', async () => {
  await using gateway = await openConfigured({}, { yaml: keysYaml });
  const path = await publishWith(gateway, 'key-of-publish');
  for (const method of ['get', 'patch', 'delete'] as const) {
    expect((await request(gateway.url)[method](path)).status).toBe(401);
    for (const token of ['key-of-play', 'key-of-other', 'key-of-operate']) {
      expect([method, token, (await request(gateway.url)[method](path).auth(token, bearer)).status]).toEqual([method, token, 403]);
    }
  }
  const patch = request(gateway.url).patch(path).auth('key-of-publish', bearer).set('If-Match', '*').type(fragment);
  expect((await patch.send('a=end-of-candidates\r\n')).status).toBe(204);
  expect((await request(gateway.url).delete(path).auth('key-of-publish', bearer)).status).toBe(200);
});

test('O06 without a good token a live session looks like one that never was', async () => {
  await using gateway = await openConfigured({}, { yaml: keysYaml });
  const live = await publishWith(gateway, 'key-of-publish');
  for (const token of ['', 'key-of-nobody', 'key-of-other']) {
    const look = async (path: string) => {
      const asked = request(gateway.url).patch(path);
      const response = token === '' ? await asked : await asked.auth(token, bearer);
      const body: unknown = response.body;
      return { status: response.status, headers: { ...response.headers, date: undefined }, body };
    };
    expect(await look(live)).toEqual(await look(`/whip/show/${'A'.repeat(22)}`));
  }
});

test('H07 with auth.sessionUrlIsCapability who knows the URL needs no token', async () => {
  await using gateway = await openConfigured({ SLUICE_AUTH_SESSION_URL_IS_CAPABILITY: 'true' }, { yaml: keysYaml });
  const path = await publishWith(gateway, 'key-of-publish');
  const patch = request(gateway.url).patch(path).set('If-Match', '*').type(fragment);
  expect((await patch.send('a=end-of-candidates\r\n')).status).toBe(204);
  expect((await request(gateway.url).delete(path)).status).toBe(200);
  expect((await request(gateway.url).post('/whip/show').type(sdp).send('v=0')).status).toBe(401);
});

test('/whip without a name publishes the stream that the token names', async () => {
  await using gateway = await openConfigured(jwtEnvironment);
  const path = await publishWith(gateway, await mintToken({ sluice: { publish: ['show'] } }), '/whip');
  expect(path).toMatch(/^\/whip\/show\/[\w-]{22}$/);
  expect(gateway.registry.reports()).toMatchObject([{ streamId: 'show' }]);
  const vague = request(gateway.url)
    .post('/whip')
    .auth(await mintToken({ sluice: { publish: true } }), bearer);
  expect((await vague.type(sdp).send('v=0')).status).toBe(403);
  expect((await request(gateway.url).put('/whip')).status).toBe(405);
});

test('/whip without a name is refused where nobody needs a token', async () => {
  await using gateway = await openConfigured();
  const response = await request(gateway.url).post('/whip').type(sdp).send(readOffer('chromium-plain'));
  expect(response.status).toBe(403);
  expect(response.body).toMatchObject({ code: 'ERR_FORBIDDEN' });
});

test.for([
  ['true', 0],
  ['false', 1],
] as const)('with auth.jwt.endsSession %s there are %d sessions after exp', async ([endsSession, left]) => {
  await using gateway = await openConfigured({
    ...jwtEnvironment,
    SLUICE_AUTH_JWT_ENDS_SESSION: endsSession,
    SLUICE_AUTH_JWT_CLOCK_TOLERANCE: '0s',
  });
  const endings: string[] = [];
  gateway.registry.observer.on('closed', (_session, { ending }) => endings.push(ending));
  const exp = inSeconds(4);
  await publishWith(gateway, await mintToken({ exp, sluice: { publish: ['show'] } }));
  await expect.poll(() => Date.now() / 1000, { interval: 50 }).toBeGreaterThan(exp + 0.5);
  await expect.poll(() => gateway.registry.counts().publishers).toBe(left);
  expect(endings).toEqual(left === 0 ? ['expired'] : []);
});

test('a viewer of some streams sees those in the list, an operator all, and nobody else any', async () => {
  await using gateway = await openConfigured(jwtEnvironment);
  const all = await mintToken({ sluice: { publish: true, operate: true } });
  for (const stream of ['show', 'secret']) await publishWith(gateway, all, `/whip/${stream}`);
  const list = async (claims: object | undefined) => {
    const asked = request(gateway.url).get('/api/v1/streams');
    const response = await (claims === undefined ? asked : asked.auth(await mintToken({ sluice: claims }), bearer));
    const body: unknown = response.body;
    return [response.status, Array.isArray(body) ? body.map(({ streamId }: { streamId: string }) => streamId) : []];
  };
  expect(await list({ operate: true })).toEqual([200, ['show', 'secret']]);
  expect(await list({ play: ['show'] })).toEqual([200, ['show']]);
  expect(await list({ play: ['other'] })).toEqual([403, []]);
  expect(await list({ publish: ['show'] })).toEqual([403, []]);
  expect(await list(undefined)).toEqual([401, []]);
});

test("without the operator's grant /health says nothing but its status, and /livez and /readyz are as bare as ever", async () => {
  await using gateway = await openConfigured({}, { yaml: keysYaml });
  const read = async (path: string, token?: string) => {
    const asked = request(gateway.url).get(path);
    return (await (token === undefined ? asked : asked.auth(token, bearer))).body as unknown;
  };
  expect(await read('/health')).toEqual({ status: 'ok' });
  expect(await read('/health', 'key-of-play')).toEqual({ status: 'ok' });
  expect(await read('/health', 'key-of-operate')).toMatchObject({ status: 'ok', streams: 0 });
  expect(await read('/livez')).toEqual({ status: 'ok' });
  expect(await read('/readyz')).toEqual({ status: 'ok' });
});
