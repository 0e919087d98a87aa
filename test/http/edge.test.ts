import { createHmac } from 'node:crypto';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import request from 'supertest';
import { expect, test } from 'vitest';
import { type ConfiguredGateway, openConfigured, readOffer } from './configured-gateway.ts';

const sdp = 'application/sdp';
const offer = readOffer('chromium-plain');
const keys = { SLUICE_AUTH_MODE: 'keys', SLUICE_AUTH_KEYS_PUBLISH: 'key-of-publish', SLUICE_AUTH_KEYS_PLAY: 'key-of-play' };

/** Every line of a header, as it came. */
async function rawLines(url: string, { method = 'POST', headers = {}, name }: { method?: string; headers?: object; name: string }) {
  const sent = httpRequest(url, { method, headers: { 'Content-Type': sdp, ...headers } });
  sent.end(method === 'POST' ? offer : undefined);
  const { rawHeaders, statusCode } = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('error', reject);
    sent.once('response', (response) => resolve(response.resume()));
  });
  const lines = rawHeaders.filter((_value, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
  return { statusCode, lines };
}

const iceServers = `
rtc:
  iceServers:
    - urls: [stun:stun.example.com:3478]
    - urls: ["turn:turn.example.com:3478?transport=udp", "turns:turn.example.com:5349?transport=tcp"]
      username: u
      credential: p
    - urls: [turn:rest.example.com]
      username: sluice
      secret: shared
      ttl: 1h
`;

test('J01 J02 J05 a 201 names each ICE server on a line of its own, with time-limited credentials where there is a secret', async () => {
  await using gateway = await openConfigured({}, { yaml: iceServers });
  const { statusCode, lines } = await rawLines(`${gateway.url}/whip/show`, { name: 'link' });
  expect(statusCode).toBe(201);
  expect(lines.slice(0, 3)).toEqual([
    '<stun:stun.example.com:3478>; rel="ice-server"',
    '<turn:turn.example.com:3478?transport=udp>; rel="ice-server"; username="u"; credential="p"; credential-type="password"',
    '<turns:turn.example.com:5349?transport=tcp>; rel="ice-server"; username="u"; credential="p"; credential-type="password"',
  ]);
  const [, expiry, credential] =
    /^<turn:rest\.example\.com>; rel="ice-server"; username="(\d+):sluice"; credential="([^"]+)"; credential-type="password"$/.exec(
      lines[3] ?? '',
    ) ?? [];
  expect(Number(expiry) - Date.now() / 1000).toBeGreaterThan(3_590);
  expect(Number(expiry) - Date.now() / 1000).toBeLessThan(3_601);
  expect(credential).toBe(createHmac('sha1', 'shared').update(`${expiry}:sluice`).digest('base64'));
});

test('J03 OPTIONS names ICE servers to those who may use the endpoint, and to nobody in a preflight', async () => {
  await using gateway = await openConfigured(keys, { yaml: iceServers });
  const links = async (headers: object) => (await rawLines(`${gateway.url}/whip/show`, { method: 'OPTIONS', headers, name: 'link' })).lines;
  const authorized = { Authorization: 'Bearer key-of-publish' };
  expect(await links(authorized)).toHaveLength(4);
  expect(await links({})).toEqual([]);
  expect(await links({ Authorization: 'Bearer key-of-play' })).toEqual([]);
  expect(await links({ ...authorized, 'Access-Control-Request-Method': 'POST', Origin: 'https://a.example' })).toEqual([]);
  expect((await rawLines(`${gateway.url}/whip/show`, { name: 'link' })).lines).toEqual([]);
});

test('L02 L03 L04 a POST for a stream that another node has gets 307 to it, once it is allowed and readable', async () => {
  const yaml = 'http: { redirect: [{ match: east-*, to: "https://east.example.com/sluice/" }] }';
  await using gateway = await openConfigured(keys, { yaml });
  const post = (path: string, token: string) => request(gateway.url).post(path).redirects(0).auth(token, { type: 'bearer' });
  const moved = await post('/whip/east-1', 'key-of-publish').type(sdp).send('anything');
  expect(moved.status).toBe(307);
  expect(moved.headers['location']).toBe('https://east.example.com/sluice/whip/east-1');
  expect(moved.headers['access-control-allow-origin']).toBe('*');
  expect((await post('/whep/east-1', 'key-of-play').type(sdp).send('v=0')).headers['location']).toBe(
    'https://east.example.com/sluice/whep/east-1',
  );
  expect((await post('/whip/east-1', 'key-of-nobody').type(sdp).send('v=0')).status).toBe(401);
  expect((await post('/whip/east-1', 'key-of-publish').type('text/plain').send('v=0')).status).toBe(415);
  expect((await post('/whip/east-1', 'key-of-publish').type(sdp).send('a'.repeat(100_000))).status).toBe(413);
  expect((await post('/whip/west-1', 'key-of-publish').type(sdp).send(offer)).status).toBe(201);
});

test('I06 with http.allowedOrigins only those are allowed, in preflights and errors too', async () => {
  await using gateway = await openConfigured({ SLUICE_HTTP_ALLOWED_ORIGINS: 'https://app.example, https://b.example:8443' });
  const responses = async (origin: string) => [
    await request(gateway.url).post('/whip/show').set('Origin', origin).type(sdp).send('x'),
    await request(gateway.url).options('/whip/show').set({ Origin: origin, 'Access-Control-Request-Method': 'POST' }),
    await request(gateway.url).get('/nothing').set('Origin', origin),
    await request(gateway.url).get('/whip/%zz').set('Origin', origin),
    await request(gateway.url).get('/api/v1/streams').set('Origin', origin),
  ];
  for (const origin of ['https://app.example', 'https://b.example:8443', 'https://evil.example', 'null']) {
    const isAllowed = !['https://evil.example', 'null'].includes(origin);
    for (const { headers } of await responses(origin)) {
      expect(headers['access-control-allow-origin']).toBe(isAllowed ? origin : undefined);
      expect(headers['vary']).toContain('Origin');
    }
  }
});

test('what operators see can be read by pages of origins that are allowed by name only', async () => {
  await using gateway = await openConfigured();
  for (const path of ['/api/v1/streams', '/metrics', '/health']) {
    const { status, headers } = await request(gateway.url).get(path).set('Origin', 'https://evil.example');
    expect([path, status, headers['access-control-allow-origin']]).toEqual([path, 200, undefined]);
    const preflight = await request(gateway.url)
      .options(path)
      .set({ Origin: 'https://evil.example', 'Access-Control-Request-Method': 'GET' });
    expect(preflight.headers['access-control-allow-origin']).toBeUndefined();
  }
});

test.for([
  [{}, 200],
  [{ SLUICE_HTTP_API: 'false' }, 404],
  [{ SLUICE_HTTP_HOST: '0.0.0.0', SLUICE_AUTH_MODE: 'none' }, 404],
  [{ SLUICE_HTTP_HOST: '0.0.0.0', SLUICE_AUTH_MODE: 'none', SLUICE_HTTP_API: 'true' }, 200],
  [{ SLUICE_HTTP_HOST: '0.0.0.0', ...keys }, 401],
] as const)('with %j the operator API gives %d', async ([environment, status]) => {
  await using gateway = await openConfigured(environment);
  expect((await request(gateway.url).get('/api/v1/streams')).status).toBe(status);
});

test('metrics on a port of their own are not on the HTTP port', async () => {
  await using gateway = await openConfigured({ ...keys, SLUICE_METRICS_PORT: '0' });
  expect((await request(gateway.url).get('/metrics')).status).toBe(404);
  const own = `http://127.0.0.1:${gateway.metricsPort}`;
  const { status, text, headers } = await request(own).get('/metrics');
  expect(status).toBe(200);
  expect(headers['content-type']).toContain('text/plain');
  expect(text).toMatch(/^sluice_streams_live 0$/m);
  expect((await request(own).get('/whip/show')).status).toBe(404);
  expect((await request(own).post('/metrics')).status).toBe(404);
});

test('O01 with http.requireTls nothing but liveness answers to plain HTTP, and what the proxy got by HTTPS is taken', async () => {
  await using gateway = await openConfigured({ SLUICE_HTTP_TRUST_PROXY: 'true', SLUICE_HTTP_REQUIRE_TLS: 'true' });
  const plain = await request(gateway.url).post('/whip/show').type(sdp).send(offer);
  expect(plain.status).toBe(403);
  expect(plain.body).toMatchObject({ code: 'ERR_TLS_REQUIRED' });
  expect(gateway.registry.counts()).toMatchObject({ streams: 0, publishers: 0 });
  for (const path of ['/metrics', '/health', '/api/v1/streams']) expect((await request(gateway.url).get(path)).status).toBe(403);
  for (const path of ['/livez', '/readyz']) expect((await request(gateway.url).get(path)).status).toBe(200);
  const proxied = await request(gateway.url).post('/whip/show').set('X-Forwarded-Proto', 'https').type(sdp).send(offer);
  expect(proxied.status).toBe(201);
  expect(proxied.headers['strict-transport-security']).toMatch(/^max-age=\d+$/);
});

/** A folder with a certificate and its key, which can be replaced. */
function openCertificates() {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-tls-'));
  const place = (name: 'first' | 'second', kind: 'cert' | 'key') => {
    copyFileSync(fileURLToPath(new URL(`../fixtures/tls/${name}.${kind}.pem`, import.meta.url)), join(folder, kind));
  };
  return {
    place,
    environment: { SLUICE_HTTP_TLS_CERT_FILE: join(folder, 'cert'), SLUICE_HTTP_TLS_KEY_FILE: join(folder, 'key') },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

async function fingerprintOf({ http }: ConfiguredGateway): Promise<string> {
  const socket = connectTls({ host: '127.0.0.1', port: http.port, rejectUnauthorized: false });
  await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
  const { fingerprint256 } = socket.getPeerCertificate();
  socket.destroy();
  return fingerprint256;
}

test('http.tls speaks HTTPS, and takes a new certificate without a restart once its key is there', async () => {
  using certificates = openCertificates();
  certificates.place('first', 'cert');
  certificates.place('first', 'key');
  await using gateway = await openConfigured({ ...certificates.environment, SLUICE_HTTP_REQUIRE_TLS: 'true' });
  const location = await new Promise((resolve, reject) => {
    const sent = httpsRequest(
      {
        host: '127.0.0.1',
        port: gateway.http.port,
        path: '/whip/show',
        method: 'POST',
        headers: { 'Content-Type': sdp },
        rejectUnauthorized: false,
      },
      (response) => resolve(response.resume().headers.location),
    );
    sent.once('error', reject).end(offer);
  });
  expect(location).toMatch(new RegExp(`^https://127\\.0\\.0\\.1:${gateway.http.port}/whip/show/`));
  await expect(fetch(`${gateway.url}/livez`)).rejects.toThrow('fetch failed');

  const first = await fingerprintOf(gateway);
  certificates.place('second', 'cert');
  certificates.place('second', 'key');
  await expect.poll(async () => fingerprintOf(gateway), { interval: 200 }).not.toBe(first);
});

test('a certificate without its key is refused', async () => {
  using certificates = openCertificates();
  certificates.place('first', 'cert');
  certificates.place('second', 'key');
  await expect(openConfigured(certificates.environment)).rejects.toMatchObject({ code: 'ERR_CONFIG_INVALID' });
});

test('connections beyond http.maxConnections are closed unanswered', async () => {
  await using gateway = await openConfigured({ SLUICE_HTTP_MAX_CONNECTIONS: '2' });
  const open = () => connect({ host: '127.0.0.1', port: gateway.http.port });
  const idle = [open(), open()];
  await Promise.all(idle.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
  await expect(fetch(`${gateway.url}/livez`)).rejects.toThrow('fetch failed');
  for (const socket of idle) socket.destroy();
  await expect
    .poll(async () =>
      fetch(`${gateway.url}/livez`).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(200);
});

test('headers that are too large get 431 and no session', async () => {
  await using gateway = await openConfigured();
  const response = await request(gateway.url).get('/livez').set('X-Large', 'a'.repeat(20_000));
  expect(response.status).toBe(431);
});
