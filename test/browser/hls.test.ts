import { afterAll, type ExpectStatic } from 'vitest';
import { browserTest, patience } from '../fixtures/browser-test.ts';
import { HlsFeed } from '../fixtures/hls-feed.ts';
import { openHlsGateway } from '../fixtures/hls-gateway.ts';
import { PageHlsViewer } from '../fixtures/hls-viewer.ts';
import type { SyntheticTap } from '../fixtures/fragments.ts';
import { parseStreamId } from '../../src/streams/stream-id.ts';
import { BuiltPages } from '../fixtures/pages.ts';

const pages = new BuiltPages();
afterAll(() => pages[Symbol.dispose]());

/** Expects that it plays on for some seconds; gives what it has come to. */
async function expectProgress(expect: ExpectStatic, viewer: PageHlsViewer, seconds = 3) {
  const { time, frames } = await viewer.stats();
  await expect.poll(async () => (await viewer.stats()).time, patience).toBeGreaterThan(time + seconds);
  const stats = await viewer.stats();
  expect(stats.frames - frames).toBeGreaterThan(seconds * 10);
  return stats;
}

/** Waits until the playlist was asked for so many times more, and once again. */
async function expectReloads(expect: ExpectStatic, viewer: PageHlsViewer, times: number): Promise<void> {
  const { reloads } = await viewer.stats();
  await expect.poll(async () => (await viewer.stats()).reloads, patience).toBeGreaterThan(reloads + times);
}

/** A machine that stands still for a moment takes a player away from the live edge; it goes back to where the playlist wants it. */
const returnsToEdge = { maxLiveSyncPlaybackRate: 1.5, liveSyncOnStallIncrease: 0 };

browserTest.concurrent('hls.js plays a low-latency stream, near its end', async ({ chromium, expect }) => {
  await using hls = await openHlsGateway({ webRoot: pages.root });
  await using feed = new HlsFeed(hls.hub());
  await using viewer = await PageHlsViewer.open(chromium, hls.gateway.url, returnsToEdge);
  const stats = await expectProgress(expect, viewer, 6);
  expect(stats).toMatchObject({ width: 320, height: 180 });
  expect(await viewer.complaints(feed)).toEqual([]);
  await expect.poll(async () => (await viewer.stats()).latency, patience).toBeLessThan(2.5); // of a plain stream it is three segments of a second
  expect(stats.loudness).toBeGreaterThan(0.01);
});

browserTest.concurrent('hls.js plays a plain stream', async ({ chromium, expect }) => {
  await using hls = await openHlsGateway({ webRoot: pages.root, settings: { lowLatency: false } });
  await using feed = new HlsFeed(hls.hub());
  await using viewer = await PageHlsViewer.open(chromium, hls.gateway.url);
  const stats = await expectProgress(expect, viewer, 6);
  expect(stats).toMatchObject({ width: 320, height: 180 });
  expect(await viewer.complaints(feed)).toEqual([]);
});

/** Opens a gateway that has been packaging a stream for a while. */
async function openRunning(expect: ExpectStatic, options: SyntheticTap) {
  const hls = await openHlsGateway({ webRoot: pages.root, policyOf: () => 'always' });
  hls.hls.live(parseStreamId('show'));
  const feed = new HlsFeed(hls.hub(), options);
  await expect.poll(() => hls.hls.stream(parseStreamId('show'))?.presentation.listed('video-0').length ?? 0, patience).toBeGreaterThan(4);
  return { hls, feed };
}

browserTest('levels are switched without a stall', async ({ chromium, expect }) => {
  const running = await openRunning(expect, { heights: [90, 180, 360] });
  await using hls = running.hls;
  await using feed = running.feed;
  await using viewer = await PageHlsViewer.open(chromium, hls.gateway.url);
  await expectProgress(expect, viewer, 4);
  const since = Date.now();
  for (const level of [2, 0, 1, 2]) {
    await viewer.switchTo(level);
    await expect.poll(async () => (await viewer.stats()).height, patience).toBe([90, 180, 360][level]);
  }
  await expectProgress(expect, viewer, 2);
  expect(await viewer.stallsSince(since, feed)).toBe(0);
  expect(await viewer.complaints(feed)).toEqual([]);
});

browserTest('a layer that vanishes is covered by the next lower one and comes back, without a stall', async ({ chromium, expect }) => {
  const running = await openRunning(expect, { heights: [90, 180, 360] });
  await using hls = running.hls;
  await using feed = running.feed;
  await using viewer = await PageHlsViewer.open(chromium, hls.gateway.url);
  await viewer.switchTo(2);
  await expect.poll(async () => (await viewer.stats()).height, patience).toBe(360);
  await expectProgress(expect, viewer, 4);
  const since = Date.now();
  feed.muted.add('video-2');
  await expect.poll(async () => (await viewer.stats()).height, patience).toBe(180);
  await expectProgress(expect, viewer, 4);
  feed.muted.delete('video-2');
  await expect.poll(async () => (await viewer.stats()).height, patience).toBe(360);
  await expectProgress(expect, viewer, 4);
  expect(await viewer.stallsSince(since, feed)).toBe(0);
  expect(await viewer.complaints(feed)).toEqual([]);
});

browserTest.concurrent.for(['low-latency', 'ladder'] as const)(
  '%s: after a publisher has come back it plays on by itself',
  async (kind, { chromium, expect }) => {
    const options = kind === 'ladder' ? { heights: [90, 180] } : {};
    await using hls = await openHlsGateway({ webRoot: pages.root });
    const first = new HlsFeed(hls.hub(), options);
    await using viewer = await PageHlsViewer.open(chromium, hls.gateway.url);
    await expectProgress(expect, viewer, 3);
    await first[Symbol.asyncDispose]();
    await expectReloads(expect, viewer, 2); // with the last of these it has heard of all that there is
    await expect.poll(async () => (await viewer.stats()).bufferedAhead, patience).toBeLessThan(0.5);
    const { time } = await viewer.stats();
    // It asks in peace while nobody publishes.
    await expectReloads(expect, viewer, 4);
    expect((await viewer.stats()).time).toBeLessThan(time + 1);
    await using second = new HlsFeed(hls.hub(), options, 2);
    await expectProgress(expect, viewer, 5);
    expect(await viewer.complaints(first, second)).toEqual([]);
  },
);

browserTest.concurrent.for(['low-latency', 'ladder'] as const)(
  '%s: sound that is muted at its source is silence, and comes back',
  async (kind, { chromium, expect }) => {
    await using hls = await openHlsGateway({ webRoot: pages.root });
    await using feed = new HlsFeed(hls.hub(), kind === 'ladder' ? { heights: [90, 180] } : {});
    await using viewer = await PageHlsViewer.open(chromium, hls.gateway.url);
    await expectProgress(expect, viewer, 4);
    feed.muted.add('audio');
    await expect.poll(async () => (await viewer.stats()).loudness, patience).toBe(0);
    await expectProgress(expect, viewer, 4);
    feed.muted.delete('audio');
    await expect.poll(async () => (await viewer.stats()).loudness, patience).toBeGreaterThan(0.01);
    await expectProgress(expect, viewer, 3);
    expect(await viewer.complaints(feed)).toEqual([]);
  },
);

browserTest.concurrent('sound that never comes keeps nobody waiting', async ({ chromium, expect }) => {
  await using hls = await openHlsGateway({ webRoot: pages.root });
  await using feed = new HlsFeed(hls.hub());
  feed.muted.add('audio');
  await using viewer = await PageHlsViewer.open(chromium, hls.gateway.url);
  await expectProgress(expect, viewer, 5);
  expect(await viewer.complaints(feed)).toEqual([]);
});

browserTest.concurrent('a picture that pauses stands still while the sound goes on, and moves again', async ({ chromium, expect }) => {
  await using hls = await openHlsGateway({ webRoot: pages.root });
  await using feed = new HlsFeed(hls.hub());
  await using viewer = await PageHlsViewer.open(chromium, hls.gateway.url);
  await expectProgress(expect, viewer, 3);
  feed.muted.add('video-0');
  const { time } = await viewer.stats();
  await expect.poll(async () => (await viewer.stats()).time, patience).toBeGreaterThan(time + 6);
  const { frames } = await viewer.stats();
  feed.muted.delete('video-0');
  await expect.poll(async () => (await viewer.stats()).frames, patience).toBeGreaterThan(frames + 60);
  expect(await viewer.complaints(feed)).toEqual([]);
});
