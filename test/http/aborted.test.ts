import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type ConfiguredGateway, openConfigured, readOffer } from './configured-gateway.ts';

const soon = { interval: 20 };

/** Starts a POST; the socket is the test's to kill. */
async function startPost({ http }: ConfiguredGateway, path: string, share = 1): Promise<Socket> {
  const offer = readOffer('chromium-plain');
  const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nContent-Length: ${Buffer.byteLength(offer)}\r\n\r\n`;
  const socket = connect(http.port, '127.0.0.1');
  await once(socket, 'connect');
  socket.write(head + offer.slice(0, offer.length * share));
  return socket;
}

const transports = async ({ engine }: ConfiguredGateway) => (await engine.workers())[0]?.transports;

test('B14 a POST that is cut off in the middle of its body leaves nothing behind', async () => {
  await using gateway = await openConfigured();
  const socket = await startPost(gateway, '/whip/show', 0.5);
  socket.resetAndDestroy();
  await once(socket, 'close');
  expect((await fetch(`${gateway.url}/livez`)).status).toBe(200); // the server has seen more since
  expect(gateway.registry.counts().publishers).toBe(0);
  expect(await transports(gateway)).toBe(0);
});

test('B14 a client that vanishes while its session is opened takes the session with it', async () => {
  await using gateway = await openConfigured();
  const endings: string[] = [];
  gateway.registry.observer.on('closed', (_session, { ending }) => endings.push(ending));
  const sockets = await Promise.all(Array.from({ length: 20 }, async (_, index) => startPost(gateway, `/whip/show${index}`)));
  gateway.registry.observer.once('opened', () => {
    for (const socket of sockets) socket.resetAndDestroy();
  });
  await expect.poll(() => endings.length, soon).toBeGreaterThan(0);
  await expect.poll(() => gateway.registry.counts().publishers, soon).toBe(0);
  await expect.poll(async () => transports(gateway), soon).toBe(0);
  expect(new Set(endings)).toEqual(new Set(['aborted']));
});

test('B14 whenever a client vanishes, no transport is left without the session that will reap it', async () => {
  await using gateway = await openConfigured();
  for (let afterMs = 0; afterMs < 12; afterMs += 1) {
    const socket = await startPost(gateway, `/whip/show${afterMs}`);
    await delay(afterMs);
    socket.resetAndDestroy();
  }
  await expect.poll(async () => (await transports(gateway)) === gateway.registry.counts().publishers, soon).toBe(true);
});

test('B14 a viewer that vanishes while it waits for the stream leaves nothing behind', async () => {
  await using gateway = await openConfigured();
  const waiting = await fetch(`${gateway.url}/whip/show`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: readOffer('chromium-plain'),
  });
  expect(waiting.status).toBe(201);
  const socket = await startPost(gateway, '/whep/show');
  await delay(50); // well within the second that a viewer waits
  socket.resetAndDestroy();
  await expect.poll(() => gateway.registry.counts(), soon).toMatchObject({ publishers: 1, subscribers: 0 });
});
