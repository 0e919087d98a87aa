import { expect } from 'vitest';
import { expectToAnswer, split, values } from '../fixtures/expect-answer.ts';
import { corpus } from '../fixtures/offers/corpus.ts';
import { openConfigured, readOffer } from '../http/configured-gateway.ts';
import { openLive, post, publish, send } from './client.ts';
import { row } from './row.ts';

const whip = readOffer('chromium-plain');
const whep = readOffer('chromium-whep');

/** Accepted sections of an answer. */
const accepted = (answer: string) => split(answer).sections.filter(([first = '']) => !/^m=\w+ 0 /.test(first));

/** The direction of each accepted section. */
const directions = (answer: string) =>
  accepted(answer).map((lines) => lines.find((line) => /^a=(?:sendrecv|sendonly|recvonly|inactive)$/.test(line)));

row('C01', async ({ gateway }) => {
  for (const [direction, status] of [
    ['sendonly', 201],
    ['sendrecv', 201],
    ['recvonly', 422],
    ['inactive', 422],
    ['nothing', 201], // counts as sendrecv
  ] as const) {
    const line = direction === 'nothing' ? '' : `a=${direction}\r\n`;
    const reply = await post(`${gateway.url}/whip/${direction}`, whip.replaceAll('a=sendonly\r\n', line));
    expect([direction, reply.status]).toEqual([direction, status]);
  }
});

row('C02', async ({ gateway }) => {
  for (const offer of [whip, readOffer('chromium-sendrecv')]) {
    expect(new Set(directions((await publish(gateway, offer)).answer))).toEqual(new Set(['a=recvonly']));
  }
});

row('C03', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  for (const [direction, status] of [
    ['recvonly', 201],
    ['sendrecv', 201],
    ['sendonly', 422],
    ['inactive', 422],
  ] as const) {
    const reply = await post(`${gateway.url}/whep/show`, whep.replaceAll('a=recvonly', `a=${direction}`));
    expect([direction, reply.status]).toEqual([direction, status]);
  }
});

row('C04', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  for (const offer of [whep, whep.replaceAll('a=recvonly', 'a=sendrecv')]) {
    const { text } = await post(`${gateway.url}/whep/show`, offer);
    expect(directions(text)).toEqual(['a=sendonly', 'a=sendonly']);
  }
});

row('C05', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  for (const answer of [(await publish(gateway, whip, 'other')).answer, (await post(`${gateway.url}/whep/show`, whep)).text]) {
    const { session, sections } = split(answer);
    const mids = sections.flatMap((lines) => values(lines, 'mid'));
    expect(values(session, 'group')).toEqual([`BUNDLE ${mids.join(' ')}`]);
    for (const attribute of ['ice-ufrag', 'ice-pwd', 'fingerprint', 'setup']) {
      expect([attribute, new Set(sections.map((lines) => values(lines, attribute).join())).size]).toEqual([attribute, 1]);
    }
  }
});

row('C05', 'an offer without one BUNDLE group', async ({ gateway }) => {
  expect((await post(`${gateway.url}/whip/show`, whip.replace(/a=group:BUNDLE.*\r\n/, ''))).status).toBe(422);
  expect((await post(`${gateway.url}/whip/show`, whip.replace(/a=group:BUNDLE.*/, 'a=group:BUNDLE 0'))).status).toBe(422);
});

row('C06', async ({ gateway }) => {
  const { answer } = await publish(gateway);
  for (const lines of accepted(answer)) expect(lines).toContain('a=rtcp-mux');
  expect((await post(`${gateway.url}/whip/show`, whip.replace('a=rtcp-mux\r\n', ''))).status).toBe(422);
});

row('C07', async ({ gateway }) => {
  expect(whip).not.toContain('rtcp-mux-only');
  const { answer } = await publish(gateway);
  for (const lines of accepted(answer)) expect(lines).toContain('a=rtcp-mux-only');
  await publish(gateway, whip.replaceAll('a=rtcp-mux\r\n', 'a=rtcp-mux\r\na=rtcp-mux-only\r\n'));
});

row('C08', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const { text } = await post(`${gateway.url}/whep/show`, whep);
  const msids = accepted(text).map((lines) => values(lines, 'msid'));
  expect(msids.map(({ length }) => length)).toEqual([1, 1]);
  expect(new Set(msids.flat().map((msid) => msid.split(' ')[0])).size).toBe(1);
  expect(new Set(msids.flat()).size).toBe(2);
});

row('C09', async ({ gateway }) => {
  expect((await post(`${gateway.url}/whip/show`, readOffer('chromium-two-videos'))).status).toBe(422);
  expect((await post(`${gateway.url}/whip/show`, readOffer('chromium-two-streams'))).status).toBe(422);
  await publish(gateway, whip.replaceAll(/a=msid:.*\r\n/g, ''));
  await publish(gateway, whip.replaceAll(/a=msid:\S+/g, 'a=msid:-'));
  await using _publisher = await openLive(gateway);
  expect(whep).not.toContain('a=msid:');
  expect((await post(`${gateway.url}/whep/show`, whep)).status).toBe(201);
});

row('C10', async ({ gateway }) => {
  const offer = whip.replaceAll(/ (?:VP8|VP9|H264|AV1)\/90000/g, ' H999/90000');
  const { status, text } = await post(`${gateway.url}/whip/show`, offer);
  expect(status).toBe(422);
  expect(text).not.toContain('m=');
  expect((await post(`${gateway.url}/whip/show`, readOffer('chromium-datachannel'))).status).toBe(422);
  expect(gateway.registry.counts()).toMatchObject({ streams: 0, publishers: 0 });
});

row('C11', async ({ gateway }) => {
  await using _publisher = await openLive(gateway, { video: false });
  const { status, text } = await post(`${gateway.url}/whep/show`, whep);
  expect(status).toBe(201);
  const { session, sections } = split(text);
  expect(sections.map(([first = '']) => first.split(' ').slice(0, 2).join(' '))).toEqual(['m=video 0', 'm=audio 9']);
  expect(values(session, 'group')).toEqual(['BUNDLE 1']);
});

row('C11', 'data channel', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const { status, text } = await post(`${gateway.url}/whep/show`, readOffer('chromium-whep-datachannel'));
  expect(status).toBe(201);
  expect(text).toMatch(/^m=application 0 /m);
});

row('C14', async () => {
  await using gateway = await openConfigured({ SLUICE_RTC_ANNOUNCED_ADDRESS: '203.0.113.7' });
  const { answer } = await publish(gateway);
  const { session, sections } = split(answer);
  expect(session).toContain('a=ice-lite');
  const candidates = sections.flatMap((lines) => values(lines, 'candidate'));
  expect(candidates.length).toBeGreaterThan(0);
  for (const candidate of candidates) expect(candidate).toMatch(/^\S+ 1 (?:udp|tcp) \d+ 203\.0\.113\.7 \d+ typ host/);
});

row('C15', async () => {
  await using gateway = await openConfigured({ SLUICE_RTC_LISTEN: '127.0.0.1,::1' });
  const { answer } = await publish(gateway);
  expect(/^a=candidate:.*$/m.exec(answer)?.[0]).toMatch(/ udp \d+ 127\.0\.0\.1 \d+ typ host/);
});

row('C16', 'WHIP', async ({ gateway }) => {
  let answered = 0;
  for (const { name, text, userAgent } of corpus) {
    const reply = await post(`${gateway.url}/whip/${name.replaceAll(/[^\w-]/g, '-').slice(0, 60)}`, text, { 'User-Agent': userAgent });
    expect([name, reply.status]).toEqual([name, expect.toSatisfy((status) => status === 201 || status === 422)]);
    if (reply.status !== 201) continue;
    answered += 1;
    expectToAnswer(text, reply.text, 'as offered');
  }
  expect(answered).toBeGreaterThan(15);
});

for (const codec of ['H264', 'VP8'] as const) {
  row('C16', `WHEP, ${codec}`, async ({ gateway }) => {
    await using _publisher = await openLive(gateway, { codec });
    let answered = 0;
    for (const { name, text, userAgent } of corpus) {
      const reply = await post(`${gateway.url}/whep/show`, text, { 'User-Agent': userAgent });
      expect([name, reply.status]).toEqual([name, expect.toSatisfy((status) => status === 201 || status === 422)]);
      if (reply.status !== 201) continue;
      answered += 1;
      expectToAnswer(text, reply.text, 'as offered or unused');
    }
    expect(answered).toBeGreaterThan(8);
  });
}

row('C17', async ({ gateway }) => {
  const offer = readOffer('rfc9725-example');
  expect(offer).toMatch(/^m=video 0 /m);
  expect(offer).toContain('a=bundle-only');
  expect(accepted((await publish(gateway, offer)).answer)).toHaveLength(2);
});

row('C18', async ({ gateway }) => {
  const transport = /a=(?:ice-ufrag|ice-pwd|fingerprint|setup):.*\r\n/g;
  const lines = [...new Set(whip.match(transport))].join('');
  const atSession = whip.replaceAll(transport, '').replace('m=audio', `${lines}m=audio`);
  expect(atSession).not.toBe(whip);
  await publish(gateway, atSession);
  await publish(gateway, readOffer('obs30'));
  // The media level says passive, and wins.
  const both = whip.replaceAll('a=setup:actpass', 'a=setup:passive').replace('m=audio', 'a=setup:actpass\r\nm=audio');
  expect(new Set(split((await publish(gateway, both)).answer).sections.flatMap((section) => values(section, 'setup')))).toEqual(
    new Set(['active']),
  );
});

row('C19', async ({ gateway }) => {
  const odd = whip
    .replace(/^o=.*$/m, 'o=someone 1 1 IN IP6 ::1')
    .replace(/^s=.*$/m, 's=Grüße aus der Küche')
    .replace(/^a=group:BUNDLE (.*)$/m, 'a=group:BUNDLE $1 7 data\r\na=group:LS $1\r\na=x-unknown\r\na=x-unknown:with value')
    .replaceAll(/^(a=mid:.*)$/gm, '$1\r\na=ice-options:trickle,renomination other\r\na=label:a b c');
  await publish(gateway, odd.replaceAll(/\r?\n/g, '\r\n'));
  const ffmpeg = readOffer('ffmpeg9');
  await publish(gateway, ffmpeg.slice(0, ffmpeg.lastIndexOf('m=')));
});

row('C21', async ({ gateway }) => {
  const offer = readOffer('chromium-h264only');
  const levels = ['42001f', '42e01f', '42c01f', '4d001f', '640c1f', '64001f', '640034', '42e034', '242c01f', '42E01F'];
  for (const level of levels) {
    const { answer } = await publish(gateway, offer.replaceAll(/profile-level-id=\w+/g, `profile-level-id=${level}`));
    expect([level, /profile-level-id=(\w+)/.exec(answer)?.[1]]).toEqual([level, level]);
    expect(answer).toContain('packetization-mode=');
  }
});

row('C22', async ({ gateway }) => {
  const { answer } = await publish(gateway, readOffer('obs30'));
  expect(answer).toMatch(/^a=fmtp:\d+ .*stereo=1/m);
  const withoutOpus = whip.replaceAll(/^a=rtpmap:\d+ opus.*\r\n/gm, '');
  expect((await post(`${gateway.url}/whip/pcm`, withoutOpus)).status).toBe(422);
});

row('C22', 'egress', async ({ gateway }) => {
  await using publisher = await openLive(gateway);
  const libdatachannel = publisher.connection.localDescription()?.sdp ?? '';
  expect(libdatachannel).toContain('stereo=1');
  const fmtp = (answer: string) => /^a=fmtp:\d+ .*$/m.exec(split(answer).sections[0]?.join('\n') ?? '')?.[0] ?? '';
  const stereo = await post(`${gateway.url}/whep/show`, readOffer('chromium-whep-stereo'));
  expect(fmtp(stereo.text)).toMatch(/\bstereo=1/);
  const mono = await post(`${gateway.url}/whep/show`, whep);
  expect(mono.status).toBe(201);
  expect(fmtp(mono.text)).not.toMatch(/[ ;]stereo=1/);
});

row('C23', async ({ gateway }) => {
  await using _publisher = await openLive(gateway, { codec: 'H264' });
  const { status, text } = await post(`${gateway.url}/whep/show`, readOffer('chromium-whep-vp8-only'));
  expect([status, JSON.parse(text)]).toEqual([422, expect.objectContaining({ code: 'ERR_NO_COMMON_CODEC' })]);
});

row('C24', async ({ gateway }) => {
  for (const protocol of [
    'UDP/TLS/RTP/SAVPF',
    'UDP/TLS/RTP/SAVP',
    'TCP/DTLS/RTP/SAVPF',
    'TCP/TLS/RTP/SAVPF',
    'RTP/SAVPF',
    'RTP/SAVP',
    'RTP/AVPF',
    'RTP/AVP',
  ]) {
    const { answer } = await publish(gateway, whip.replaceAll('UDP/TLS/RTP/SAVPF', protocol));
    expect(new Set(split(answer).sections.map(([first = '']) => first.split(' ')[2]))).toEqual(new Set([protocol]));
  }
});

row('D03', async ({ gateway }) => {
  await using _publisher = await openLive(gateway, { codec: 'H264' });
  const statuses = await Promise.all([
    post(`${gateway.url}/whip/a`, readOffer('chromium-two-videos')),
    post(`${gateway.url}/whip/b`, readOffer('hevc-only')),
    post(`${gateway.url}/whip/c`, 'junk'),
    post(`${gateway.url}/whep/show`, readOffer('chromium-whep-vp8-only')),
    post(`${gateway.url}/whep/show`, 'junk'),
    post(`${gateway.url}/whep/nobody`, whep),
    post(`${gateway.url}/whep/show`, whep, { Accept: 'text/html' }),
    post(`${gateway.url}/whip/d`, whip, { Accept: 'image/png', 'Accept-Encoding': 'x;q=1, identity;q=0', 'Accept-Language': 'x' }),
    send('GET', `${gateway.url}/whep/show`, { headers: { Accept: 'image/png' } }),
  ]);
  expect(statuses.map(({ status }) => status)).toEqual([422, 422, 400, 422, 400, 409, 201, 201, 200]);
});

row('D07', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const { headers, text } = await post(`${gateway.url}/whep/show`, whep);
  const location = headers.get('Location') ?? '';
  const reply = await send('PATCH', location, {
    headers: { 'Content-Type': 'application/sdp' },
    body: text.replaceAll('a=sendonly', 'a=recvonly'),
  });
  expect(reply.status).toBe(422);
  expect((await send('GET', location)).status).toBe(204);
});

row('D08', async ({ gateway }) => {
  const early = await post(`${gateway.url}/whep/show`, whep);
  expect([early.status, early.headers.get('Location')]).toEqual([409, null]);
  expect(early.headers.get('Retry-After')).toMatch(/^[1-9]\d*$/);
  expect(early.headers.get('Access-Control-Expose-Headers')).toContain('Retry-After');
  await using _publisher = await openLive(gateway);
  expect((await post(`${gateway.url}/whep/show`, whep)).status).toBe(201);
});

row('D10', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  for (const { name, text, userAgent } of corpus) {
    const { status } = await post(`${gateway.url}/whep/show`, text, { 'User-Agent': userAgent, Accept: 'application/sdp' });
    expect([name, status]).not.toEqual([name, 406]);
  }
});

row('M04', async ({ gateway }) => {
  const { answer } = await publish(gateway, readOffer('obs32-simulcast3'));
  expect(answer).toMatch(/^a=simulcast:recv 0;1;2\r$/m);
  expect(answer.match(/^a=rid:\d recv\r$/gm)).toHaveLength(3);
  expect((await post(`${gateway.url}/whip/av1`, readOffer('obs32-simulcast3-av1'))).status).toBe(422);
});

row('M01', async ({ gateway }) => {
  const groups = whip
    .replaceAll(/^a=ssrc(?:-group)?:.*\r\n/gm, '')
    .concat('a=ssrc-group:SIM 11 12 13\r\n', ...[11, 12, 13].map((ssrc) => `a=ssrc:${ssrc} cname:x\r\n`));
  const { answer } = await publish(gateway, groups);
  expect(answer).not.toMatch(/a=simulcast|a=rid:/);
});

row('M03', async ({ gateway }) => {
  const offer = readOffer('chromium-simulcast3-vp8');
  const { answer } = await publish(gateway, offer);
  const [, rids = ''] = /^a=simulcast:send (.*)\r$/m.exec(offer) ?? [];
  expect(answer).toContain(`a=simulcast:recv ${rids}\r\n`);
  for (const rid of rids.split(';')) expect(answer).toContain(`a=rid:${rid} recv\r\n`);
  for (const uri of ['mid', 'rtp-stream-id', 'repaired-rtp-stream-id']) {
    const line = new RegExp(`^a=extmap:\\d+ urn:ietf:params:rtp-hdrext:sdes:${uri}\\r$`, 'm');
    expect(line.exec(answer)?.[0]).toBe(line.exec(offer)?.[0]);
  }
});

row('M05', async ({ gateway }) => {
  const offer = readOffer('chromium-simulcast3-vp8');
  const [, own = ''] = /^a=simulcast:send (.*)\r$/m.exec(offer) ?? [];
  for (const [names, simulcast, kept] of [
    [['0', '1', '2'], '0;1;2', '0;1;2'],
    [['h', 'm', 'l'], 'h;m;l', 'h;m;l'],
    [['q', 'h', 'f'], 'f;q;h', 'f;q;h'],
    [['low-1', 'mid_2', 'Hi3'], 'low-1;~mid_2;Hi3', 'low-1;mid_2;Hi3'],
    [['a', 'b', 'c'], 'a,b;~c', 'a;c'],
  ] as const) {
    const [first = '', second = '', third = ''] = own.split(';');
    const renamed = offer
      .replace(/^a=simulcast:.*$/m, `a=simulcast:send ${simulcast}\r`)
      .replace(`a=rid:${first} `, `a=rid:${names[0]} `)
      .replace(`a=rid:${second} `, `a=rid:${names[1]} `)
      .replace(`a=rid:${third} `, `a=rid:${names[2]} `);
    const { answer } = await publish(gateway, renamed.replaceAll(/\r+\n/g, '\r\n'));
    expect(/^a=simulcast:recv (.*)\r$/m.exec(answer)?.[1]).toBe(kept);
  }
});
