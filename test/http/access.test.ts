import { Writable } from 'node:stream';
import { pino } from 'pino';
import request from 'supertest';
import { expect, test } from 'vitest';
import { openMode, type Proof, type TestAction } from './access-modes.ts';
import { type ConfiguredGateway, openConfigured, readOffer } from './configured-gateway.ts';

const sdp = 'application/sdp';
const anAnswer = /^v=0\r\n/;

/** Asks for an action on `show`, with what would be a bad request (400) or an answer (200) if it were let in. */
function ask({ url }: ConfiguredGateway, action: TestAction) {
  if (action === 'operate') return request(url).get('/metrics');
  return request(url)
    .post(action === 'publish' ? '/whip/show' : '/whep/show')
    .type(sdp)
    .send('no offer');
}

const outcomes: readonly (readonly [proof: Proof | 'missing', status: number, challenge: RegExp])[] = [
  ['missing', 401, /^Bearer realm="sluice"$/],
  ['bad', 401, /^Bearer realm="sluice", error="invalid_token"/],
  ['expired', 401, /^Bearer realm="sluice", error="invalid_token"/],
  ['for another stream', 403, /^Bearer realm="sluice", error="insufficient_scope"$/],
  ['for another action', 403, /^Bearer realm="sluice", error="insufficient_scope"$/],
];

const rows = (['keys', 'jwt', 'http'] as const).flatMap((mode) =>
  (['publish', 'play', 'operate'] as const).map((action) => [mode, action] as const),
);

test.for(rows)('K01 K02 in mode %s who may %s gets in, and nobody else', async ([mode, action]) => {
  await using guarded = await openMode[mode]();
  const { gateway, tokenFor } = guarded;
  for (const [proof, status, challenge] of outcomes) {
    const asked = ask(gateway, action);
    if (proof !== 'missing') asked.auth(await tokenFor(action, proof), { type: 'bearer' });
    const response = await asked;
    expect([proof, response.status]).toEqual([proof, status]);
    expect(response.headers['www-authenticate']).toMatch(challenge);
    expect(response.headers['access-control-allow-origin']).toBe(action === 'operate' ? undefined : '*');
  }
  const response = await ask(gateway, action).auth(await tokenFor(action, 'good'), { type: 'bearer' });
  expect(response.status).toBe(action === 'operate' ? 200 : 400);
});

test('a service that fails lets nobody in: 503 with Retry-After', async () => {
  await using gateway = await openConfigured({ SLUICE_AUTH_MODE: 'http', SLUICE_AUTH_HTTP_URL: 'http://127.0.0.1:9/' });
  const response = await request(gateway.url).post('/whip/show').auth('x-y', { type: 'bearer' }).type(sdp).send('v=0');
  expect(response.status).toBe(503);
  expect(response.body).toMatchObject({ code: 'ERR_AUTH_UNAVAILABLE' });
  expect(response.headers['retry-after']).toMatch(/^\d+$/);
});

test('O02 the token counts before type, size and offer, and after the method', async () => {
  await using guarded = await openMode.keys();
  const { url } = guarded.gateway;
  expect((await request(url).post('/whip/show').type('text/plain').send('x')).status).toBe(401);
  expect((await request(url).post('/whip/show').set('Content-Type', 'nonsense').send('x')).status).toBe(401);
  expect((await request(url).post('/whip/show').type(sdp).send('a'.repeat(100_000))).status).toBe(401);
  expect((await request(url).put('/whip/show')).status).toBe(405);
  expect((await request(url).post('/whip/a.b').type(sdp).send('v=0')).status).toBe(404);
  expect((await request(url).get('/whip/show')).status).toBe(401);
  expect((await request(url).head('/whep/show')).status).toBe(401);
});

test('O02 a thousand POSTs with bad tokens make no transport', async () => {
  await using guarded = await openMode.keys();
  const { gateway } = guarded;
  const offer = readOffer('chromium-plain');
  const statuses = new Map<number, number>();
  for (let round = 0; round < 20; round += 1) {
    const responses = await Promise.all(
      Array.from({ length: 50 }, async () =>
        fetch(`${gateway.url}/whip/show`, { method: 'POST', headers: { Authorization: 'Bearer bad', 'Content-Type': sdp }, body: offer }),
      ),
    );
    for (const { status } of responses) statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  expect([...statuses.keys()].toSorted((a, b) => a - b)).toEqual([401, 429]);
  const [worker] = await gateway.engine.workers();
  expect(worker).toMatchObject({ routers: 0, transports: 0 });
});

test('I03 a preflight needs no credentials', async () => {
  await using guarded = await openMode.keys();
  for (const url of ['/whip/show', '/whep/show', '/whip', `/whip/show/${'A'.repeat(22)}`]) {
    const preflight = request(guarded.gateway.url).options(url);
    expect((await preflight.set({ Origin: 'https://a.example', 'Access-Control-Request-Method': 'POST' })).status).toBe(200);
  }
});

test.for(['bearer key-of-publish', 'BEARER   key-of-publish', 'Bearer key-of-publish'])('K05 "%s" is a token', async (authorization) => {
  await using guarded = await openMode.keys();
  const response = await ask(guarded.gateway, 'publish').set('Authorization', authorization);
  expect(response.status).toBe(400);
});

test.for([
  ['false', 401],
  ['true', 400],
] as const)('K06 with auth.allowRawToken %s a token without its scheme gets %d', async ([allowed, status]) => {
  await using gateway = await openConfigured({
    SLUICE_AUTH_MODE: 'keys',
    SLUICE_AUTH_KEYS_PUBLISH: 'key-of-publish',
    SLUICE_AUTH_ALLOW_RAW_TOKEN: allowed,
  });
  expect((await ask(gateway, 'publish').set('Authorization', 'key-of-publish')).status).toBe(status);
});

test.for(['Bearer undefined', 'Bearer', 'Basic dTpw', 'nonsense of three words'])(
  'K06 where nobody needs a token, "%s" is ignored',
  async (authorization) => {
    await using gateway = await openConfigured();
    expect((await ask(gateway, 'publish').set('Authorization', authorization)).status).toBe(400);
  },
);

test('modes add up: anyone may watch, keys publish', async () => {
  await using gateway = await openConfigured({
    SLUICE_AUTH_MODE: 'none,keys',
    SLUICE_AUTH_NONE_PLAY: 'show',
    SLUICE_AUTH_KEYS_PUBLISH: 'key-of-publish',
  });
  expect((await ask(gateway, 'play')).status).toBe(400);
  expect((await ask(gateway, 'publish')).status).toBe(401);
  expect((await ask(gateway, 'operate')).status).toBe(401);
  expect((await ask(gateway, 'publish').auth('key-of-publish', { type: 'bearer' })).status).toBe(400);
});

test('K08 no log line, at any level, holds a token, and each refusal and grant is one line with the address', async () => {
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  await using gateway = await openConfigured(
    { SLUICE_AUTH_MODE: 'keys', SLUICE_AUTH_KEYS_PUBLISH: 'the-secret-key', SLUICE_AUTH_KEYS_OPERATE: 'the-operators-key' },
    { logger: pino({ level: 'trace' }, sink) },
  );
  const post = (token: string) => request(gateway.url).post('/whip/show').auth(token, { type: 'bearer' }).type(sdp);
  await post('a-wrong-key').send('v=0');
  const created = await post('the-secret-key').buffer(true).send(readOffer('chromium-plain'));
  expect(created.text).toMatch(anAnswer);
  expect(created.headers['location']).not.toContain('key');
  expect((await request(gateway.url).get('/metrics').query({ access_token: 'the-operators-key' })).status).toBe(200);
  expect((await request(gateway.url).get('/metrics').query({ access_token: 'a-wrong-key' })).text).not.toContain('a-wrong-key');

  const log = lines.join('');
  for (const token of ['a-wrong-key', 'the-secret-key', 'the-operators-key']) expect(log).not.toContain(token);
  const refusals = lines.filter((line) => line.includes('"msg":"request refused"') && line.includes('/whip/:stream'));
  expect(refusals).toEqual([expect.stringMatching(/"code":"ERR_UNAUTHENTICATED".*"address":"127\.0\.0\.1"/)]);
  const grants = lines.filter((line) => line.includes('"msg":"access granted"'));
  expect(grants).toEqual([expect.stringMatching(/"action":"publish".*"subject":"auth\.keys\.publish".*"address":"127\.0\.0\.1"/)]);
});

test('refusals are counted by code', async () => {
  await using gateway = await openConfigured();
  await ask(gateway, 'publish');
  await ask(gateway, 'publish');
  await request(gateway.url).get('/nothing');
  const { text } = await request(gateway.url).get('/metrics');
  expect(text).toMatch(/^sluice_refused_total\{code="ERR_OFFER_MALFORMED"\} 2$/m);
  expect(text).toMatch(/^sluice_refused_total\{code="ERR_NOT_FOUND"\} 1$/m);
});
