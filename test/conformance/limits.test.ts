import { request, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { expect } from 'vitest';
import { openConfigured, readOffer } from '../http/configured-gateway.ts';
import { exchange, openLive, post, publish, requestText, sdp, send, transportCount } from './client.ts';
import { row } from './row.ts';

const offer = readOffer('chromium-plain');

row('L01', async ({ gateway }) => {
  for (const path of [
    '/whip/show/',
    '/whep/show/',
    '//whip/show',
    '/WHIP/show',
    '/whip',
    '/whip/',
    '/whip/show?x=y',
    '/whip/a/../show',
    '/',
  ]) {
    const { statusLine } = await exchange(gateway.url, requestText('POST', path, [`Content-Type: ${sdp}`], offer));
    expect([path, statusLine]).not.toEqual([path, expect.stringMatching(/ 30[123] /)]);
  }
  expect((await post(`${gateway.url}/whip/other/`, offer)).status).toBe(201);
});

/** POSTs without Content-Length; gives the status. */
async function postChunked(url: string, size: number): Promise<number | undefined> {
  const sent = request(url, { method: 'POST', headers: { 'Content-Type': sdp } });
  sent.write('a'.repeat(size / 2));
  sent.end('a'.repeat(size / 2));
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  return response.resume().statusCode;
}

row('L08', 'bodies', async ({ gateway }) => {
  const startedAt = performance.now();
  expect((await post(`${gateway.url}/whip/show`, 'a'.repeat(1024 * 1024))).status).toBe(413);
  expect(await postChunked(`${gateway.url}/whip/show`, 1024 * 1024)).toBe(413);
  expect(performance.now() - startedAt).toBeLessThan(2000);
  // Nothing is read of a body that announces too much.
  const { statusLine } = await exchange(
    gateway.url,
    requestText('POST', '/whip/show', [`Content-Type: ${sdp}`, 'Content-Length: 99999999999']),
  );
  expect(statusLine).toContain('413');
});

row('L08', 'sections, candidates and lines', async ({ gateway }) => {
  const many: Readonly<Record<string, string>> = {
    sections: offer + Array.from({ length: 20 }, (_, index) => `m=video 0 UDP/TLS/RTP/SAVPF 96\r\na=mid:x${index}\r\n`).join(''),
    candidates: offer + 'a=candidate:1 1 udp 2 192.0.2.1 5000 typ host\r\n'.repeat(300),
    extensions: offer + Array.from({ length: 100 }, (_, index) => `a=extmap:${index + 20} urn:x:${index}\r\n`).join(''),
    feedback: offer + 'a=rtcp-fb:* nack\r\n'.repeat(500),
    rids: offer + `a=simulcast:send ${Array.from({ length: 50 }, (_, index) => `r${index}`).join(';')}\r\n`,
    lines: offer + 'a=x\r\n'.repeat(5000),
    'a line': `${offer}a=${'x'.repeat(30_000)}\r\n`,
  };
  for (const [name, text] of Object.entries(many))
    expect([name, (await post(`${gateway.url}/whip/show`, text)).status]).toEqual([name, 422]);
  expect(await transportCount(gateway)).toBe(0);
});

row('K04', 'no stream key in Location', async ({ gateway }) => {
  const { headers } = await post(`${gateway.url}/whip/show?token=s3cret-key`, offer, { Authorization: 'Bearer s3cret-key' });
  expect(headers.get('Location')).not.toContain('s3cret');
});

row('K06', async ({ gateway }) => {
  for (const value of ['Bearer undefined', 'Bearer', 'Bearer  ', 'undefined', 'Basic Og==', 'a b c', '"']) {
    const reply = await post(`${gateway.url}/whip/show-${value.length}`, offer, { Authorization: value });
    expect([value, reply.status]).toEqual([value, 201]);
    expect((await send('DELETE', reply.headers.get('Location') ?? '', { headers: { Authorization: value } })).status).toBe(200);
  }
});

row('O03', async () => {
  await using gateway = await openConfigured({ SLUICE_LIMITS_PUBLISHERS_PER_ADDRESS: '0' });
  const created = await Promise.all(Array.from({ length: 100 }, async () => publish(gateway)));
  const secrets = created.map(({ location }) => location.split('/').at(-1) ?? '');
  expect(new Set(secrets).size).toBe(100);
  for (const secret of secrets) expect(Buffer.from(secret, 'base64url')).toHaveLength(16);
  // Each of the 128 bits is set in about half of them.
  for (let bit = 0; bit < 128; bit += 1) {
    const set = secrets.filter((secret) => ((Buffer.from(secret, 'base64url')[bit >> 3] ?? 0) >> (bit & 7)) & 1).length;
    expect(set).toBeGreaterThan(15);
    expect(set).toBeLessThan(85);
  }
  const shown = await Promise.all(
    ['/health', '/api/v1/streams', '/metrics'].map(async (path) => (await send('GET', `${gateway.url}${path}`)).text),
  );
  for (const { location, answer, etag } of created) {
    const secret = location.split('/').at(-1) ?? '';
    expect([answer, etag, ...shown].some((text) => text.includes(secret))).toBe(false);
  }
});

row('O03', 'session ids of players', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const locations = await Promise.all(
    Array.from(
      { length: 10 },
      async () => (await post(`${gateway.url}/whep/show`, readOffer('chromium-whep'))).headers.get('Location') ?? '',
    ),
  );
  expect(new Set(locations).size).toBe(10);
  for (const location of locations) expect(location).toMatch(/\/[\w-]{22}$/);
});
