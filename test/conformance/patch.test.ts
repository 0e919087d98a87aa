import { expect } from 'vitest';
import { NativePlayer } from '../fixtures/native-peer.ts';
import { readOffer } from '../http/configured-gateway.ts';
import { exchange, fragmentType, openLive, patch, publish, requestText, restart, send, soon, trickle } from './client.ts';
import { row } from './row.ts';

/** Every ufrag and password of a text. */
const credentials = (text: string) => [/^a=ice-ufrag:(\S+)/m, /^a=ice-pwd:(\S+)/m].map((pattern) => pattern.exec(text)?.[1]);

/** A restart fragment with credentials of its own. */
const another = (name: string) => restart.replace('EsAw', name).replace('P2uY', name.padEnd(4, 'x'));

row('E01', async ({ gateway }) => {
  const { location, offer } = await publish(gateway);
  expect((await patch(location, trickle(offer))).status).toBe(204);
  expect((await patch(location, restart)).status).toBe(200);
});

row('E02', async ({ gateway }) => {
  const { location } = await publish(gateway);
  for (const type of ['text/plain', 'application/json', 'application/trickle-ice', 'application/sdp', ';']) {
    const { status, headers } = await patch(location, restart, { 'Content-Type': type });
    expect([type, status]).toEqual([type, 415]);
    expect(headers.get('Accept-Patch')).toContain(fragmentType);
  }
  const bare = await exchange(location, requestText('PATCH', new URL(location).pathname, ['If-Match: *'], restart));
  expect(bare.statusLine).toContain('415');
  expect((await patch(location, restart, { 'Content-Type': 'Application/Trickle-ICE-SDPFrag; x=y' })).status).toBe(200);
});

row('E03', async ({ gateway }) => {
  const { location } = await publish(gateway);
  for (const text of [
    'xyz',
    '',
    '{}',
    'a=mid:0\r\n',
    'v=0\r\ns=-\r\n',
    'm=audio 9 RTP/AVP 0\r\n',
    'a=ice-ufrag:abcd\r\n',
    'a=ice-pwd:abcd\r\n',
  ]) {
    expect([text, (await patch(location, text)).status]).toEqual([text, 400]);
  }
  expect((await send('GET', location)).status).toBe(204);
});

row('E04', async ({ gateway }) => {
  const { location, offer } = await publish(gateway);
  const statuses = [await patch(location, trickle(offer)), await patch(location, restart), await patch(location, trickle(restart))];
  expect(statuses.map(({ status }) => status)).toEqual([204, 200, 204]);
});

row('E05', async ({ gateway }) => {
  const { location } = await publish(gateway);
  const { headers } = await send('OPTIONS', location);
  expect(headers.get('Allow')).toContain('PATCH');
  expect(headers.get('Access-Control-Allow-Methods')).toContain('PATCH');
  expect([405, 501]).not.toContain((await patch(location, 'a=end-of-candidates\r\n')).status);
});

row('E06', async ({ gateway }) => {
  const { location, etag, offer } = await publish(gateway);
  const path = new URL(location).pathname;
  const { statusLine, lines, body } = await exchange(
    location,
    requestText('PATCH', path, [`Content-Type: ${fragmentType}`, `If-Match: ${etag}`], trickle(offer)),
  );
  expect(statusLine).toBe('HTTP/1.1 204 No Content');
  expect(body).toBe('');
  const names = lines.map((line) => line.split(':')[0]?.toLowerCase());
  for (const name of ['etag', 'content-type', 'content-length', 'transfer-encoding']) expect(names).not.toContain(name);
});

row('E07', async ({ gateway }) => {
  const { location, offer } = await publish(gateway);
  const candidates = [
    '1 1 udp 2 a64f400a-abbf-481e-8ee6-3676dfb9c509.local 5000 typ host',
    '2 1 udp 2 attacker.example 5000 typ host',
    '3 1 tcp 2 192.0.2.1 9 typ host tcptype active',
    '4 1 udp 2 2001:db8::1 5000 typ host',
    '5 1 udp 2 127.0.0.1 1 typ host',
    '6 2 udp 2 192.0.2.1 5001 typ srflx raddr 0.0.0.0 rport 0',
    '7 1 quic 2 192.0.2.1 5001 typ magic',
    '??',
  ];
  const startedAt = performance.now();
  const reply = await patch(location, `${trickle(offer)}${candidates.map((candidate) => `a=candidate:${candidate}\r\n`).join('')}`);
  expect([reply.status, reply.text]).toEqual([204, '']);
  expect(performance.now() - startedAt).toBeLessThan(1000); // a look-up would hold it up
});

row('E08', async ({ gateway }) => {
  const { location, offer } = await publish(gateway);
  const [ufrag = '', pwd = ''] = credentials(offer);
  const ice = `a=ice-ufrag:${ufrag}\r\na=ice-pwd:${pwd}\r\n`;
  const candidate = 'a=candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host\r\n';
  const shapes: Readonly<Record<string, string>> = {
    'credentials above the m= line': `${ice}m=audio 9 RTP/AVP 0\r\na=mid:0\r\n${candidate}`,
    'credentials below it': `a=group:BUNDLE 0 1\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n${ice}${candidate}`,
    'another kind than the offer’s': `${ice}m=application 9 x y\r\na=mid:0\r\n${candidate}`,
    'repeated m= lines': `${ice}${`m=audio 9 RTP/AVP 0\r\na=mid:0\r\n${candidate}`.repeat(3)}`,
    'every section': `${ice}m=audio 9 RTP/AVP 0\r\na=mid:0\r\n${candidate}m=video 9 RTP/AVP 0\r\na=mid:1\r\n${candidate}`,
    'no mid': `${ice}m=audio 9 RTP/AVP 0\r\n${candidate}`,
    'no m= line': `${ice}${candidate}`,
    'no credentials': `m=audio 9 RTP/AVP 0\r\na=mid:0\r\n${candidate}`,
    'LF line ends': `${ice}m=audio 9 RTP/AVP 0\r\na=mid:0\r\n${candidate}`.replaceAll('\r\n', '\n'),
    'no last line end': `${ice}${candidate}`.trimEnd(),
    'component 0': `${ice}${candidate.replace('1 1 udp', '1 0 udp')}`,
    'stray session lines': `v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n${ice}${candidate}`,
    'an unknown mid': `${ice}m=audio 9 RTP/AVP 0\r\na=mid:other\r\n${candidate}`,
  };
  for (const [name, text] of Object.entries(shapes)) expect([name, (await patch(location, text)).status]).toEqual([name, 204]);
});

row('E09', async ({ gateway }) => {
  const { location, offer } = await publish(gateway);
  expect((await patch(location, trickle(offer))).status).toBe(204);
  expect((await patch(location, restart)).status).toBe(200);
  expect((await patch(location, restart)).status).toBe(204);
  expect((await patch(location, trickle(offer))).status).toBe(200);
});

row('E11', async ({ gateway }) => {
  const { location, offer } = await publish(gateway);
  for (const text of [trickle(offer), trickle(offer), 'a=end-of-candidates\r\n', 'a=end-of-candidates\r\n']) {
    expect((await patch(location, text)).status).toBe(204);
  }
});

row('E12', async ({ gateway }) => {
  const { location, etag, offer } = await publish(gateway);
  const texts = Array.from({ length: 40 }, (_, index) => (index % 2 === 0 ? another(`r${index}`) : trickle(offer)));
  const replies = await Promise.all(texts.map(async (text) => patch(location, text, { 'If-Match': etag })));
  const restarts = replies.filter(({ status }) => status === 200);
  expect(restarts).toHaveLength(1);
  expect(replies.filter(({ status }) => ![200, 204, 412].includes(status))).toEqual([]);
  const current = restarts[0]?.headers.get('ETag') ?? '';
  expect((await patch(location, 'a=end-of-candidates\r\n', { 'If-Match': current })).status).toBe(204);
});

row('E13', async ({ gateway }) => {
  await using publisher = await openLive(gateway);
  expect(publisher.state).toBe('connected'); // whatever its offer named, the gateway reads no candidate, and none was trickled
  await using player = await NativePlayer.open(`${gateway.url}/whep/show`);
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(5);
});

row('F01', async ({ gateway }) => {
  const tags = await Promise.all(Array.from({ length: 20 }, async () => (await publish(gateway)).etag));
  expect(new Set(tags).size).toBe(20);
});

row('F02', async ({ gateway }) => {
  const { location, etag } = await publish(gateway);
  const restarted = await patch(location, restart);
  for (const tag of [etag, restarted.headers.get('ETag') ?? '']) expect(tag).toMatch(/^"[\x21\x23-\x7e]+"$/);
  for (const reply of [await send('GET', location), await send('GET', `${gateway.url}/whep/show`), await send('DELETE', location)]) {
    expect(reply.headers.get('ETag')).toBeNull();
  }
});

row('F03', '412', async ({ gateway }) => {
  const { location, offer } = await publish(gateway);
  for (const text of [trickle(offer), restart]) expect((await patch(location, text, { 'If-Match': '"old"' })).status).toBe(412);
});

row('F04', async ({ gateway }) => {
  const { location, etag, offer } = await publish(gateway);
  for (const [tag, status] of [
    ['*', 204],
    [etag, 204],
    [`"a", ${etag}`, 204],
    [`"a,b" ,W/"c",${etag}`, 204],
    [` ${etag} `, 204],
    [`W/${etag}`, 412],
    [etag.replaceAll('"', ''), 412],
    ['"a", "b"', 412],
    ['""', 412],
  ] as const) {
    expect([tag, (await patch(location, trickle(offer), { 'If-Match': tag })).status]).toEqual([tag, status]);
  }
});

row('F05', async ({ gateway }) => {
  const { location } = await publish(gateway);
  expect((await patch(location, another('one'), { 'If-Match': '"*"' })).status).toBe(200);
  expect((await patch(location, another('two'), { 'If-Match': '*' })).status).toBe(200);
});

row('F06', async ({ gateway }) => {
  for (const tag of ['"old"', 'W/"x"', 'nonsense', '']) {
    const { location } = await publish(gateway);
    expect([tag, (await send('DELETE', location, { headers: { 'If-Match': tag } })).status]).toEqual([tag, 200]);
  }
});

row('F07', async ({ gateway }) => {
  const { location } = await publish(gateway);
  const stale = { 'If-Match': '"old"' };
  const big = 'a'.repeat(100_000);
  expect((await patch(location.replace(/[^/]+$/, 'A'.repeat(22)), restart, stale)).status).toBe(404);
  expect((await send('PUT', location, { headers: stale })).status).toBe(405);
  expect((await patch(location, big, { ...stale, 'Content-Type': 'text/plain' })).status).toBe(415);
  expect((await patch(location, big, stale)).status).toBe(413);
  expect((await patch(location, 'xyz', stale)).status).toBe(400);
  expect((await patch(location, restart, stale)).status).toBe(412);
});

row('F08', async ({ gateway }) => {
  const { location, etag, offer } = await publish(gateway);
  expect((await patch(location, trickle(offer), { 'If-Match': etag })).status).toBe(204);
  expect((await patch(location, trickle(offer), { 'If-Match': '"old"' })).status).toBe(412);
});

row('G02', async ({ gateway }) => {
  const { location, etag, answer } = await publish(gateway);
  const { status, headers, text } = await patch(location, restart);
  expect(status).toBe(200);
  expect(headers.get('Content-Type')).toBe(fragmentType);
  expect(headers.get('Content-Length')).toBe(String(text.length));
  expect(headers.get('ETag')).not.toBe(etag);
  const [[oldUfrag, oldPwd], [ufrag = '', pwd = '']] = [credentials(answer), credentials(text)];
  expect([ufrag === oldUfrag, pwd === oldPwd]).toEqual([false, false]);
  expect([ufrag.length >= 4, pwd.length >= 22]).toEqual([true, true]);
});

row('G02', 'WHEP', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  await using player = await NativePlayer.open(`${gateway.url}/whep/show`);
  const { status, headers, text } = await patch(player.session.location, restart);
  expect([status, headers.get('Content-Type')]).toEqual([200, fragmentType]);
  expect(credentials(text)).not.toEqual(credentials(player.session.answerText));
});

row('G03', async ({ gateway }) => {
  const { location, etag } = await publish(gateway);
  const tag = (await patch(location, restart, { 'If-Match': etag })).headers.get('ETag') ?? '';
  expect((await patch(location, trickle(restart), { 'If-Match': etag })).status).toBe(412);
  expect((await patch(location, trickle(restart), { 'If-Match': tag })).status).toBe(204);
});

row('G04', async ({ gateway }) => {
  const { location, answer } = await publish(gateway);
  const { text } = await patch(location, restart);
  const lines = (sdp: string) => sdp.split('\r\n').filter((line) => /^a=ice-(?:lite|options|pacing)/.test(line));
  expect(lines(text)).toEqual(lines(answer));
  expect(lines(text)).toContain('a=ice-lite');
});

row('G05', async ({ gateway }) => {
  const { location, answer } = await publish(gateway);
  const { text } = await patch(location, restart);
  const candidate = /^a=candidate:\S+ 1 udp .*$/m;
  expect(candidate.exec(text)?.[0]).toBe(candidate.exec(answer)?.[0]);
  expect(text).not.toContain('192.0.2.1'); // the client's
});

row('G09', async ({ gateway }) => {
  const { location } = await publish(gateway);
  const replies = [await patch(location, another('one')), await patch(location, another('two')), await patch(location, another('three'))];
  const tags = replies.map(({ headers }) => headers.get('ETag') ?? '');
  expect(new Set(tags).size).toBe(3);
  expect(new Set(replies.map(({ text }) => credentials(text).join())).size).toBe(3);
  const statuses = await Promise.all(
    tags.map(async (tag) => (await patch(location, 'a=end-of-candidates\r\n', { 'If-Match': tag })).status),
  );
  expect(statuses).toEqual([412, 412, 204]);
});

row('G10', async ({ gateway }) => {
  const { location, answer } = await publish(gateway, readOffer('chromium-plain'));
  const { text } = await patch(location, trickle(restart).replace(/m=[^]*/, '')); // as whip-whep-js: no m= line at all
  expect(text).toMatch(/^(?:[a-z]=[^\r\n]+\r\n)+$/);
  expect(text.match(/^m=/gm)).toHaveLength(1);
  expect(/^a=mid:(.*)\r$/m.exec(text)?.[1]).toBe(/^a=mid:(.*)\r$/m.exec(answer)?.[1]);
  expect(text.match(/^a=candidate:\S+ 1 udp .* typ host\r$/gm)).toHaveLength(1);
  expect(text.match(/^a=candidate:/gm)).toHaveLength(1);
});
