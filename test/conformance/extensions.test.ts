import { expect } from 'vitest';
import { LayeredPublisher } from '../fixtures/native-layers.ts';
import { NativePlayer, NativePublisher } from '../fixtures/native-peer.ts';
import { SimulcastSender } from '../fixtures/simulcast-sender.ts';
import { listenToEvents } from '../fixtures/sse.ts';
import { type ConfiguredGateway, openConfigured, readOffer } from '../http/configured-gateway.ts';
import { exchange, openLive, post, type Reply, requestText, sdp, send, soon } from './client.ts';
import { row } from './row.ts';

const core = 'urn:ietf:params:whep:ext:core';
const eventNames = ['active', 'inactive', 'layers', 'viewercount', 'reconnect'];

/** A viewer's session, without a peer behind it. */
async function watch({ url }: Pick<ConfiguredGateway, 'url'>, query = '', offer = 'chromium-whep'): Promise<Reply & { location: string }> {
  const reply = await post(`${url}/whep/show${query}`, readOffer(offer));
  expect(reply.status).toBe(201);
  return { ...reply, location: reply.headers.get('Location') ?? '' };
}

/** Subscribes; an undefined body is none at all. */
async function subscribe(location: string, types?: readonly string[]): Promise<Reply & { stream: string }> {
  const body = types === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(types) };
  const reply = await send('POST', `${location}/events`, body);
  return { ...reply, stream: reply.headers.get('Location') ?? '' };
}

async function choose(location: string, body: string): Promise<number> {
  return (await send('POST', `${location}/layer`, { headers: { 'Content-Type': 'application/json' }, body })).status;
}

/** A live simulcast stream. */
async function openSimulcast({ url, registry }: Pick<ConfiguredGateway, 'url' | 'registry'>) {
  const publisher = await LayeredPublisher.open(`${url}/whip/show`, { codec: 'VP8', rids: ['a', 'b', 'c'] });
  const sender = new SimulcastSender(publisher);
  await expect.poll(() => registry.counts().live, soon).toBe(1);
  return {
    sender,
    [Symbol.asyncDispose]: async () => {
      sender[Symbol.dispose]();
      await publisher[Symbol.asyncDispose]();
    },
  };
}

/** Link header lines of a POST, as they are on the wire. */
async function linkLines(url: string, path: string): Promise<string[]> {
  const { lines } = await exchange(url, requestText('POST', path, [`Content-Type: ${sdp}`], readOffer('chromium-whep')));
  return lines.filter((line) => /^link:/i.test(line)).map((line) => line.slice('link: '.length));
}

row('N01', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const session = '<http://localhost/whep/show/[\\w-]{22}';
  for (const path of ['/whep/show', '/whep/show?offer=server']) {
    expect(await linkLines(gateway.url, path)).toEqual([
      expect.stringMatching(new RegExp(`^${session}/events>; rel="${core}:server-sent-events"`)),
      expect.stringMatching(new RegExp(`^${session}/layer>; rel="${core}:layer"$`)),
    ]);
  }
});

row('N02', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  await using player = await NativePlayer.open(`${gateway.url}/whep/show`);
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(10);
});

row('N04', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const links = (await watch(gateway)).headers.get('Link') ?? '';
  expect([...links.matchAll(/rel="([^"]+)"/g)].map(([, rel]) => rel)).toEqual([`${core}:server-sent-events`, `${core}:layer`]);
  const whip = await post(`${gateway.url}/whip/other`, readOffer('chromium-plain'));
  expect(whip.headers.get('Link')).toBeNull();
});

row('N05', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const [line] = await linkLines(gateway.url, '/whep/show');
  expect(line).toMatch(new RegExp(`; events="${eventNames.join(',')}"$`));
});

row('N05', 'beside ICE servers, one line each', async () => {
  await using gateway = await openConfigured({}, { yaml: "rtc: { iceServers: [{ urls: ['stun:stun.example:3478'] }] }" });
  await using _publisher = await openLive(gateway);
  expect((await linkLines(gateway.url, '/whep/show')).map((line) => /rel="([^"]+)"/.exec(line)?.[1])).toEqual([
    'ice-server',
    `${core}:server-sent-events`,
    `${core}:layer`,
  ]);
});

row('N06', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const { location } = await watch(gateway);
  for (const types of [undefined, [], ['active', 'viewercount'], eventNames]) {
    const { status, stream } = await subscribe(location, types);
    expect([status, stream]).toEqual([201, expect.stringMatching(new RegExp(`^${location}/events/[\\w-]{22}$`))]);
  }
  expect((await subscribe(`${location}x`)).status).toBe(404);
});

row('N07', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const { location } = await watch(gateway);
  for (const body of ['["nope"]', '["active","scte35"]', '{}', '"active"', '[1]', '[']) {
    const reply = await send('POST', `${location}/events`, { headers: { 'Content-Type': 'application/json' }, body });
    expect([body, reply.status, reply.headers.get('Location')]).toEqual([body, 400, null]);
  }
  expect((await send('POST', `${location}/events`, { headers: { 'Content-Type': 'text/plain' }, body: '[]' })).status).toBe(415);
});

row('N08', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const { stream } = await subscribe((await watch(gateway)).location);
  using reader = await listenToEvents(stream);
  expect(reader.response.status).toBe(200);
  expect(reader.response.headers.get('Content-Type')).toMatch(/^text\/event-stream/);
  expect(reader.response.headers.get('Cache-Control')).toBe('no-store');
  expect(reader.response.headers.get('X-Accel-Buffering')).toBe('no');
  await expect.poll(() => reader.names, soon).toEqual(['active', 'layers', 'viewercount']);
  expect(reader.text).toMatch(
    /^:\n\nevent: active\ndata: \{\}\n\nevent: layers\ndata: \{.*\}\n\nevent: viewercount\ndata: \{"viewercount":1\}\n\n/,
  );
});

row('N08', 'for players that hear unnamed events only', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const { headers } = await watch(gateway, '?events=unnamed');
  const [, url = ''] = /<([^>]+)>; rel="[^"]+server-sent-events"/.exec(headers.get('Link') ?? '') ?? [];
  const stream = (await send('POST', url, { headers: { 'Content-Type': 'application/json' }, body: '["active"]' })).headers.get('Location');
  using reader = await listenToEvents(stream ?? '');
  await expect.poll(() => reader.events, soon).toEqual([{ event: '', data: { type: 'active', data: {} } }]);
});

row('N09', async ({ gateway }) => {
  await using publisher = await openLive(gateway);
  const { location } = await watch(gateway);
  const { stream } = await subscribe(location, ['active', 'inactive']);
  await publisher.delete();
  await expect.poll(() => gateway.registry.counts().live, soon).toBe(0);
  await using _returned = await openLive(gateway);
  {
    using reader = await listenToEvents(stream);
    await expect.poll(() => reader.names, soon).toEqual(['active', 'inactive', 'active']);
  }
  using again = await listenToEvents(stream);
  await expect.poll(() => again.text, soon).toBe(':\n\n');
});

row('N10', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const { location } = await watch(gateway);
  const [deleted, orphaned] = [await subscribe(location), await subscribe(location)];
  using reader = await listenToEvents(orphaned.stream);
  expect((await send('HEAD', deleted.stream)).status).toBe(200);
  expect((await send('DELETE', deleted.stream)).status).toBe(200);
  for (const method of ['GET', 'HEAD', 'DELETE']) expect((await send(method, deleted.stream)).status).toBe(404);
  expect((await send('DELETE', location)).status).toBe(200);
  await expect.poll(() => reader.ended, soon).toBe(true);
  expect((await send('GET', orphaned.stream)).status).toBe(404);
});

row('N11', async ({ gateway }) => {
  const publisher = await openLive(gateway);
  const { stream } = await subscribe((await watch(gateway)).location, ['active', 'inactive']);
  using reader = await listenToEvents(stream);
  await expect.poll(() => reader.names, soon).toEqual(['active']);
  await publisher.delete();
  await expect.poll(() => reader.names, soon).toEqual(['active', 'inactive']);
  await using _returned = await openLive(gateway);
  await expect.poll(() => reader.names, soon).toEqual(['active', 'inactive', 'active']);
  expect(reader.events.map(({ data }) => data)).toEqual([{}, {}, {}]);
});

row('N12', async ({ gateway }) => {
  const publisher = await openLive(gateway);
  const { location } = await watch(gateway);
  await publisher.delete();
  await expect.poll(() => gateway.registry.counts().live, soon).toBe(0);
  const { stream } = await subscribe(location, ['active', 'inactive']);
  using reader = await listenToEvents(stream);
  await using _returned = await openLive(gateway);
  await expect.poll(() => reader.names, soon).toEqual(['active']);
});

row('N13', async ({ gateway }) => {
  await using simulcast = await openSimulcast(gateway);
  const { location } = await watch(gateway, '', 'chromium-whep-stereo'); // its video comes second
  using reader = await listenToEvents((await subscribe(location, ['layers'])).stream);
  const last = () => reader.dataOf('layers').at(-1);
  const layer = (rid: string, spatialLayerId: number, width: number, height: number): unknown =>
    expect.objectContaining({
      rid,
      spatialLayerId,
      temporalLayerId: 0,
      width,
      height,
      bitrate: expect.any(Number) as unknown,
      active: true,
    });
  const video = { '1': [layer('a', 0, 160, 90), layer('b', 1, 320, 180), layer('c', 2, 640, 360)] };
  await expect.poll(last, { ...soon, timeout: 30_000 }).toEqual(video);
  simulcast.sender.sending.delete('c');
  const away = { rid: 'c', bitrate: 0, active: false };
  await expect.poll(last, { ...soon, timeout: 30_000 }).toMatchObject({ '1': [{ rid: 'a' }, { rid: 'b' }, away] });
});

row('N14', 'viewercount', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const first = await watch(gateway);
  using reader = await listenToEvents((await subscribe(first.location, ['viewercount'])).stream);
  const last = () => reader.dataOf('viewercount').at(-1);
  await expect.poll(last, soon).toEqual({ viewercount: 1 });
  const second = await watch(gateway);
  await expect.poll(last, soon).toEqual({ viewercount: 2 });
  await send('DELETE', second.location);
  await expect.poll(last, soon).toEqual({ viewercount: 1 });
});

row('N14', 'reconnect, when the gateway shuts down', async () => {
  await using gateway = await openConfigured({}, { farewellMs: 500 });
  await using _publisher = await openLive(gateway);
  using reader = await listenToEvents((await subscribe((await watch(gateway)).location, ['reconnect'])).stream);
  const closed = gateway.close();
  await expect.poll(() => reader.events, soon).toEqual([{ event: 'reconnect', data: {} }]);
  await expect.poll(() => reader.ended, soon).toBe(true);
  await closed;
});

row('N14', 'reconnect, when a player cannot follow a publisher that returns', async () => {
  await using gateway = await openConfigured({ SLUICE_STREAMS_DEFAULT_INSTANT_JOIN: 'never' }); // else players keep their SSRCs, and follow
  const publisher = await openLive(gateway);
  await using player = await NativePlayer.open(`${gateway.url}/whep/show`);
  using reader = await listenToEvents((await subscribe(player.session.location, ['reconnect'])).stream);
  await publisher.delete();
  await using _returned = await NativePublisher.open(`${gateway.url}/whip/show`);
  await expect.poll(() => reader.events, soon).toEqual([{ event: 'reconnect', data: {} }]);
});

row('N15', async () => {
  await using gateway = await openConfigured(
    {},
    { yaml: 'auth: { mode: keys, keys: { list: [{ name: both, key: the-key-of-show, publish: [show], play: [show] }] } }' },
  );
  const authorised = { Authorization: 'Bearer the-key-of-show' };
  await using _publisher = await openLive(gateway, { token: 'the-key-of-show' });
  const created = await post(`${gateway.url}/whep/show`, readOffer('chromium-whep'), authorised);
  const location = created.headers.get('Location') ?? '';
  expect((await send('POST', `${location}/events`)).status).toBe(401);
  expect((await send('POST', `${location}/layer`)).status).toBe(401);
  const { status, headers } = await send('POST', `${location}/events`, { headers: authorised });
  expect(status).toBe(201);
  using reader = await listenToEvents(headers.get('Location') ?? '');
  expect([reader.response.status, reader.response.headers.get('Access-Control-Allow-Origin')]).toEqual([200, '*']);
  await expect.poll(() => reader.names, soon).toContain('active');
  expect((await send('GET', `${location}/events/${'A'.repeat(22)}`)).status).toBe(404);
});

row('N16', async ({ gateway }) => {
  await using _publisher = await openLive(gateway);
  const links = (await watch(gateway)).headers.get('Link') ?? '';
  expect(links).toContain(`rel="${core}:layer"`);
  expect(links).toMatch(new RegExp(`rel="${core}:server-sent-events"; events="[^"]*\\blayers\\b`));
});

row('N17', async ({ gateway }) => {
  await using _simulcast = await openSimulcast(gateway);
  await using player = await NativePlayer.open(`${gateway.url}/whep/show`);
  const { location } = player.session;
  using reader = await listenToEvents((await subscribe(location, ['layers'])).stream);
  const current = () =>
    Object.values(reader.dataOf('layers').at(-1) as Record<string, { rid: string; current?: true }[]>)
      .flat()
      .find((layer) => layer.current)?.rid;
  const patience = { ...soon, timeout: 30_000 };
  await expect.poll(current, patience).toBe('c');
  for (const [body, rid] of [
    ['{"mediaId":"0","rid":"a"}', 'a'],
    ['{"mediaId":"0","encodingId":"b"}', 'b'],
    ['{"mediaId":"0"}', 'c'],
    ['{"spatialLayerId":0,"temporalLayerId":0}', 'a'],
    ['{"maxWidth":400,"maxHeight":400,"anything":"else"}', 'b'],
    ['{"maxSpatialLayerId":0,"maxTemporalLayerId":0}', 'a'],
  ] as const) {
    expect(await choose(location, body)).toBe(200);
    await expect.poll(current, patience).toBe(rid);
  }
  for (const body of ['', '{', '[]', '{"maxWidth":"wide"}']) expect(await choose(location, body)).toBe(400);
  for (const body of ['{"rid":"x"}', '{"spatialLayerId":9}', '{"mediaId":"7"}']) expect(await choose(location, body)).toBe(422);
  await player.delete();
  expect(await choose(location, '{}')).toBe(404);
});

row('N18', async ({ gateway }) => {
  await using _simulcast = await openSimulcast(gateway);
  await using player = await NativePlayer.open(`${gateway.url}/whep/show`);
  const { location } = player.session;
  expect(await choose(location, '{"rid":"a"}')).toBe(200);
  expect((await send('DELETE', `${location}/layer`)).status).toBe(200);
  using reader = await listenToEvents((await subscribe(location, ['layers'])).stream);
  const last = () => reader.dataOf('layers').at(-1);
  await expect.poll(last, { ...soon, timeout: 30_000 }).toMatchObject({ '0': [{}, {}, { rid: 'c', current: true }] });
});
