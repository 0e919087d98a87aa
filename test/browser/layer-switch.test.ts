import { expect } from 'vitest';
import { browserTest, chooseLayer, expectPlaying, patience } from '../fixtures/browser-test.ts';
import type { PageViewer } from '../fixtures/chromium.ts';
import type { DescribedLayer } from '../../src/streams/layer-event.ts';
import { openTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { listenToEvents } from '../fixtures/sse.ts';
import { longestPause, Standstills } from '../fixtures/standstills.ts';

const large = { width: 960, height: 540, startBitrate: 3000 };

const simulcast = [
  { rid: 'l', scaleResolutionDownBy: 4 },
  { rid: 'm', scaleResolutionDownBy: 2 },
  { rid: 'h', scaleResolutionDownBy: 1 },
];

/** Heights of the three layers; codecs round odd ones. */
const heights = [/x13[456]$/, /x270$/, /x540$/] as const;

/** How layers are published, what they look like, and in which order a viewer takes them. */
const three = { ...large, heights, order: [0, 2, 1, 0, 1, 2], bandwidthFeedback: false } as const;

/** AV1 takes more of the machine; and only with the dependency descriptor, as our own player asks for it, several sizes of it can be decoded. */
const two = {
  width: 640,
  height: 360,
  startBitrate: 3000,
  heights: [/x180$/, /x360$/],
  order: [0, 1, 0, 1],
  bandwidthFeedback: true,
} as const;

/** For how long the picture stood still since a time of `Date.now()`, at most, in milliseconds. */
async function longestPauseOf(viewer: PageViewer, standstills: Standstills, since: number): Promise<number> {
  const stood = await standstills.seen();
  const shown = await viewer.handle.evaluate(({ shown: pictures }) => [...pictures]);
  const recent = shown.filter(({ at }) => at >= since);
  return longestPause(recent, stood);
}

/** The longest pause of two seconds in which nothing is switched, in milliseconds: the machine's own. */
async function usualPause(viewer: PageViewer, standstills: Standstills): Promise<number> {
  const began = Date.now();
  await expect.poll(() => Date.now(), patience).toBeGreaterThan(began + 2000);
  return longestPauseOf(viewer, standstills, began);
}

/**
 * The longest pause of a viewer whose layer vanishes, in milliseconds. mediasoup takes 1.5 s to believe it; the rest is the key frame's way. What a
 * busy machine adds shows without it too.
 */
function longestMove(usual: number): number {
  return 2000 + Math.max(0, 2 * usual - 100);
}

browserTest.for([
  ['VP8 simulcast', 'VP8', simulcast, three],
  ['H264 simulcast', 'H264', simulcast, three],
  ['VP9 L3T3_KEY', 'VP9', [{ scalabilityMode: 'L3T3_KEY' }], three],
  ['VP9 L3T3', 'VP9', [{ scalabilityMode: 'L3T3' }], three],
  ['AV1 L2T2', 'AV1', [{ scalabilityMode: 'L2T2' }], two],
] as const)(
  'a viewer of %s switches up and down without a pause, and is sent nothing of larger layers',
  async ([, codec, encodings, { width, height, startBitrate, heights: sizes, order, bandwidthFeedback }], { chromium }) => {
    await using gateway = await openTestGateway({ codecs: [codec] });
    const publishing = { width, height, startBitrate, encodings: [...encodings] };
    await using publisher = await chromium.publish(gateway.whip('show'), publishing);
    await using viewer = await chromium.watch(gateway.whep('show'), { bandwidthFeedback });
    const { location } = await viewer.session();
    await expectPlaying(viewer, `${width}x${height}`);
    await expect.poll(async () => chooseLayer(location, { spatialLayerId: order.at(-1) }), patience).toBe(200);
    using standstills = new Standstills([publisher, viewer]);
    const usual = await usualPause(viewer, standstills);
    const since = Date.now();
    for (const layer of order) {
      expect(await chooseLayer(location, { spatialLayerId: layer })).toBe(200);
      await expect.poll(async () => (await viewer.stats()).size, patience).toMatch(sizes[layer] ?? /^$/);
    }
    // Pauses that are as long without any switch are the machine's.
    expect(await longestPauseOf(viewer, standstills, since)).toBeLessThan(Math.max(300, 3 * usual));
    expect(await chooseLayer(location, { spatialLayerId: 0 })).toBe(200);
    await expect.poll(async () => shareOf(gateway), patience).toBeLessThan(0.5);
  },
);

/** What is sent to the viewers, as a share of what the publisher sends. */
async function shareOf({ registry }: TestGateway): Promise<number> {
  const sessions = await registry.sessions();
  const bitrate = (kind: 'publish' | 'subscribe'): number =>
    sessions.filter((session) => session.kind === kind).reduce((sum, { traffic }) => sum + (traffic?.bitrate ?? 0), 0);
  return bitrate('subscribe') / bitrate('publish');
}

browserTest.for(['VP8', 'H264'] as const)(
  'an encoding of %s that a browser drops moves its viewers within two seconds, and back when it returns',
  async (codec, { chromium, annotate }) => {
    await using gateway = await openTestGateway({ codecs: [codec] });
    await using publisher = await chromium.publish(gateway.whip('show'), { ...large, encodings: [...simulcast] });
    await using viewer = await chromium.watch(gateway.whep('show'));
    await expectPlaying(viewer, '960x540');
    using standstills = new Standstills([publisher, viewer]);
    const usual = await usualPause(viewer, standstills);
    const since = Date.now();
    await publisher.handle.evaluate(async (peer) => peer.sendOnly(['l', 'm']));
    await expectPlaying(viewer);
    await expect.poll(async () => (await viewer.stats()).size, patience).toMatch(heights[1]);
    const pause = await longestPauseOf(viewer, standstills, since);
    await annotate(JSON.stringify({ codec, usual, pause }));
    expect(pause).toBeLessThan(longestMove(usual));
    await publisher.handle.evaluate(async (peer) => peer.sendOnly(['l', 'm', 'h']));
    await expectPlaying(viewer, '960x540');
  },
);

/** How a browser sends all layers again. */
const allLayers = { scaleResolutionDownBy: 1, maxBitrate: 3_000_000 } as const;

browserTest.for([
  ['L3T3_KEY', 'drops for L2T3_KEY', { scalabilityMode: 'L2T3_KEY', scaleResolutionDownBy: 2 }],
  ['L3T3', 'has no bitrate for', { maxBitrate: 250_000 }],
] as const)(
  'the top layer of VP9 %s that a browser %s moves its viewers within two seconds, and back when it returns',
  async ([scalabilityMode, _why, changes], { chromium, annotate }) => {
    await using gateway = await openTestGateway({ codecs: ['VP9'] });
    await using publisher = await chromium.publish(gateway.whip('show'), { ...large, encodings: [{ scalabilityMode }] });
    await using viewer = await chromium.watch(gateway.whep('show'));
    await expectPlaying(viewer, '960x540');
    using told = await hearOfLayers(viewer);
    await expect.poll(() => told.active(), patience).toEqual([0, 1, 2]);
    using standstills = new Standstills([publisher, viewer]);
    const usual = await usualPause(viewer, standstills);
    const since = Date.now();
    await publisher.handle.evaluate(async (peer, changed) => peer.sendAs(changed), changes);
    await expect.poll(async () => (await viewer.heights()).at(-1)?.height, patience).toBeLessThanOrEqual(270);
    await expectPlaying(viewer);
    const pause = await longestPauseOf(viewer, standstills, since);
    await expect.poll(() => told.active(), patience).toEqual([0, 1]);
    const toldMs = Date.now() - since;
    await annotate(JSON.stringify({ scalabilityMode, usual, pause, toldMs }));
    expect(pause).toBeLessThan(longestMove(usual));
    await publisher.handle.evaluate(async (peer, changed) => peer.sendAs(changed), { ...allLayers, scalabilityMode });
    await expectPlaying(viewer, '960x540');
    await expect.poll(() => told.active(), patience).toEqual([0, 1, 2]);
  },
);

/** Subscribes to the `layers` events of a viewer. */
async function hearOfLayers(viewer: PageViewer) {
  const { location } = await viewer.session();
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(`${location}/events`, { method: 'POST', headers, body: JSON.stringify(['layers']) });
  const events = await listenToEvents(new URL(response.headers.get('Location') ?? '', location).href);
  return {
    /** The sizes that arrive, by the last event, smallest first. */
    active: (): readonly number[] => [
      ...new Set(layersIn(events.dataOf('layers').at(-1)).flatMap(({ active, spatialLayerId }) => (active ? [spatialLayerId] : []))),
    ],
    [Symbol.dispose]: () => events[Symbol.dispose](),
  };
}

/** The layers of the only video in a `layers` event, by the place of its section. */
function layersIn(data: unknown): readonly DescribedLayer[] {
  return Object.values((data ?? {}) as Record<string, readonly DescribedLayer[]>).flat();
}
