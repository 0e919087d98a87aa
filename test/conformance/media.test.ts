import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import type { MediaEngine } from '../../src/media/engine.ts';
import { openTestGateway } from '../fixtures/gateway.ts';
import { NativePlayer, NativePublisher } from '../fixtures/native-peer.ts';
import { totalsOf } from '../fixtures/registry-totals.ts';
import { openConfigured, readOffer } from '../http/configured-gateway.ts';
import { openLive, patch, post, publish, restart, send, soon, transportCount } from './client.ts';
import { row } from './row.ts';

const publishProgram = fileURLToPath(new URL('../fixtures/programs/publish.ts', import.meta.url));
const alert = { timeout: 1000, interval: 10 };

for (const [offered, answered] of [
  ['actpass', 'passive'],
  ['active', 'passive'],
  ['passive', 'active'],
] as const) {
  row('C13', `${offered}, with DTLS`, async ({ gateway }) => {
    const offerText = (own: string) => own.replaceAll(/a=setup:\w+/g, `a=setup:${offered}`);
    await using publisher = await NativePublisher.open(`${gateway.url}/whip/show`, { offerText });
    expect(/a=setup:(\w+)/.exec(publisher.session.answerText)?.[1]).toBe(answered);
    await expect.poll(() => publisher.state, soon).toBe('connected');
  });
}

row('C13', 'holdconn and nothing', async ({ gateway }) => {
  const offer = readOffer('chromium-plain');
  expect((await post(`${gateway.url}/whip/show`, offer.replaceAll('a=setup:actpass', 'a=setup:holdconn'))).status).toBe(422);
  expect((await publish(gateway, offer.replaceAll('a=setup:actpass\r\n', ''))).answer).toContain('a=setup:passive');
});

row('C20', async ({ gateway }) => {
  const { answer } = await publish(gateway);
  expect(answer).toMatch(/^a=fingerprint:sha-256 (?:[0-9A-F]{2}:){31}[0-9A-F]{2}\r$/m);
  expect(answer).not.toContain('a=crypto');
  const offer = readOffer('chromium-plain').replaceAll(
    /a=fingerprint:.*/g,
    'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj',
  );
  expect((await post(`${gateway.url}/whip/other`, offer)).status).toBe(422);
});

row('C20', 'a peer with another certificate', async ({ gateway }) => {
  const offerText = (own: string) =>
    own.replaceAll(/(a=fingerprint:\S+ )(..)/g, (_, head: string, first: string) => `${head}${first === '00' ? '11' : '00'}`);
  await using publisher = await NativePublisher.open(`${gateway.url}/whip/show`, { offerText });
  await expect.poll(async () => (await send('GET', publisher.session.location)).status, soon).toBe(404);
  expect((await totalsOf(gateway.registry)).rtpPacketsReceived).toBe(0);
});

/** Fails every ICE restart. */
function withoutRestarts(engine: MediaEngine): MediaEngine {
  return new Proxy(engine, {
    get: (target, name) => {
      if (name === 'openStream') {
        return () => {
          const media = target.openStream();
          const openPublisher = media.openPublisher.bind(media);
          media.openPublisher = async () => {
            const transport = await openPublisher();
            transport.restartIce = async () => {
              throw new GatewayError('ERR_MEDIA_UNAVAILABLE', 'No restarts today.');
            };
            return transport;
          };
          return media;
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

row('G06', async () => {
  await using gateway = await openTestGateway({ wrapEngine: withoutRestarts });
  await using publisher = await openLive(gateway);
  const { location } = publisher.session;
  const failed = await patch(location, restart);
  expect([failed.status, failed.headers.get('ETag')]).toEqual([503, null]);
  const refused = await patch(location, restart.replace(/a=ice-pwd.*\r\n/, ''));
  expect(refused.status).toBe(400);
  const { rtpPacketsReceived } = await totalsOf(gateway.registry);
  await expect.poll(async () => (await totalsOf(gateway.registry)).rtpPacketsReceived, soon).toBeGreaterThan(rtpPacketsReceived + 30);
  expect([publisher.state, (await send('GET', location)).status]).toEqual(['connected', 204]);
});

/** A publisher in a process of its own; `await using` ends it. */
async function spawnPublisher(endpoint: string) {
  const child = spawn(process.execPath, [publishProgram, endpoint], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [location] = (await once(child.stdout, 'data')) as [Buffer];
  return { child, location: location.toString().trim(), [Symbol.asyncDispose]: async () => void child.kill('SIGKILL') };
}

row('G07', async () => {
  await using gateway = await openTestGateway({ silenceMs: 400 });
  await using publisher = await spawnPublisher(gateway.whip('show'));
  expect((await patch(publisher.location, restart)).status).toBe(200);
  publisher.child.kill('SIGSTOP');
  await expect.poll(async () => (await send('GET', publisher.location)).status, soon).toBe(404);
});

row('H04', async () => {
  await using gateway = await openTestGateway({ silenceMs: 400, graceMs: 100 });
  await using publisher = await spawnPublisher(gateway.whip('show'));
  expect((await send('GET', publisher.location)).status).toBe(204);
  publisher.child.kill('SIGKILL');
  await expect.poll(async () => (await send('GET', publisher.location)).status, soon).toBe(404);
  await expect.poll(async () => gateway.workerTotals(), soon).toEqual({ routers: 0, transports: 0 });
});

row('G08', async ({ gateway }) => {
  await using publisher = await openLive(gateway);
  await using player = await NativePlayer.open(`${gateway.url}/whep/show`);
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(30);
  let [last, longest] = [performance.now(), 0];
  for (const track of player.tracks) {
    track.onMessage(() => {
      const now = performance.now();
      [last, longest] = [now, Math.max(longest, now - last)];
    });
  }
  for (const { session } of [publisher, player]) expect((await patch(session.location, restart)).status).toBe(200);
  const { rtpPacketsReceived } = await totalsOf(gateway.registry);
  await expect.poll(async () => (await totalsOf(gateway.registry)).rtpPacketsReceived, soon).toBeGreaterThan(rtpPacketsReceived + 60);
  expect(longest).toBeLessThan(1000);
  expect([publisher.states, player.states].flat()).not.toContain('disconnected');
  expect([publisher.state, player.state]).toEqual(['connected', 'connected']);
});

row('H01', async ({ gateway }) => {
  const { location } = await publish(gateway);
  expect(await transportCount(gateway)).toBe(1);
  const { status, headers, text } = await send('DELETE', location);
  expect([status, headers.get('Content-Length'), text]).toEqual([200, '0', '']);
  await expect.poll(async () => transportCount(gateway), soon).toBe(0);
});

row('H02', async ({ gateway }) => {
  const { location } = await publish(gateway);
  await send('DELETE', location);
  expect((await send('DELETE', location)).status).toBe(404);
  expect((await patch(location, restart)).status).toBe(404);
});

row('H03', async ({ gateway }) => {
  await using publisher = await openLive(gateway);
  await using player = await NativePlayer.open(`${gateway.url}/whep/show`);
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(0);
  expect((await send('DELETE', player.session.location)).status).toBe(200);
  await expect.poll(() => player.state, alert).toBe('closed');
  const packets = player.videoPackets;
  expect((await send('DELETE', publisher.session.location)).status).toBe(200);
  await expect.poll(() => publisher.state, alert).toBe('closed');
  expect(player.videoPackets).toBe(packets);
});

row('H05', async () => {
  await using gateway = await openTestGateway({ connectTimeoutMs: 200, graceMs: 100 });
  const { location } = await publish(gateway);
  expect((await send('GET', location)).status).toBe(204);
  await expect.poll(async () => (await send('GET', location)).status, soon).toBe(404);
  await expect.poll(async () => gateway.workerTotals(), soon).toEqual({ routers: 0, transports: 0 });
});

row('H06', async ({ gateway }) => {
  const sentSoFar = async () => (await totalsOf(gateway.registry)).rtpPacketsSent;
  const first = await openLive(gateway);
  // A browser takes the new SSRCs of a returning publisher; anyone else keeps its own, as this publisher is relayed to it (README).
  await using browser = await NativePlayer.open(`${gateway.url}/whep/show`, { userAgent: 'Mozilla/5.0' });
  await using other = await NativePlayer.open(`${gateway.url}/whep/show`);
  await expect.poll(() => other.videoPackets, soon).toBeGreaterThan(0);
  await expect.poll(() => browser.state, soon).toBe('connected');
  await first.delete();
  await first[Symbol.asyncDispose]();
  expect([browser.state, other.state]).toEqual(['connected', 'connected']);
  await using _second = await openLive(gateway);
  const heard = other.videoPackets;
  await expect.poll(() => other.videoPackets, soon).toBeGreaterThan(heard + 30);
  expect(other.state).toBe('connected');
  const before = await sentSoFar();
  await expect.poll(sentSoFar, soon).toBeGreaterThan(before + 30);
  expect((await send('GET', browser.session.location)).status).toBe(204);
});

row('H08', async () => {
  await using gateway = await openConfigured({}, { farewellMs: 2000 });
  await using publisher = await openLive(gateway);
  const closing = gateway.close();
  const { status, headers } = await post(`${gateway.url}/whip/show`, readOffer('chromium-plain'));
  expect(status).toBe(503);
  expect(headers.get('Retry-After')).toMatch(/^\d+$/);
  await expect.poll(() => publisher.state, alert).toBe('closed');
  await closing;
});

row('L06', async () => {
  await using gateway = await openTestGateway();
  const [worker] = await gateway.workers();
  process.kill(worker?.pid ?? 0, 'SIGKILL');
  const offer = readOffer('chromium-plain');
  let reply = await post(gateway.whip('show'), offer);
  // Replaced within a second; until then the one answer is 503.
  for (let tries = 0; reply.status === 503 && tries < 100; tries += 1) {
    expect(reply.headers.get('Retry-After')).toMatch(/^\d+$/);
    await delay(20);
    reply = await post(gateway.whip('show'), offer);
  }
  expect(reply.status).toBe(201);
});

row('O05', async ({ gateway }) => {
  await using publisher = await openLive(gateway);
  const { location, answerText } = publisher.session;
  const place = (text: string) => /^a=candidate:\S+ 1 udp \d+ (\S+ \d+)/m.exec(text)?.[1];
  for (let count = 0; count < 100; count += 1) {
    const { status, text } = await patch(location, restart.replace('EsAw', `EsAw${count}`));
    expect([status, place(text)]).toEqual([200, place(answerText)]);
  }
  expect(await transportCount(gateway)).toBe(1);
  expect(publisher.state).toBe('connected');
});
