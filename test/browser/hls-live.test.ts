import { afterAll, expect } from 'vitest';
import { browserTest, patience } from '../fixtures/browser-test.ts';
import { EncodedPublisher } from '../fixtures/encoded-publisher.ts';
import { delaysOf, median, readFlashAndPeep } from '../fixtures/flash-and-peep.ts';
import type { Chromium } from '../fixtures/chromium.ts';
import { PageHlsViewer } from '../fixtures/hls-viewer.ts';
import { openLiveHls, publishSimulcast, type LiveHls } from '../fixtures/live-hls.ts';
import { parseRung } from '../../src/config/transcode-config.ts';
import { parseStreamId } from '../../src/streams/stream-id.ts';
import { BuiltPages, expectState } from '../fixtures/pages.ts';

const pages = new BuiltPages();
afterAll(() => pages[Symbol.dispose]());

/** Publishes the test pattern from the publish page. */
async function publishPattern(chromium: Chromium, { gateway }: LiveHls): Promise<AsyncDisposable> {
  const page = await chromium.browser.newPage();
  await page.goto(`${gateway.url}/publish/show?source=pattern&autostart=1&codec=H264&height=360&fps=30`);
  await expectState(page, 'live');
  return { [Symbol.asyncDispose]: async () => page.close() };
}

browserTest.for([
  ['low-latency', true, 2000],
  ['plain', false, 1000],
] as const)('%s: what is published is seen and heard together', async ([, lowLatency, segmentMs], { chromium }) => {
  await using live = await openLiveHls({ lowLatency, segmentMs }, { webRoot: pages.root });
  await using _publisher = await publishPattern(chromium, live);
  const askedAt = performance.now();
  await using viewer = await PageHlsViewer.open(chromium, live.gateway.url);
  const openedMs = performance.now() - askedAt;
  await viewer.watchSync();
  await viewer.watchDelay();
  await expect.poll(async () => (await viewer.sync()).peeps.length, patience).toBeGreaterThan(10);
  const sync = await viewer.sync();
  const stats = await viewer.stats();
  const glassToGlassMs = Math.round(median(await viewer.delays()));
  console.log(JSON.stringify({ openedMs, glassToGlassMs, delays: delaysOf(sync).map(Math.round), ...stats }));
  expect(stats).toMatchObject({ width: 640, height: 360 });
  expect(Math.abs(median(delaysOf(sync)))).toBeLessThan(150);
  expect(await viewer.complaints()).toEqual([]);
});

browserTest.for([
  ['low-latency', true],
  ['plain', false],
] as const)('%s: FFmpeg plays it, with sound and picture together', async ([, lowLatency], { chromium }) => {
  await using live = await openLiveHls({ lowLatency }, { webRoot: pages.root });
  await using _publisher = await publishPattern(chromium, live);
  const found = await readFlashAndPeep(`${live.gateway.url}/hls/show/index.m3u8`, 14);
  console.log(delaysOf(found).map(Math.round));
  expect(found.peeps.length).toBeGreaterThan(8);
  expect(Math.abs(median(delaysOf(found)))).toBeLessThan(60);
});

browserTest('simulcast is a ladder without transcoding', async ({ chromium }) => {
  await using live = await openLiveHls({ segmentMs: 1000 });
  await using _publisher = await publishSimulcast(chromium, live, expect);
  const master = await (await fetch(`${live.gateway.url}/hls/show/index.m3u8`)).text();
  expect(master.match(/#EXT-X-STREAM-INF/g)).toHaveLength(2);
  await expect
    .poll(async () => (await fetch(`${live.gateway.url}/hls/show/index.m3u8`)).text(), patience)
    .toMatch(/RESOLUTION=320x180.*RESOLUTION=640x360/s);
});

browserTest('one encoding becomes a ladder where the policy says so, and hls.js goes up and down in it', async ({ chromium }) => {
  const ladder = { settings: { rungs: ['90p', '180p'].map(parseRung), preset: 'ultrafast', niceness: 0 }, climbs: () => true };
  await using live = await openLiveHls({ segmentMs: 1000 }, { webRoot: pages.root, ladder });
  await using _publisher = await EncodedPublisher.open(live.gateway.whip('show'), { height: 360 });
  await expect.poll(() => live.gateway.stream('show')?.state, patience).toBe('live');
  const url = `${live.gateway.url}/hls/show/index.m3u8`;
  await expect.poll(async () => (await fetch(url)).text(), patience).toMatch(/RESOLUTION=160x90.*RESOLUTION=320x180.*RESOLUTION=640x360/s);
  expect((await (await fetch(url)).text()).match(/CODECS="avc1\.[0-9a-f]{6},mp4a\.40\.2"/g)).toHaveLength(3);
  await using viewer = await PageHlsViewer.open(chromium, live.gateway.url);
  const since = Date.now();
  for (const level of [2, 0, 1, 2]) {
    await viewer.switchTo(level);
    await expect.poll(async () => (await viewer.stats()).height, patience).toBe([90, 180, 360][level]);
  }
  expect(await viewer.stallsSince(since)).toBeLessThanOrEqual(1);
  expect(await viewer.complaints()).toEqual([]);
  expect(live.hls.stream(parseStreamId('show'))?.report().details).toMatchObject({ ladder: { name: 'running', renditions: 2 } });
});
