import { PeerConnection } from 'node-datachannel';
import { expect } from 'vitest';
import { split } from '../fixtures/expect-answer.ts';
import { totalsOf } from '../fixtures/registry-totals.ts';
import { type ConfiguredGateway, readOffer } from '../http/configured-gateway.ts';
import { openLive, patch, post, type Reply, restart, sdp, send, soon, transportCount } from './client.ts';
import { row } from './row.ts';

const offer = readOffer('chromium-whep');

/** A player's POST that asks for our offer. */
async function ask({ url }: ConfiguredGateway): Promise<Reply & { readonly location: string }> {
  const reply = await post(`${url}/whep/show`, offer, { Prefer: 'counter-offer', Origin: 'https://a.example' });
  return { ...reply, location: reply.headers.get('Location') ?? '' };
}

/** PATCHes an answer, without If-Match. */
async function answer(location: string, body: string): Promise<number> {
  return (await send('PATCH', location, { headers: { 'Content-Type': sdp }, body })).status;
}

/** Answers a counter-offer on libdatachannel. */
function openAnswerer(text: string): Disposable & { readonly connection: PeerConnection; readonly answerText: Promise<string> } {
  const connection = new PeerConnection('answerer', { iceServers: [] });
  const answerText = new Promise<string>((resolve) => connection.onLocalDescription(resolve));
  connection.setRemoteDescription(text, 'offer');
  return { connection, answerText, [Symbol.dispose]: () => connection.close() };
}

row('D02', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const asked = await ask(gateway);
  for (const { status, headers, text } of [asked, await post(`${gateway.url}/whep/show?offer=server`, offer)]) {
    expect([status, headers.get('Content-Type')?.split(';')[0]]).toEqual([406, sdp]);
    expect(headers.get('Location')).toMatch(/^http:.*\/whep\/show\/[\w-]{22}$/);
    expect(headers.get('ETag')).toMatch(/^"[^"]+"$/);
    expect(text).toMatch(/^v=0\r\n(?:[a-z]=[^\r\n]*\r\n)+$/);
    expect(text).toContain('a=setup:actpass');
    expect(split(text).sections).toHaveLength(2);
  }
  expect(asked.headers.get('Access-Control-Expose-Headers')).toContain('Location');
  expect((await send('GET', asked.location)).status).toBe(204);
});

row('D04', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const { headers } = await ask(gateway);
  const type = headers.get('Content-Type') ?? '';
  // Without the parameter it is 30 seconds from now; with it, an HTTP-date has to be quoted.
  if (type !== sdp) expect(type).toMatch(/^application\/sdp; valid-until="\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT"$/);
});

row(
  'D04',
  'when nobody answers for 30 seconds',
  async ({ gateway }) => {
    await using _publisher = await openLive(gateway);
    const { location } = await ask(gateway);
    const startedAt = performance.now();
    await expect.poll(async () => (await send('GET', location)).status, { timeout: 40_000, interval: 500 }).toBe(404);
    expect(performance.now() - startedAt).toBeGreaterThan(28_000);
    expect(await answer(location, 'v=0\r\n')).toBe(404);
    await expect.poll(async () => transportCount(gateway), soon).toBe(1);
  },
  60_000,
);

row('D05', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const { location, text } = await ask(gateway);
  using player = openAnswerer(text);
  const good = await player.answerText;
  for (const bad of ['junk', '', 'v=0\r\n', good.replaceAll(/a=fingerprint.*\r\n/g, ''), good.replaceAll(/^m=.*\r\n/gm, '')]) {
    const status = await answer(location, bad);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
  }
  const reply = await send('PATCH', location, { headers: { 'Content-Type': sdp }, body: good });
  expect([reply.status, reply.text]).toEqual([204, '']);
  await expect.poll(() => player.connection.state(), soon).toBe('connected');
  const before = (await totalsOf(gateway.registry)).rtpPacketsSent;
  await expect.poll(async () => (await totalsOf(gateway.registry)).rtpPacketsSent, soon).toBeGreaterThan(before + 30);
  expect(await answer(location, good)).toBe(422);
  expect((await patch(location, restart)).status).toBe(200);
  expect((await send('DELETE', location)).status).toBe(200);
});

row('D06', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const { location, text } = await ask(gateway);
  expect(text.match(/^a=(?:sendonly|recvonly|sendrecv|inactive)\r$/gm)).toEqual(['a=sendonly\r', 'a=sendonly\r']);
  using player = openAnswerer(text);
  const good = await player.answerText;
  expect(good).toContain('a=recvonly');
  for (const direction of ['sendonly', 'inactive']) {
    expect([direction, await answer(location, good.replaceAll('a=recvonly', `a=${direction}`))]).toEqual([direction, 422]);
  }
  expect(await answer(location, good)).toBe(204);
});
