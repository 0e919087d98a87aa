import { afterAll, expect } from 'vitest';
import { browserTest, patience } from '../fixtures/browser-test.ts';
import { HlsFeed } from '../fixtures/hls-feed.ts';
import { openHlsGateway } from '../fixtures/hls-gateway.ts';
import { PageHlsViewer } from '../fixtures/hls-viewer.ts';
import type { SyntheticTap } from '../fixtures/fragments.ts';
import { parseStreamId } from '../../src/streams/stream-id.ts';
import { BuiltPages } from '../fixtures/pages.ts';

const pages = new BuiltPages();
afterAll(() => pages[Symbol.dispose]());

/** What hls.js tells in passing and mends by itself. */
const harmless = /bufferStalledError|bufferSeekOverHole/;

/** Expects that it plays on for some seconds; gives what it has come to. */
async function expectProgress(viewer: PageHlsViewer, seconds = 3) {
  const { time, frames } = await viewer.stats();
  await expect.poll(async () => (await viewer.stats()).time, patience).toBeGreaterThan(time + seconds);
  const stats = await viewer.stats();
  expect(stats.frames - frames).toBeGreaterThan(seconds * 10);
  return stats;
}

browserTest('hls.js plays a low-latency stream, near its end', async ({ chromium }) => {
  await using hls = await openHlsGateway({ webRoot: pages.root });
  await using _feed = new HlsFeed(hls.hub());
  await using viewer = await PageHlsViewer.open(chromium, hls.gateway.url);
  const stats = await expectProgress(viewer, 6);
  expect(stats).toMatchObject({ width: 320, height: 180 });
  expect(stats.errors.filter((error) => !harmless.test(error))).toEqual([]); // who is there from its first moment may wait for a part
  expect(stats.latency).toBeLessThan(3); // of a plain stream it is three segments of 2 s
  expect(stats.loudness).toBeGreaterThan(0.01);
});

browserTest('hls.js plays a plain stream', async ({ chromium }) => {
  await using hls = await openHlsGateway({ webRoot: pages.root, settings: { lowLatency: false } });
  await using _feed = new HlsFeed(hls.hub());
  await using viewer = await PageHlsViewer.open(chromium, hls.gateway.url);
  const stats = await expectProgress(viewer, 6);
  expect(stats).toMatchObject({ width: 320, height: 180 });
  expect(stats.errors.filter((error) => !harmless.test(error))).toEqual([]);
});

/** Opens a gateway that has been packaging a stream for a while. */
async function openRunning(options: SyntheticTap) {
  const hls = await openHlsGateway({ webRoot: pages.root, policyOf: () => 'always' });
  hls.hls.live(parseStreamId('show'));
  const feed = new HlsFeed(hls.hub(), options);
  await expect.poll(() => hls.hls.stream(parseStreamId('show'))?.presentation.listed('video-0').length ?? 0, patience).toBeGreaterThan(4);
  return { hls, feed };
}

browserTest('levels are switched without a stall', async ({ chromium }) => {
  const running = await openRunning({ heights: [90, 180, 360] });
  await using hls = running.hls;
  await using _feed = running.feed;
  await using viewer = await PageHlsViewer.open(chromium, hls.gateway.url);
  await expectProgress(viewer, 4);
  const { stalls } = await viewer.stats();
  for (const level of [2, 0, 1, 2]) {
    await viewer.switchTo(level);
    await expect.poll(async () => (await viewer.stats()).height, patience).toBe([90, 180, 360][level]);
  }
  const stats = await expectProgress(viewer, 2);
  expect(stats.stalls - stalls).toBe(0);
  expect(stats.errors.filter((error) => !harmless.test(error))).toEqual([]);
});

browserTest('a layer that vanishes is covered by the next lower one and comes back, without a stall', async ({ chromium }) => {
  const running = await openRunning({ heights: [90, 180, 360] });
  await using hls = running.hls;
  await using feed = running.feed;
  await using viewer = await PageHlsViewer.open(chromium, hls.gateway.url);
  await viewer.switchTo(2);
  await expect.poll(async () => (await viewer.stats()).height, patience).toBe(360);
  await expectProgress(viewer, 4);
  const { stalls } = await viewer.stats();
  feed.muted.add('video-2');
  await expect.poll(async () => (await viewer.stats()).height, patience).toBe(180);
  await expectProgress(viewer, 4);
  feed.muted.delete('video-2');
  await expect.poll(async () => (await viewer.stats()).height, patience).toBe(360);
  const stats = await expectProgress(viewer, 4);
  expect(stats.stalls - stalls).toBe(0);
  expect(stats.errors.filter((error) => !harmless.test(error))).toEqual([]);
});

browserTest.for(['low-latency', 'ladder'] as const)(
  '%s: after a publisher has come back it plays on by itself',
  async (kind, { chromium }) => {
    const options = kind === 'ladder' ? { heights: [90, 180] } : {};
    await using hls = await openHlsGateway({ webRoot: pages.root });
    const first = new HlsFeed(hls.hub(), options);
    await using viewer = await PageHlsViewer.open(chromium, hls.gateway.url);
    await expectProgress(viewer, 3);
    await first[Symbol.asyncDispose]();
    await expect.poll(async () => (await viewer.stats()).bufferedAhead, patience).toBeLessThan(0.5);
    const { time, reloads } = await viewer.stats();
    // It asks in peace while nobody publishes.
    await expect.poll(async () => (await viewer.stats()).reloads, patience).toBeGreaterThan(reloads + 4);
    expect((await viewer.stats()).time).toBeLessThan(time + 1);
    await using _second = new HlsFeed(hls.hub(), options, 2);
    const stats = await expectProgress(viewer, 5);
    expect(stats.errors.filter((error) => !harmless.test(error))).toEqual([]);
  },
);

browserTest.for(['low-latency', 'ladder'] as const)(
  '%s: sound that is muted at its source is silence, and comes back',
  async (kind, { chromium }) => {
    await using hls = await openHlsGateway({ webRoot: pages.root });
    await using feed = new HlsFeed(hls.hub(), kind === 'ladder' ? { heights: [90, 180] } : {});
    await using viewer = await PageHlsViewer.open(chromium, hls.gateway.url);
    await expectProgress(viewer, 4);
    feed.muted.add('audio');
    await expect.poll(async () => (await viewer.stats()).loudness, patience).toBe(0);
    await expectProgress(viewer, 4);
    feed.muted.delete('audio');
    await expect.poll(async () => (await viewer.stats()).loudness, patience).toBeGreaterThan(0.01);
    const stats = await expectProgress(viewer, 3);
    expect(stats.errors.filter((error) => !harmless.test(error))).toEqual([]);
  },
);

browserTest('sound that never comes keeps nobody waiting', async ({ chromium }) => {
  await using hls = await openHlsGateway({ webRoot: pages.root });
  await using feed = new HlsFeed(hls.hub());
  feed.muted.add('audio');
  await using viewer = await PageHlsViewer.open(chromium, hls.gateway.url);
  const stats = await expectProgress(viewer, 5);
  expect(stats.errors.filter((error) => !harmless.test(error))).toEqual([]);
});

browserTest('a picture that pauses stands still while the sound goes on, and moves again', async ({ chromium }) => {
  await using hls = await openHlsGateway({ webRoot: pages.root });
  await using feed = new HlsFeed(hls.hub());
  await using viewer = await PageHlsViewer.open(chromium, hls.gateway.url);
  await expectProgress(viewer, 3);
  feed.muted.add('video-0');
  const { time } = await viewer.stats();
  await expect.poll(async () => (await viewer.stats()).time, patience).toBeGreaterThan(time + 6);
  const { frames } = await viewer.stats();
  feed.muted.delete('video-0');
  await expect.poll(async () => (await viewer.stats()).frames, patience).toBeGreaterThan(frames + 60);
  const stats = await viewer.stats();
  expect(stats.errors.filter((error) => !harmless.test(error))).toEqual([]);
});
