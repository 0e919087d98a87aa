import { expect } from 'vitest';
import { openConfigured, readOffer } from '../http/configured-gateway.ts';
import { exchange, patch, post, publish, requestText, restart, sdp, send, transportCount } from './client.ts';
import { row } from './row.ts';

const offer = readOffer('chromium-plain');

const iceServers = `
rtc:
  iceServers:
    - { urls: ['stun:stun.example:3478'] }
    - { urls: ['turn:turn.example:3478?transport=udp', 'turns:turn.example:5349?transport=tcp'], username: user, credential: pass }
`;
const withKeys = `${iceServers}
auth:
  mode: keys
  keys: { publish: a-publish-key }
`;

const credentials = 'username="user"; credential="pass"; credential-type="password"';
const links = [
  'link: <stun:stun.example:3478>; rel="ice-server"',
  `link: <turn:turn.example:3478?transport=udp>; rel="ice-server"; ${credentials}`,
  `link: <turns:turn.example:5349?transport=tcp>; rel="ice-server"; ${credentials}`,
];
const linkLines = (lines: readonly string[]) => lines.filter((line) => /^link:/i.test(line)).map((line) => line.replace(/^link/i, 'link'));

row('J01', async () => {
  await using gateway = await openConfigured({}, { yaml: iceServers });
  const { status, headers } = await post(`${gateway.url}/whip/show`, offer);
  expect(status).toBe(201);
  expect(headers.get('Link')).toContain('<turn:turn.example:3478?transport=udp>; rel="ice-server"');
  expect(headers.get('Access-Control-Expose-Headers')).toContain('Link');
});

row('J02', async () => {
  await using gateway = await openConfigured({}, { yaml: iceServers });
  const { lines } = await exchange(gateway.url, requestText('POST', '/whip/show', [`Content-Type: ${sdp}`], offer));
  for (const line of linkLines(lines)) expect(line.includes('credential')).toBe(line.includes('<turn'));
});

row('J02', 'credentials for a time', async () => {
  await using gateway = await openConfigured({}, { yaml: "rtc: { iceServers: [{ urls: ['turn:t.example'], secret: s3cret, ttl: 1h }] }" });
  const { headers } = await post(`${gateway.url}/whip/show`, offer);
  const [, expiry] = /username="(\d+)"; credential="[\w+/=]{28}"/.exec(headers.get('Link') ?? '') ?? [];
  expect(Math.abs(Number(expiry) - Date.now() / 1000 - 3600)).toBeLessThan(30);
  expect(headers.get('Link')).not.toContain('s3cret');
});

row('J03', async () => {
  await using gateway = await openConfigured({}, { yaml: withKeys });
  const ask = async (headers: readonly string[]) =>
    linkLines((await exchange(gateway.url, requestText('OPTIONS', '/whip/show', headers))).lines);
  expect(await ask(['Origin: https://a.example', 'Access-Control-Request-Method: POST'])).toEqual([]);
  expect(await ask(['Authorization: Bearer a-publish-key', 'Access-Control-Request-Method: POST'])).toEqual([]);
  expect((await ask([])).join()).not.toContain('credential');
  expect((await ask(['Authorization: Bearer nonsense'])).join()).not.toContain('credential');
  expect(await ask(['Authorization: Bearer a-publish-key'])).toEqual(links);
  const refused = await exchange(gateway.url, requestText('POST', '/whip/show', [`Content-Type: ${sdp}`], offer));
  expect(linkLines(refused.lines)).toEqual([]);
});

row('J05', async () => {
  await using gateway = await openConfigured({}, { yaml: iceServers });
  const { lines } = await exchange(gateway.url, requestText('POST', '/whip/show', [`Content-Type: ${sdp}`], offer));
  expect(linkLines(lines)).toEqual(links);
});

const elsewhere = (to: string) => `http: { redirect: [{ match: 'far-*', to: '${to}' }] }`;

row('L02', async () => {
  await using node = await openConfigured();
  await using gateway = await openConfigured({}, { yaml: elsewhere(node.url) });
  const { status, headers, text } = await post(`${gateway.url}/whip/far-away`, offer, { Origin: 'https://a.example' });
  expect([status, headers.get('Location'), text]).toEqual([307, `${node.url}/whip/far-away`, '']);
  expect(headers.get('Access-Control-Allow-Origin')).toBe('*');
  expect((await post(`${gateway.url}/whip/near`, offer)).status).toBe(201);
});

row('L04', async () => {
  await using node = await openConfigured();
  await using gateway = await openConfigured({}, { yaml: elsewhere(node.url) });
  const response = await fetch(`${gateway.url}/whip/far-away`, { method: 'POST', headers: { 'Content-Type': sdp }, body: offer });
  expect(response.status).toBe(201);
  const location = response.headers.get('Location') ?? '';
  expect(location.startsWith(`${node.url}/whip/far-away/`)).toBe(true);
  expect((await patch(location, restart)).status).toBe(200);
  expect((await send('DELETE', location)).status).toBe(200);
});

row('L05', async () => {
  // Same origin: a proxy has every node under a path of its own, so that browsers go on sending Authorization.
  await using node = await openConfigured({}, { yaml: 'auth: { mode: keys, keys: { publish: a-publish-key } }' });
  await using gateway = await openConfigured(
    {},
    { yaml: `${elsewhere('https://live.example/node2')}\nauth: { mode: keys, keys: { publish: a-publish-key } }` },
  );
  const { status, headers } = await post(`${gateway.url}/whip/far-away`, offer, { Authorization: 'Bearer a-publish-key' });
  const path = new URL(headers.get('Location') ?? '').pathname;
  expect([status, path]).toEqual([307, '/node2/whip/far-away']);
  const reply = await post(`${node.url}${path.replace('/node2', '')}`, offer, { Authorization: 'Bearer a-publish-key' });
  expect(reply.status).toBe(201);
  expect((await post(`${gateway.url}/whip/far-away`, offer)).status).toBe(401); // who may not publish learns nothing of nodes
});

row('L06', 'as many publishers as fit in', async () => {
  await using gateway = await openConfigured({ SLUICE_LIMITS_PUBLISHERS: '2' });
  await publish(gateway);
  const { location } = await publish(gateway);
  const { status, headers } = await post(`${gateway.url}/whip/third`, offer);
  expect([status, headers.get('Retry-After')]).toEqual([503, expect.stringMatching(/^\d+$/)]);
  await send('DELETE', location);
  expect((await post(`${gateway.url}/whip/third`, offer)).status).toBe(201);
});

row('L07', async () => {
  await using gateway = await openConfigured({
    SLUICE_LIMITS_POSTS_PER_MINUTE: '5',
    SLUICE_LIMITS_PATCHES_PER_MINUTE: '5',
    SLUICE_LIMITS_DELETES_PER_MINUTE: '5',
  });
  const { location } = await publish(gateway);
  for (const request of [
    async () => post(`${gateway.url}/whip/other`, 'junk'),
    async () => patch(location, 'a=end-of-candidates\r\n'),
    async () => send('DELETE', location.replace(/[^/]+$/, 'A'.repeat(22))),
  ]) {
    const replies = [];
    for (let count = 0; count < 8; count += 1) replies.push(await request());
    const limited = replies.filter(({ status }) => status === 429);
    expect(limited.length).toBeGreaterThanOrEqual(3);
    for (const { headers } of limited) expect(headers.get('Retry-After')).toMatch(/^[1-9]\d*$/);
  }
  expect((await send('GET', location)).status).toBe(204);
});

row('L08', 'publishers and viewers of one address', async () => {
  await using gateway = await openConfigured({ SLUICE_LIMITS_PUBLISHERS_PER_ADDRESS: '3' });
  for (let count = 0; count < 3; count += 1) await publish(gateway);
  const { status, headers } = await post(`${gateway.url}/whip/other`, offer);
  expect([status, headers.get('Retry-After')]).toEqual([429, expect.stringMatching(/^\d+$/)]);
  expect(await transportCount(gateway)).toBe(3);
});

row('O01', async () => {
  await using gateway = await openConfigured({ SLUICE_HTTP_REQUIRE_TLS: 'true', SLUICE_HTTP_TRUST_PROXY: 'true' });
  for (const path of ['/whip/show', '/whep/show']) {
    const { status, headers } = await post(`${gateway.url}${path}`, offer);
    expect([status, headers.get('Location')]).toEqual([403, null]);
  }
  expect(await transportCount(gateway)).toBe(0);
  expect((await post(`${gateway.url}/whip/show`, offer, { 'X-Forwarded-Proto': 'https' })).status).toBe(201);
});

row('O04', async () => {
  await using gateway = await openConfigured({ SLUICE_LIMITS_DELETES_PER_MINUTE: '10' });
  const { location } = await publish(gateway);
  const statuses = [];
  for (let count = 0; count < 30; count += 1) {
    statuses.push((await send('DELETE', location.replace(/[^/]+$/, `${'A'.repeat(20)}${10 + count}`))).status);
  }
  expect(statuses.slice(-15)).toEqual(Array(15).fill(429));
  expect((await send('GET', location)).status).toBe(204);
});
