import { expect } from 'vitest';
import { readOffer } from '../http/configured-gateway.ts';
import { exchange, patch, post, publish, requestText, send } from './client.ts';
import { row } from './row.ts';

row('A01', async ({ gateway }) => {
  const { location } = await publish(gateway);
  for (const url of [`${gateway.url}/whip/show`, `${gateway.url}/whep/show`, location]) {
    const { status, text } = await send('GET', url);
    expect([url, status]).toEqual([url, url.includes('/whep/') ? 200 : 204]);
    expect(text).toBe('');
  }
});

row('A02', async ({ gateway }) => {
  const { status, headers, text } = await send('HEAD', `${gateway.url}/whep/show`);
  expect(status).toBe(200);
  expect(headers.get('Content-Type')).toBe('application/sdp');
  expect(text).toBe('');
});

row('A03', async ({ gateway }) => {
  const { location } = await publish(gateway);
  for (const path of ['/whep/show', '/whip/show', new URL(location).pathname]) {
    const get = await exchange(gateway.url, requestText('GET', path));
    const head = await exchange(gateway.url, requestText('HEAD', path));
    const names = ({ lines }: typeof get) => lines.filter((line) => !line.startsWith('Date:')).toSorted();
    expect(head.statusLine).toBe(get.statusLine);
    expect(names(head)).toEqual(names(get));
    expect(head.body).toBe('');
  }
});

row('A04', async ({ gateway }) => {
  const { location } = await publish(gateway);
  const endpoint = 'GET, HEAD, POST, OPTIONS';
  const session = 'GET, HEAD, PATCH, DELETE, OPTIONS';
  for (const [url, allow, methods] of [
    [`${gateway.url}/whip/show`, endpoint, ['PUT', 'PATCH', 'DELETE']],
    [`${gateway.url}/whep/show`, endpoint, ['PUT', 'PATCH', 'DELETE']],
    [location, session, ['PUT', 'POST']],
  ] as const) {
    for (const method of methods) {
      const { status, headers } = await send(method, url);
      expect([method, url, status, headers.get('Allow')]).toEqual([method, url, 405, allow]);
    }
  }
});

row('A05', async ({ gateway }) => {
  const { location } = await publish(gateway);
  await send('DELETE', location);
  const never = location.replace(/[^/]+$/, 'A'.repeat(22));
  for (const method of ['GET', 'PATCH', 'DELETE']) {
    const ended = await send(method, location);
    const other = await send(method, never);
    expect([method, ended.status, other.status]).toEqual([method, 404, 404]);
    expect(ended.text).toBe(other.text);
  }
});

row('A05', 'a session at another stream, or of the other kind', async ({ gateway }) => {
  const { location } = await publish(gateway);
  for (const url of [location.replace(/show-\d+/, 'other'), location.replace('/whip/', '/whep/'), `${location}A`, location.slice(0, -1)]) {
    expect((await send('DELETE', url)).status).toBe(404);
  }
  expect((await send('GET', location)).status).toBe(204);
});

row('A06', async ({ gateway }) => {
  const { location } = await publish(gateway);
  const offer = readOffer('chromium-plain');
  for (const { status, headers, text } of [
    await post(`${gateway.url}/whip/show`, 'junk'),
    await post(`${gateway.url}/whip/show`, offer.replaceAll(/a=fingerprint.*\r\n/g, '')),
    await post(`${gateway.url}/whip/show`, offer, { 'Content-Type': 'text/plain' }),
    await post(`${gateway.url}/whep/nobody`, readOffer('chromium-whep')),
    await send('PUT', `${gateway.url}/whip/show`),
    await send('GET', `${gateway.url}/nothing`),
    await patch(location, 'xyz'),
    await patch(location, 'a=end-of-candidates\r\n', { 'If-Match': '"old"' }),
  ]) {
    expect(headers.get('Content-Type')).toBe('application/problem+json');
    expect(JSON.parse(text)).toEqual({
      title: expect.stringMatching(/\w/) as string,
      status,
      code: expect.stringMatching(/^ERR_\w+$/) as string,
      detail: expect.stringMatching(/^[A-Z].*\.$/) as string,
    });
    expect(text).not.toMatch(/^v=0|m=video|a=ice|\bat .*\.ts/);
  }
});
