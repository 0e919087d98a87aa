import { expect } from 'vitest';
import { browserTest, expectPlaying, patience } from '../fixtures/browser-test.ts';
import { openTestGateway } from '../fixtures/gateway.ts';
import { NativePlayer } from '../fixtures/native-peer.ts';

/** The gateway asks a publisher for a key frame this often at most, however many viewers want one. */
const keyFrameRequestDelayMs = 300;

browserTest('twenty viewers who come at once all see and hear, and share the key frames that they need', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['VP8'], workers: 2, evenly: true });
  const connectedAt: number[] = [];
  gateway.registry.observer.on('connected', () => connectedAt.push(performance.now()));
  await using peers = new AsyncDisposableStack();
  const publisher = peers.use(await chromium.publish(gateway.whip('show')));
  await expect.poll(async () => (await publisher.stats()).framesEncoded, patience).toBeGreaterThan(10);
  const pages = await Promise.all(Array.from({ length: 4 }, async () => chromium.openPeers()));
  const before = await publisher.stats();
  connectedAt.length = 0;

  const [viewers, players] = await Promise.all([
    Promise.all(pages.map(async (page) => peers.use(await page.watch(gateway.whep('show'))))),
    Promise.all(
      Array.from({ length: 16 }, async (_, index) => {
        const codecs = index % 2 === 0 ? (['H264', 'VP8'] as const) : (['VP8'] as const);
        return peers.use(await NativePlayer.open(gateway.whep('show'), { codecs }));
      }),
    ),
  ]);
  for (const player of players) {
    await expect.poll(() => player.videoPackets, patience).toBeGreaterThan(10);
    await expect.poll(() => player.audioPackets, patience).toBeGreaterThan(10);
  }
  for (const viewer of viewers) await expectPlaying(viewer, '320x180');

  const requests = (await publisher.stats()).keyFrameRequests - before.keyFrameRequests;
  // Counted for as long as anybody asked: on a busy machine they come one by one, and a player that lost something asks once more.
  const askedForMs = performance.now() - Math.min(...connectedAt);
  expect(requests).toBeLessThanOrEqual(2 + Math.ceil(askedForMs / keyFrameRequestDelayMs));
});
