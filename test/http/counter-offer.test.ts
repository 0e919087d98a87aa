import { PeerConnection } from 'node-datachannel';
import { expect, test } from 'vitest';
import { openTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { NativePlayer, NativePublisher } from '../fixtures/native-peer.ts';
import { offerText } from '../fixtures/offers/corpus.ts';
import { totalsOf } from '../fixtures/registry-totals.ts';

const soon = { interval: 20 };
const headers = { 'Content-Type': 'application/sdp' };

async function openLive(gateway: TestGateway): Promise<NativePublisher> {
  const publisher = await NativePublisher.open(gateway.whip('show'));
  await expect.poll(() => gateway.stream('show')?.state, soon).toBe('live');
  return publisher;
}

async function askForOffer(gateway: TestGateway): Promise<{ response: Response; location: string; offer: string }> {
  const body = offerText('chromium-whep');
  const response = await fetch(gateway.whep('show'), { method: 'POST', headers: { ...headers, Prefer: 'counter-offer' }, body });
  return { response, location: response.headers.get('Location') ?? '', offer: await response.text() };
}

async function answer(location: string, body: string): Promise<number> {
  return (await fetch(location, { method: 'PATCH', headers, body })).status;
}

/** Answers an offer on libdatachannel. */
function openAnswerer(offer: string): { connection: PeerConnection; answerText: Promise<string> } & Disposable {
  const connection = new PeerConnection('answerer', { iceServers: [] });
  const answerText = new Promise<string>((resolve) => connection.onLocalDescription(resolve));
  connection.setRemoteDescription(offer, 'offer');
  return { connection, answerText, [Symbol.dispose]: () => connection.close() };
}

test('a player that asks for it gets 406 with our offer, and media after its answer', async () => {
  await using gateway = await openTestGateway();
  await using _publisher = await openLive(gateway);
  const { response, location, offer } = await askForOffer(gateway);
  expect(response.status).toBe(406);
  expect(response.headers.get('Content-Type')).toBe('application/sdp');
  expect(response.headers.get('ETag')).toMatch(/^"[^"]+"$/);
  expect(response.headers.get('Preference-Applied')).toBe('counter-offer');
  expect(offer).toMatch(/^m=video 9 UDP\/TLS\/RTP\/SAVPF 96 97 /m);
  expect(offer.match(/^a=sendonly/gm)).toHaveLength(2);

  using answerer = openAnswerer(offer);
  expect(await answer(location, await answerer.answerText)).toBe(204);
  await expect.poll(() => answerer.connection.state(), soon).toBe('connected');
  await expect.poll(async () => (await totalsOf(gateway.registry)).rtpPacketsSent, soon).toBeGreaterThan(10);
  expect(await answer(location, await answerer.answerText)).toBe(422);
});

test('`?offer=server` asks for an offer too, and without it nobody gets 406', async () => {
  await using gateway = await openTestGateway();
  await using _publisher = await openLive(gateway);
  const post = async (url: string): Promise<number> =>
    (await fetch(url, { method: 'POST', headers, body: offerText('chromium-whep') })).status;
  expect(await post(`${gateway.whep('show')}?offer=server`)).toBe(406);
  expect(await post(gateway.whep('show'))).toBe(201);
});

test('a counter-offer stays pending after an answer that cannot be used', async () => {
  await using gateway = await openTestGateway();
  await using _publisher = await openLive(gateway);
  const { location, offer } = await askForOffer(gateway);
  using answerer = openAnswerer(offer);
  const good = await answerer.answerText;
  expect(await answer(location, 'junk')).toBe(400);
  expect(await answer(location, good.replaceAll(/\b96\b/g, '120'))).toBe(422);
  expect(await answer(location, good)).toBe(204);
});

test('PATCH with an answer is 422 for a session that was answered, which goes on', async () => {
  await using gateway = await openTestGateway();
  await using _publisher = await openLive(gateway);
  await using player = await NativePlayer.open(gateway.whep('show'));
  expect(await answer(player.session.location, offerText('chromium-whep'))).toBe(422);
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(0);
});

test('a pending counter-offer can be ended, and ends with its stream', async () => {
  await using gateway = await openTestGateway({ graceMs: 50 });
  await using publisher = await openLive(gateway);
  const [first, second] = [await askForOffer(gateway), await askForOffer(gateway)];
  expect((await fetch(first.location, { method: 'DELETE' })).status).toBe(200);
  await publisher.delete();
  await expect.poll(async () => (await fetch(second.location)).status, soon).toBe(404);
  expect(await gateway.workerTotals()).toEqual({ routers: 0, transports: 0 });
});

test('a player that answers while the publisher is away plays when it is back', async () => {
  await using gateway = await openTestGateway();
  await using publisher = await openLive(gateway);
  const { location, offer } = await askForOffer(gateway);
  await publisher.delete();
  using answerer = openAnswerer(offer);
  expect(await answer(location, await answerer.answerText)).toBe(204);
  await expect.poll(() => answerer.connection.state(), soon).toBe('connected');
  const before = (await totalsOf(gateway.registry)).rtpPacketsSent;
  await using _returned = await openLive(gateway);
  await expect.poll(async () => (await totalsOf(gateway.registry)).rtpPacketsSent, soon).toBeGreaterThan(before + 10);
});
