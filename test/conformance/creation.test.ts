import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect } from 'vitest';
import { NativePublisher } from '../fixtures/native-peer.ts';
import { openConfigured, readOffer } from '../http/configured-gateway.ts';
import { exchange, openLive, patch, post, publish, requestText, sdp, send, soon, transportCount } from './client.ts';
import { row } from './row.ts';
import { bindingRequest } from '../fixtures/stun.ts';
import { totalsOf } from '../fixtures/registry-totals.ts';

const offer = readOffer('chromium-plain');

row('B02', async ({ gateway }) => {
  const { status, headers, text } = await post(`${gateway.url}/whip/show`, offer);
  expect(status).toBe(201);
  expect(headers.get('Content-Type')).toBe(sdp);
  expect(headers.get('Location')).toMatch(/^http:\/\/.*\/whip\/show\/[\w-]{22}$/);
  expect(text).toMatch(/^v=0\r\n/);
});

row('B02', 'WHEP', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const { status, headers, text } = await post(`${gateway.url}/whep/show`, readOffer('chromium-whep'));
  expect(status).toBe(201);
  expect(headers.get('Content-Type')).toBe(sdp);
  expect(headers.get('Location')).toMatch(/^http:\/\/.*\/whep\/show\/[\w-]{22}$/);
  expect(text).toMatch(/^v=0\r\n/);
});

row('B03', async ({ gateway }) => {
  for (const path of ['/whip/show', '/whep/show']) {
    for (const type of ['text/plain', 'application/json', 'application/sdpx', 'application/trickle-ice-sdpfrag', 'sdp', ';', '']) {
      const { status, headers } = await post(`${gateway.url}${path}`, offer, { 'Content-Type': type });
      expect([path, type, status, headers.get('Accept-Post')]).toEqual([path, type, 415, sdp]);
      expect(headers.get('Content-Type')).not.toContain('sdp');
    }
    const { statusLine, lines } = await exchange(gateway.url, requestText('POST', path, [], offer));
    expect(statusLine).toContain('415');
    expect(lines).toContain('accept-post: application/sdp');
  }
});

row('B04', async ({ gateway }) => {
  const without = (pattern: RegExp) => offer.replaceAll(pattern, '');
  const cases: readonly (readonly [string, string, number])[] = [
    ['no SDP', 'hello', 400],
    ['JSON', '{"type":"offer"}', 400],
    ['cut off in a line', offer.slice(0, offer.lastIndexOf('a=rtpmap:') + 5), 400],
    ['binary', '\u0000\u0001\u0002', 400],
    ['no fingerprint', without(/a=fingerprint.*\r\n/g), 422],
    ['no ICE credentials', without(/a=ice-(?:ufrag|pwd).*\r\n/g), 422],
    ['no sections', offer.slice(0, offer.indexOf('m=')), 422],
    ['no codec that anyone has', offer.replaceAll(/(?:opus|VP8|VP9|H264|AV1)\//gi, 'XYZ/'), 422],
  ];
  for (const [name, text, expected] of cases) {
    const { status, headers } = await post(`${gateway.url}/whip/show`, text);
    expect([name, status]).toEqual([name, expected]);
    expect(headers.get('Location')).toBeNull();
  }
  expect(await transportCount(gateway)).toBe(0);
});

row('B05', async ({ gateway }) => {
  for (const type of ['Application/SDP; charset=utf-8', 'application/sdp;x="y, z"', 'APPLICATION/SDP', ' application/sdp ; a=b']) {
    const { status, headers } = await post(`${gateway.url}/whip/show`, offer, { 'Content-Type': type });
    expect([type, status, headers.get('Content-Type')]).toEqual([type, 201, sdp]);
    await send('DELETE', headers.get('Location') ?? '');
  }
});

row('B06', async ({ gateway }) => {
  for (const path of ['/whip/show', '/whep/show']) {
    expect((await post(`${gateway.url}${path}`, '')).status).toBe(400);
    const { statusLine } = await exchange(gateway.url, requestText('POST', path, ['Content-Type: application/sdp', 'Content-Length: 0']));
    expect(statusLine).toContain('400');
  }
});

row('B07', async ({ gateway }) => {
  const { answer } = await publish(gateway);
  expect(answer.match(/^a=candidate:.* typ host/gm)?.length).toBeGreaterThanOrEqual(1);
  expect(answer).toMatch(/^a=end-of-candidates\r$/m);
});

row('B08', async ({ gateway }) => {
  expect((await publish(gateway)).etag).toMatch(/^"[^"]+"$/);
  await using _publisher = await openLive(gateway);
  expect((await post(`${gateway.url}/whep/show`, readOffer('chromium-whep'))).headers.get('ETag')).toMatch(/^"[^"]+"$/);
});

row('B09', async ({ gateway }) => {
  const { location } = await publish(gateway);
  const { origin, search, hash } = new URL(location);
  expect([origin, search, hash]).toEqual([gateway.url, '', '']);
  expect((await patch(location, 'a=end-of-candidates\r\n')).status).toBe(204);
  expect((await send('DELETE', location)).status).toBe(200);
});

row('B09', 'behind a proxy that ends TLS', async () => {
  await using gateway = await openConfigured({ SLUICE_HTTP_TRUST_PROXY: 'true' });
  const reply = await post(`${gateway.url}/whip/show`, offer, { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'live.example:8443' });
  expect(reply.headers.get('Location')).toMatch(/^https:\/\/live\.example:8443\/whip\/show\//);
});

row('B09', 'with http.publicUrl under a path prefix', async () => {
  await using gateway = await openConfigured({ SLUICE_HTTP_PUBLIC_URL: 'https://live.example/sluice' });
  const reply = await post(`${gateway.url}/whip/show`, offer, { 'X-Forwarded-Host': 'evil.example' });
  expect(reply.headers.get('Location')).toMatch(/^https:\/\/live\.example\/sluice\/whip\/show\//);
});

row('B10', async ({ gateway }) => {
  const accept = ['Content-Type: application/sdp', 'Accept-Encoding: gzip, br', 'Accept: */*'];
  const { statusLine, lines, body } = await exchange(gateway.url, requestText('POST', '/whip/show', accept, offer));
  expect(statusLine).toBe('HTTP/1.1 201 Created');
  expect(body).toMatch(/^v=0\r\n(?:[a-z]=[^\r\n]*\r\n)+$/);
  expect(Buffer.byteLength(body)).toBeLessThanOrEqual(8192);
  for (const line of lines) expect(line).toMatch(/^[\w-]+: \S/);
  const names = lines.map((line) => line.split(':')[0]?.toLowerCase());
  expect(lines.map((line) => line.toLowerCase())).toContain(`content-length: ${body.length}`);
  expect(names).not.toContain('transfer-encoding');
  expect(names).not.toContain('content-encoding');
});

row('B11', async () => {
  await using gateway = await openConfigured({ SLUICE_LIMITS_PUBLISHERS_PER_ADDRESS: '0' });
  // The slowest of fifty. Other tests share the cores, so the best of up to five rounds counts.
  const slowest = async (round: number): Promise<number> => {
    const startedAt = performance.now();
    const replies = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => post(`${gateway.url}/whip/r${round}-${index}`, offer)),
    );
    const durationMs = performance.now() - startedAt;
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]));
    await Promise.all(replies.map(async ({ headers }) => send('DELETE', headers.get('Location') ?? '')));
    return durationMs;
  };
  let best = await slowest(1);
  for (let round = 2; best >= 2000 && round <= 5; round += 1) best = Math.min(best, await slowest(round));
  expect(best).toBeLessThan(2000);
});

row('B12', async ({ gateway }) => {
  await using publisher = await openLive(gateway);
  const { location } = publisher.session;
  for (const type of [sdp, 'application/trickle-ice-sdpfrag']) {
    const reply = await patch(location, offer, { 'Content-Type': type, 'If-Match': '"old"' });
    expect(reply.status).toBeGreaterThanOrEqual(400);
    expect(reply.status).toBeLessThan(500);
  }
  const before = await totalsOf(gateway.registry);
  await expect.poll(async () => (await totalsOf(gateway.registry)).rtpPacketsReceived, soon).toBeGreaterThan(before.rtpPacketsReceived);
});

row('B13', 'takeover: replace', async ({ gateway }) => {
  await using first = await openLive(gateway);
  await using second = await NativePublisher.open(`${gateway.url}/whip/show`);
  await expect.poll(() => first.state, soon).toBe('closed');
  expect((await send('GET', first.session.location)).status).toBe(404);
  await expect.poll(() => second.state, soon).toBe('connected');
  expect(gateway.registry.counts().publishers).toBe(1);
});

row('B13', 'takeover: reject', async () => {
  await using gateway = await openConfigured({ SLUICE_STREAMS_DEFAULT_TAKEOVER: 'reject' });
  await using first = await openLive(gateway);
  const { status, headers } = await post(`${gateway.url}/whip/show`, offer);
  expect(status).toBe(409);
  expect(headers.get('Retry-After')).toMatch(/^\d+$/);
  expect(first.state).toBe('connected');
  expect(gateway.registry.counts().publishers).toBe(1);
});

row('B14', 'STUN at once', async ({ gateway }) => {
  const { answer } = await publish(gateway);
  const [, address = '', port = ''] = /^a=candidate:\S+ 1 udp \d+ (\S+) (\d+)/m.exec(answer) ?? [];
  const value = (attribute: string) => new RegExp(`^a=${attribute}:(\\S+)`, 'm').exec(answer)?.[1] ?? '';
  const socket = createSocket('udp4');
  socket.send(bindingRequest(`${value('ice-ufrag')}:EsAw`, value('ice-pwd')), Number(port), address);
  const [response] = (await once(socket, 'message', { signal: AbortSignal.timeout(2000) })) as [Buffer];
  socket.close();
  expect(response.readUInt16BE(0)).toBe(0x0101);
});

row('B14', 'aborted requests', async ({ gateway }) => {
  for (let count = 0; count < 100; count += 1) {
    const socket = connect(gateway.http.port, '127.0.0.1');
    await once(socket, 'connect');
    const text = requestText('POST', `/whip/show${count}`, ['Content-Type: application/sdp'], offer);
    // Some in the middle of the body, the others at some moment after it.
    socket.write(count % 2 === 0 ? text : text.slice(0, -500));
    if (count % 4 === 0) await new Promise(setImmediate);
    socket.resetAndDestroy();
  }
  // Whoever was answered before it vanished has a session that its deadline will end; nothing else holds a transport.
  await expect.poll(async () => (await transportCount(gateway)) - gateway.registry.counts().publishers, soon).toBe(0);
});
