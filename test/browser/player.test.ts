import type { JSHandle } from 'playwright-core';
import { afterAll, expect } from 'vitest';
import type { LayerChoice } from '../../src/web/player-layers.ts';
import type * as playerModule from '../../src/web/whep-player.ts';
import { browserTest, expectPlaying, patience, threeSizes } from '../fixtures/browser-test.ts';
import type { Chromium } from '../fixtures/chromium.ts';
import { openTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import type * as statsModule from '../fixtures/page/stats.js';
import { BuiltPages } from '../fixtures/pages.ts';

const pages = new BuiltPages();
const webRoot = pages.root;
afterAll(() => pages[Symbol.dispose]());

/** Opens our player in a page of another origin, as a page does that embeds it. */
async function openPlayer(chromium: Chromium, gateway: TestGateway) {
  const page = await chromium.openPage();
  const module: JSHandle<typeof playerModule> = await page.evaluateHandle(`import('${gateway.url}/web/whep-player.js')`);
  const stats: JSHandle<typeof statsModule> = await page.evaluateHandle(`import('/stats.js')`);
  const player = await module.evaluateHandle(({ WhepPlayer }, endpoint) => {
    const video = document.createElement('video');
    document.body.append(video);
    const opened = new WhepPlayer({ endpoint, video });
    video.muted = false; // so that sound is decoded too
    return opened;
  }, gateway.whep('show'));
  const state = async () => player.evaluate(({ state: { name } }) => name);
  await expect.poll(state, patience).toBe('playing');
  return {
    state,
    layers: async () => player.evaluate(({ layers }) => layers.map(({ height, isCurrent }) => (isCurrent ? `*${height}` : String(height)))),
    choose: async (choice: LayerChoice | undefined) => player.evaluate(async (opened, wanted) => opened.choose(wanted), choice),
    viewers: async () => player.evaluate(({ viewers }) => viewers),
    answerText: async () => player.evaluate(({ peer }) => peer?.remoteDescription?.sdp ?? ''),
    stats: async () => stats.evaluate(async ({ viewerStats }, { peer }) => viewerStats(peer ?? new RTCPeerConnection()), player),
    [Symbol.asyncDispose]: async () => page.close(),
  };
}

browserTest.for(['VP8', 'H264'] as const)(
  'our player sees and hears a %s stream, and asks for no bandwidth estimate of one layer',
  async (codec, { chromium }) => {
    await using gateway = await openTestGateway({ codecs: [codec], webRoot });
    await using _publisher = await chromium.publish(gateway.whip('show'));
    await using player = await openPlayer(chromium, gateway);
    expect(await expectPlaying(player, '320x180')).toMatchObject({ videoCodec: codec });
    expect(await player.answerText()).not.toContain('transport-cc');
    expect(await player.answerText()).not.toContain('transport-wide-cc');
  },
);

browserTest('our player of a simulcast stream gets a bandwidth estimate, and with it the highest encoding', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['VP8'], webRoot });
  await using _publisher = await chromium.publish(gateway.whip('show'), threeSizes);
  await using player = await openPlayer(chromium, gateway);
  await expectPlaying(player, '960x540');
  const answerText = await player.answerText();
  expect(answerText).toMatch(/^a=extmap:5 .*transport-wide-cc/m);
  expect(answerText).toMatch(/^a=rtcp-fb:\d+ transport-cc/m);
});

browserTest('our player goes on when its publisher returns', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['VP8'], webRoot });
  const first = await chromium.publish(gateway.whip('show'));
  await using player = await openPlayer(chromium, gateway);
  await first.delete();
  await first[Symbol.asyncDispose]();
  await expect.poll(player.state, patience).toBe('waiting');
  await using _second = await chromium.publish(gateway.whip('show'));
  await expect.poll(player.state, patience).toBe('playing');
  await expectPlaying(player);
});

browserTest(
  'our player of AV1 in several sizes gets the largest, and the one that it chooses, at an edge router too',
  async ({ chromium }) => {
    await using gateway = await openTestGateway({ codecs: ['AV1'], webRoot, workers: 2 });
    const encodings = [{ scalabilityMode: 'L2T2' }];
    await using _publisher = await chromium.publish(gateway.whip('show'), { width: 640, height: 360, startBitrate: 3000, encodings });
    await using near = await openPlayer(chromium, gateway);
    await using far = await openPlayer(chromium, gateway);
    for (const player of [near, far]) {
      await expectPlaying(player, '640x360');
      await expect.poll(player.layers, patience).toEqual(['180', '*360']);
      expect(await player.choose({ spatialLayerId: 0 })).toBe(true);
      await expectPlaying(player, '320x180');
      expect(await player.choose({ spatialLayerId: 2 })).toBe(false);
      expect(await player.choose(undefined)).toBe(true);
      await expectPlaying(player, '640x360');
    }
    await expect.poll(near.viewers, patience).toBe(2);
  },
);

browserTest('our player keeps its choice when its session is replaced', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['VP8'], webRoot });
  const encodings = [
    { rid: 'l', scaleResolutionDownBy: 4 },
    { rid: 'h', scaleResolutionDownBy: 1 },
  ];
  await using _publisher = await chromium.publish(gateway.whip('show'), { width: 640, height: 360, startBitrate: 3000, encodings });
  await using player = await openPlayer(chromium, gateway);
  await expectPlaying(player, '640x360');
  await expect.poll(async () => player.choose({ spatialLayerId: 0 }), patience).toBe(true);
  await expectPlaying(player, '160x90');
  for (const { id, kind } of await gateway.registry.sessions()) if (kind === 'subscribe') gateway.registry.kick(id);
  await expect.poll(player.layers, patience).toEqual(['*90', '360']);
  await expectPlaying(player, '160x90');
});
