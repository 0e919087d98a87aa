import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect } from 'vitest';
import { type ConfiguredGateway, openConfigured, readOffer } from '../http/configured-gateway.ts';
import { type Created, openLive, patch, post, restart, send, transportCount } from './client.ts';
import { row } from './row.ts';

const offer = readOffer('chromium-plain');

/** Keys by what they are good for. */
const keys = `
auth:
  mode: keys
  keys:
    list:
      - { name: publisher, key: publish-show, publish: [show] }
      - { name: player, key: play-show, play: [show] }
      - { name: tenant, key: all-of-other, publish: [other], play: [other] }
`;

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

/** A session of the one who may publish `show`. */
async function publish({ url }: ConfiguredGateway): Promise<Created> {
  const { status, headers, text } = await post(`${url}/whip/show`, offer, bearer('publish-show'));
  expect(status).toBe(201);
  return { location: headers.get('Location') ?? '', etag: headers.get('ETag') ?? '', answer: text, offer };
}

row('K01', async () => {
  await using gateway = await openConfigured({}, { yaml: keys });
  const { location } = await publish(gateway);
  expect((await patch(location, restart, bearer('publish-show'))).status).toBe(200);
  expect((await send('DELETE', location, { headers: bearer('publish-show') })).status).toBe(200);
});

row('K02', async () => {
  await using gateway = await openConfigured({}, { yaml: keys });
  for (const path of ['/whip/show', '/whep/show']) {
    const none = await post(`${gateway.url}${path}`, offer);
    expect([none.status, none.headers.get('WWW-Authenticate')]).toEqual([401, expect.stringMatching(/^Bearer\b(?!.*error)/)]);
    const bad = await post(`${gateway.url}${path}`, offer, bearer('nonsense'));
    expect([bad.status, bad.headers.get('WWW-Authenticate')]).toEqual([401, expect.stringMatching(/^Bearer .*error="invalid_token"/)]);
    const other = await post(`${gateway.url}${path}`, offer, bearer('all-of-other'));
    expect(other.status).toBe(403);
  }
  expect((await post(`${gateway.url}/whep/show`, offer, bearer('publish-show'))).status).toBe(403);
  expect((await post(`${gateway.url}/whip/show`, offer, bearer('play-show'))).status).toBe(403);
});

row('K05', async () => {
  await using gateway = await openConfigured({}, { yaml: keys });
  for (const value of ['bearer publish-show', 'BEARER publish-show', 'Bearer   publish-show']) {
    expect([value, (await post(`${gateway.url}/whip/show`, offer, { Authorization: value })).status]).toEqual([value, 201]);
  }
});

row('K06', 'a raw token, where it is allowed', async () => {
  await using strict = await openConfigured({}, { yaml: keys });
  expect((await post(`${strict.url}/whip/show`, offer, { Authorization: 'publish-show' })).status).toBe(401);
  await using lenient = await openConfigured({ SLUICE_AUTH_ALLOW_RAW_TOKEN: 'true' }, { yaml: keys });
  expect((await post(`${lenient.url}/whip/show`, offer, { Authorization: 'publish-show' })).status).toBe(201);
});

row('K07', async () => {
  await using gateway = await openConfigured({}, { yaml: keys });
  const { location } = await publish(gateway);
  for (const token of ['all-of-other', 'play-show']) {
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const { status } = await send(method, location, { headers: bearer(token) });
      expect([token, method, status]).toEqual([token, method, expect.toSatisfy((code) => code === 403 || code === 404)]);
    }
    // Neither does the session answer at another stream's URL.
    expect((await send('DELETE', location.replace('/show/', '/other/'), { headers: bearer('all-of-other') })).status).toBe(404);
  }
  expect((await send('GET', location, { headers: bearer('publish-show') })).status).toBe(204);
});

row('K08', async () => {
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const tokens = ['publish-show', 'all-of-other', 'not-a-key-at-all'];
  await using gateway = await openConfigured({}, { yaml: keys, logger: pino({ level: 'trace' }, sink) });
  const { location } = await publish(gateway);
  const replies = [];
  for (const token of tokens) {
    replies.push(await post(`${gateway.url}/whip/show?access_token=${token}`, 'junk', bearer(token)));
    replies.push(await patch(location, 'xyz', bearer(token)));
    replies.push(await send('PUT', `${location}?token=${token}`, { headers: bearer(token) }));
    replies.push(await send('GET', `${gateway.url}/nothing/${token}`, { headers: bearer(token) }));
    replies.push(await send('GET', `${gateway.url}/metrics`, { headers: bearer(token) }));
  }
  const shown = [location, ...replies.flatMap(({ headers, text }) => [text, JSON.stringify([...headers])])];
  const secret = location.split('/').at(-1) ?? '';
  for (const token of [...tokens, secret]) {
    expect([token, lines.some((line) => line.includes(token))]).toEqual([token, false]);
    if (token !== secret) expect([token, shown.some((text) => text.includes(token))]).toEqual([token, false]);
  }
  expect(lines.length).toBeGreaterThan(10);
});

row('H07', async () => {
  await using gateway = await openConfigured({}, { yaml: keys });
  const { location } = await publish(gateway);
  const refused = await send('DELETE', location);
  expect([refused.status, refused.headers.get('WWW-Authenticate')]).toEqual([401, expect.stringMatching(/^Bearer/)]);
  expect((await send('GET', location, { headers: bearer('publish-show') })).status).toBe(204);
});

row('H07', 'session URLs are capabilities', async () => {
  await using gateway = await openConfigured({ SLUICE_AUTH_SESSION_URL_IS_CAPABILITY: 'true' }, { yaml: keys });
  const { location } = await publish(gateway);
  expect((await patch(location, 'a=end-of-candidates\r\n')).status).toBe(204);
  expect((await send('DELETE', location)).status).toBe(200);
});

row('I03', async () => {
  await using gateway = await openConfigured({}, { yaml: keys });
  const { location } = await publish(gateway);
  for (const url of [`${gateway.url}/whip/show`, `${gateway.url}/whep/show`, location]) {
    const headers = {
      Origin: 'https://a.example',
      'Access-Control-Request-Method': 'POST',
      'Access-Control-Request-Headers': 'authorization',
    };
    expect((await send('OPTIONS', url, { headers })).status).toBe(200);
    expect((await send('OPTIONS', url)).status).toBe(200);
  }
});

row('I06', '401, 403, 428 and 429', async () => {
  await using gateway = await openConfigured({ SLUICE_LIMITS_DELETES_PER_MINUTE: '2' }, { yaml: keys });
  const { location } = await publish(gateway);
  const origin = { Origin: 'https://a.example' };
  const replies = [
    await post(`${gateway.url}/whip/show`, offer, origin),
    await post(`${gateway.url}/whip/show`, offer, { ...origin, ...bearer('play-show') }),
    await send('PATCH', location, {
      headers: { ...origin, ...bearer('publish-show'), 'Content-Type': 'application/trickle-ice-sdpfrag' },
      body: 'a=end-of-candidates\r\n',
    }),
  ];
  for (let count = 0; count < 3; count += 1)
    replies.push(await send('DELETE', `${gateway.url}/whip/show/x`, { headers: { ...origin, ...bearer('publish-show') } }));
  expect(replies.map(({ status }) => status)).toEqual([401, 403, 428, 404, 404, 429]);
  for (const { status, headers } of replies) {
    expect([status, headers.get('Access-Control-Allow-Origin')]).toEqual([status, '*']);
    expect(headers.get('Access-Control-Expose-Headers')).toContain('Retry-After');
  }
});

row('F03', '428', async ({ gateway }) => {
  const { headers } = await post(`${gateway.url}/whip/show`, offer);
  const location = headers.get('Location') ?? '';
  for (const body of ['a=end-of-candidates\r\n', restart]) {
    const reply = await send('PATCH', location, { headers: { 'Content-Type': 'application/trickle-ice-sdpfrag' }, body });
    expect(reply.status).toBe(428);
  }
});

row('F09', async () => {
  await using gateway = await openConfigured({ SLUICE_HTTP_STRICT_ETAG: 'false' });
  const location = (await post(`${gateway.url}/whip/show`, offer)).headers.get('Location') ?? '';
  const type = { 'Content-Type': 'application/trickle-ice-sdpfrag' };
  expect((await send('PATCH', location, { headers: type, body: 'a=end-of-candidates\r\n' })).status).toBe(204);
  expect((await send('PATCH', location, { headers: { ...type, ETag: '"x"' }, body: restart })).status).toBe(200);
  expect((await patch(location, restart, { 'If-Match': '"old"' })).status).toBe(412);
});

row('O02', async () => {
  await using gateway = await openConfigured({ SLUICE_LIMITS_POSTS_PER_MINUTE: '0' }, { yaml: keys });
  const fastest = { refused: Infinity, preflight: Infinity };
  for (let round = 0; round < 20; round += 1) {
    const startedAt = performance.now();
    const replies = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => post(`${gateway.url}/whip/show`, offer, bearer(`bad-${round}-${index}`))),
    );
    const refusedAt = performance.now();
    await Promise.all(Array.from({ length: 50 }, async () => send('OPTIONS', `${gateway.url}/whip/show`)));
    fastest.refused = Math.min(fastest.refused, refusedAt - startedAt);
    fastest.preflight = Math.min(fastest.preflight, performance.now() - refusedAt);
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([401]));
  }
  // What costs nothing to answer, in the same run: the machine's own speed does not count.
  expect(fastest.refused / fastest.preflight).toBeLessThan(5);
  expect(await transportCount(gateway)).toBe(0);
  expect(gateway.registry.counts()).toMatchObject({ streams: 0, publishers: 0 });
});

row('O06', async () => {
  await using gateway = await openConfigured({}, { yaml: keys });
  const { location } = await publish(gateway);
  const dead = location.replace(/[^/]+$/, 'A'.repeat(22));
  for (const method of ['GET', 'HEAD', 'PATCH', 'DELETE', 'PUT', 'OPTIONS']) {
    for (const headers of [{}, bearer('nonsense'), bearer('all-of-other'), { 'Content-Type': 'text/plain', 'If-Match': '"x"' }]) {
      const [live, gone] = [await send(method, location, { headers }), await send(method, dead, { headers })];
      const visible = ({ status, headers: received, text }: typeof live) => [
        status,
        [...received].filter(([name]) => name !== 'date'),
        text,
      ];
      expect(visible(live)).toEqual(visible(gone));
    }
  }
});

row('O06', 'streams', async () => {
  await using gateway = await openConfigured({}, { yaml: keys });
  const { url } = gateway;
  await using _publisher = await openLive(gateway, { token: 'publish-show' });
  const [live, none] = [await post(`${url}/whep/show`, offer), await post(`${url}/whep/nobody`, offer)];
  expect([live.status, live.text]).toEqual([none.status, none.text]);
});
