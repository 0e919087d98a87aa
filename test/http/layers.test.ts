import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { LayeredPublisher } from '../fixtures/native-layers.ts';
import { NativePlayer, NativePublisher } from '../fixtures/native-peer.ts';
import { SimulcastSender } from '../fixtures/simulcast-sender.ts';
import { SubscribeSession } from '../../src/streams/subscribe-session.ts';
import { parseStreamId } from '../../src/streams/stream-id.ts';
import { type ConfiguredGateway, test } from './configured-gateway.ts';

const soon = { interval: 20 };
const rids = ['a', 'b', 'c'];

/** A live simulcast stream and one viewer of it. */
async function openSimulcast({ url, registry }: ConfiguredGateway, options: { gop?: number } = {}) {
  const publisher = await LayeredPublisher.open(`${url}/whip/show`, { codec: 'VP8', rids });
  const sender = new SimulcastSender(publisher, options);
  await expect.poll(() => registry.counts().live, soon).toBe(1);
  const player = await NativePlayer.open(`${url}/whep/show`);
  const session = viewer({ registry }, player.session.location);
  return {
    sender,
    player,
    session,
    choose: async (body: unknown) => choose(player.session.location, JSON.stringify(body)),
    [Symbol.asyncDispose]: async () => {
      sender[Symbol.dispose]();
      await player[Symbol.asyncDispose]();
      await publisher[Symbol.asyncDispose]();
    },
  };
}

function viewer({ registry }: Pick<ConfiguredGateway, 'registry'>, location: string): SubscribeSession {
  const session = registry.find('subscribe', parseStreamId('show'), location.split('/').at(-1) ?? '');
  if (!(session instanceof SubscribeSession)) throw new TypeError('not a viewer');
  return session;
}

async function choose(location: string, body: string, type = 'application/json') {
  const reply = await fetch(`${location}/layer`, { method: 'POST', headers: { 'Content-Type': type }, body });
  const text = await reply.text();
  return { status: reply.status, code: text === '' ? undefined : (JSON.parse(text) as { code: string }).code };
}

test('what arrives has names, sizes and bitrates', async ({ gateway }) => {
  await using stream = await openSimulcast(gateway);
  const known = () => stream.session.layers.layers.map(({ rid, width, height, isActive }) => ({ rid, width, height, isActive }));
  await expect.poll(known, soon).toEqual([
    { rid: 'a', width: 160, height: 90, isActive: true },
    { rid: 'b', width: 320, height: 180, isActive: true },
    { rid: 'c', width: 640, height: 360, isActive: true },
  ]);
  stream.sender.sending.delete('c');
  await expect.poll(() => known().map(({ isActive }) => isActive), soon).toEqual([true, true, false]);
});

test('a viewer gets the layer that it asks for, and the best one again afterwards', async ({ gateway }) => {
  await using stream = await openSimulcast(gateway);
  const current = () => stream.session.layers.current?.spatialLayer;
  await expect.poll(current, soon).toBe(2);
  for (const [body, layer] of [
    [{ mediaId: '0', rid: 'a' }, 0],
    [{ encodingId: 'b' }, 1],
    [{ maxWidth: 200 }, 0],
    [{ mediaId: '0' }, 2],
    [{ maxSpatialLayerId: 1 }, 1],
  ] as const) {
    expect(await stream.choose(body)).toEqual({ status: 200, code: undefined });
    await expect.poll(current, soon).toBe(layer);
  }
  expect((await fetch(`${stream.player.session.location}/layer`, { method: 'DELETE' })).status).toBe(200);
  await expect.poll(current, soon).toBe(2);
});

test('a layer that vanishes moves its viewers down, and up again when it returns', async ({ gateway }) => {
  await using stream = await openSimulcast(gateway);
  const current = () => stream.session.layers.current?.spatialLayer;
  await expect.poll(current, soon).toBe(2);
  expect(await stream.choose({ rid: 'c' })).toMatchObject({ status: 200 });
  stream.sender.sending.delete('c');
  await expect.poll(current, soon).toBe(1);
  stream.sender.sending.add('c');
  await expect.poll(current, soon).toBe(2);
});

test('what cannot be done is refused', async ({ gateway }) => {
  await using stream = await openSimulcast(gateway);
  const { location } = stream.player.session;
  expect(await stream.choose({ rid: 'nope' })).toEqual({ status: 422, code: 'ERR_LAYER_UNKNOWN' });
  expect(await stream.choose({ spatialLayerId: 3 })).toEqual({ status: 422, code: 'ERR_LAYER_UNKNOWN' });
  expect(await stream.choose({ mediaId: '1', rid: 'a' })).toEqual({ status: 422, code: 'ERR_LAYER_UNKNOWN' });
  expect(await choose(location, '{')).toEqual({ status: 400, code: 'ERR_REQUEST_INVALID' });
  expect(await choose(location, '{}', 'text/plain')).toEqual({ status: 415, code: 'ERR_CONTENT_TYPE' });
  expect(await choose(`${location}x`, '{}')).toEqual({ status: 404, code: 'ERR_SESSION_NOT_FOUND' });
  expect((await fetch(`${location}/layer`, { method: 'PUT' })).status).toBe(405);
  await stream.player.delete();
  expect(await stream.choose({ rid: 'a' })).toEqual({ status: 404, code: 'ERR_SESSION_NOT_FOUND' });
});

test('a stream without layers has one', async ({ gateway }) => {
  await using _publisher = await NativePublisher.open(`${gateway.url}/whip/show`, { codec: 'H264' });
  await expect.poll(() => gateway.registry.counts().live, soon).toBe(1);
  await using player = await NativePlayer.open(`${gateway.url}/whep/show`);
  const session = viewer(gateway, player.session.location);
  await expect.poll(() => session.layers.layers, soon).toMatchObject([{ spatialLayer: 0, width: 1920, height: 1080, isActive: true }]);
  expect(await choose(player.session.location, '{"mediaId":"0","spatialLayerId":0}')).toMatchObject({ status: 200 });
  expect(await choose(player.session.location, '{"spatialLayerId":1}')).toMatchObject({ status: 422 });
});

test('a viewer keeps its layer until the new one has a key frame, however long its publisher takes', async ({ gateway }) => {
  await using stream = await openSimulcast(gateway, { gop: 200 });
  const { sender, player, session } = stream;
  const current = () => session.layers.current?.spatialLayer;
  await expect.poll(current, soon).toBe(2);
  const keyFrames = sender.keyFrames;
  const packets = player.videoPackets;
  expect(await stream.choose({ rid: 'a' })).toMatchObject({ status: 200 });
  while (sender.keyFrames === keyFrames) {
    const layer = current();
    if (sender.keyFrames === keyFrames) expect(layer).toBe(2);
    await delay(20);
  }
  expect(player.videoPackets).toBeGreaterThan(packets);
  await expect.poll(current, soon).toBe(0);
});

test('what is not watched is not sent', async ({ gateway }) => {
  await using stream = await openSimulcast(gateway);
  const { sender, player } = stream;
  await expect.poll(() => stream.session.layers.current?.spatialLayer, soon).toBe(2);
  const before = { sent: sender.sent, received: player.videoPackets };
  await expect.poll(() => sender.sent, soon).toBeGreaterThan(before.sent + 50);
  const pictures = sender.sent - before.sent;
  expect(player.videoPackets - before.received).toBeLessThan(pictures * 1.5);
});

test('what is chosen and what is sent can be asked for', async ({ gateway }) => {
  await using stream = await openSimulcast(gateway);
  await expect.poll(() => stream.session.layers.current?.spatialLayer, soon).toBe(2);
  expect(await stream.choose({ rid: 'b', maxTemporalLayerId: 1 })).toMatchObject({ status: 200 });
  await expect.poll(() => stream.session.layers.current?.spatialLayer, soon).toBe(1);
  const reply = await fetch(`${stream.player.session.location}/layer`);
  expect(reply.headers.get('Cache-Control')).toBe('no-store');
  expect(await reply.json()).toEqual({ wish: { rid: 'b', maxTemporalLayerId: 1 }, spatialLayerId: 1, temporalLayerId: 0 });
});
