import type { Page } from 'playwright-core';
import { afterAll } from 'vitest';
import { browserTest, patience } from '../fixtures/browser-test.ts';
import { DeafPublisher } from '../fixtures/deaf-publisher.ts';
import { EncodedPublisher } from '../fixtures/encoded-publisher.ts';
import { openLiveHls, publishSimulcast } from '../fixtures/live-hls.ts';
import { BuiltPages, expectMedia, expectState, PageVisit } from '../fixtures/pages.ts';

const pages = new BuiltPages();
afterAll(() => pages[Symbol.dispose]());

/** From now on the page finds WebRTC as behind a firewall: the answer names addresses that lead nowhere. `unrouteAll` ends it. */
async function blockWebRtc(page: Page): Promise<void> {
  await page.route('**/whep/show', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replaceAll(/a=candidate.*\r\n/g, '') });
  });
}

browserTest.concurrent(
  'where WebRTC cannot connect, the watch page plays HLS, says so, and lets the viewer choose the quality',
  async ({ chromium, expect }) => {
    await using live = await openLiveHls({ segmentMs: 1000 }, { webRoot: pages.root });
    await using _publisher = await publishSimulcast(chromium, live, expect);
    const context = await chromium.browser.newContext();
    const complaints: string[] = [];
    context.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    const page = await context.newPage();
    await blockWebRtc(page);
    await page.goto(`${live.gateway.url}/watch/show`);
    await expect.poll(async () => page.locator('#via').textContent(), patience).toContain('HLS');
    await expectState(page, 'playing', expect);
    const video = page.locator('video');
    const time = async (): Promise<number> => video.evaluate((element: HTMLVideoElement) => element.currentTime);
    const before = await time();
    await expect.poll(time, patience).toBeGreaterThan(before + 2);
    const quality = page.locator('#quality');
    for (const [place, height] of [
      ['0', 180],
      ['1', 360],
    ] as const) {
      await quality.selectOption(place);
      await expect.poll(async () => video.evaluate((element: HTMLVideoElement) => element.videoHeight), patience).toBe(height);
    }
    await quality.selectOption('auto');
    await expect.poll(async () => quality.locator('option').first().textContent(), patience).toMatch(/^Auto \(\d+p\)$/);
    expect(complaints).toEqual([]);
    await context.close();
  },
);

browserTest.concurrent(
  'who waits for a publisher gets HLS where WebRTC cannot connect, and WebRTC again once HLS has ended',
  async ({ chromium, expect }) => {
    await using live = await openLiveHls({ segmentMs: 1000 }, { webRoot: pages.root });
    const page = await chromium.browser.newPage();
    await blockWebRtc(page);
    await page.goto(`${live.gateway.url}/watch/show`);
    await expectState(page, 'waiting', expect);
    const publisher = await EncodedPublisher.open(live.gateway.whip('show'));
    const via = page.locator('#via');
    await expect.poll(async () => via.textContent(), patience).toContain('HLS');
    await expectState(page, 'playing', expect);
    await page.unrouteAll();
    await publisher.delete();
    await publisher[Symbol.asyncDispose]();
    await expect.poll(async () => via.textContent(), patience).toBe('');
    await using _second = await EncodedPublisher.open(live.gateway.whip('show'));
    await expectMedia(page, expect);
    expect(await via.textContent()).toBe('');
    await page.close();
  },
);

browserTest.concurrent('where there is no HLS either, the watch page keeps trying WebRTC', async ({ chromium, expect }) => {
  await using visit = await PageVisit.open(chromium, pages);
  await using _publisher = await EncodedPublisher.open(visit.gateway.whip('show'));
  const page = await visit.page('/');
  await blockWebRtc(page);
  const asked = page.waitForResponse('**/hls/show/index.m3u8');
  await page.goto(`${visit.gateway.url}/watch/show`);
  expect((await asked).status()).toBe(404);
  await page.unrouteAll();
  await expectMedia(page, expect);
  expect(await page.locator('#via').textContent()).toBe('');
});

browserTest.concurrent('a key frame that is long in coming is waited for over WebRTC', async ({ chromium, expect }) => {
  await using visit = await PageVisit.open(chromium, pages, { instantJoin: 'never' });
  await using publisher = await DeafPublisher.open(visit.gateway.whip('show'), { gopFrames: 420 });
  await expect.poll(() => publisher.keyFrames.length, patience).toBe(1);
  const page = await visit.page('/watch/show');
  const requests: string[] = [];
  page.on('request', (request) => requests.push(request.url()));
  await expectMedia(page, expect);
  expect(publisher.keyFrames).toHaveLength(2);
  expect(requests.filter((url) => url.includes('/hls/'))).toEqual([]);
});
