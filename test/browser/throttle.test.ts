import { expect } from 'vitest';
import { browserTest, expectPlaying } from '../fixtures/browser-test.ts';
import { Chromium, type PageViewer } from '../fixtures/chromium.ts';
import { openTestGateway } from '../fixtures/gateway.ts';
import { openLossyRelay } from '../fixtures/lossy-relay.ts';
import { NetworkNamespace, type Throttle } from '../fixtures/network-namespace.ts';
import { HeightWatch } from '../fixtures/height-watch.ts';

/** Three layers whose bitrates are far apart, so that a throttle can be between two of them whatever the picture shows. */
const publishing = {
  width: 960,
  height: 540,
  startBitrate: 3000,
  codecs: ['VP8' as const],
  encodings: [
    { rid: 'l', scaleResolutionDownBy: 4, maxBitrate: 120_000 },
    { rid: 'm', scaleResolutionDownBy: 2, maxBitrate: 350_000 },
    { rid: 'h', scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
  ],
};

const heights = { l: 135, m: 270, h: 540 } as const;

/** Just above the layers, with sound, headers and a margin for busy scenes. */
const throttles: Readonly<Record<'l' | 'm', Throttle>> = { m: { kbit: 540, queueMs: 300 }, l: { kbit: 280, queueMs: 300 } };

/** How long a change may take on a busy machine; on a quiet one 5 s down and 15 s up. */
const patience = { down: { timeout: 12_000, interval: 100 }, up: { timeout: 30_000, interval: 100 } };

const second = 1000;

/** Two Chromiums, each behind a link of its own. */
const throttleTest = browserTest.extend('links', async ({ chromium: _needed, skip }, { onCleanup }) => {
  const opened = new AsyncDisposableStack();
  onCleanup(async () => opened.disposeAsync());
  const open = async (): Promise<{ readonly namespace: NetworkNamespace; readonly chromium: Chromium }> => {
    const namespace = opened.use(openNamespace(skip));
    return { namespace, chromium: opened.use(await Chromium.open({ program: namespace.program, address: namespace.address })) };
  };
  return { near: await open(), other: await open() };
});

function openNamespace(skip: (note: string) => never): NetworkNamespace {
  try {
    return NetworkNamespace.open();
  } catch (error) {
    return skip(`no network namespace with tc can be made here (root and iproute2 are needed): ${String(error)}`);
  }
}

throttleTest(
  'a viewer without bandwidth feedback finds the layer that its link carries, hardly freezes, and climbs back',
  async ({ chromium, links: { near, other }, annotate }) => {
    await using gateway = await openTestGateway({ codecs: ['VP8'], address: near.namespace.address });
    await using _publisher = await chromium.publish(gateway.whip('show'), publishing);
    await using viewer = await near.chromium.watch(gateway.whep('show'));
    await using fixed = await other.chromium.watch(gateway.whep('show'));
    for (const peer of [viewer, fixed]) await expectPlaying(peer, '960x540');
    await alwaysHighest(fixed);
    using watch = new HeightWatch(viewer);
    const start = Date.now();
    for (const { namespace } of [near, other]) namespace.throttle(throttles.m);
    await expect.poll(() => watch.height, patience.down).toBe(heights.m);
    const settledMs = Date.now() - start;
    await watch.until(start + 16 * second);
    expect(watch.visitsTo(heights.h, { from: start + settledMs })).toBeLessThanOrEqual(2);
    const lowStart = Date.now();
    for (const { namespace } of [near, other]) namespace.throttle(throttles.l);
    await expect.poll(() => watch.height, patience.down).toBe(heights.l);
    const settledLowMs = Date.now() - lowStart;
    await watch.until(lowStart + settledLowMs + 4 * second);
    const end = Date.now();
    for (const { namespace } of [near, other]) namespace.throttle(undefined);
    await expect.poll(() => watch.height, patience.up).toBe(heights.h);
    const climbedMs = Date.now() - end;
    const [frozen, frozenFixed] = [await viewer.frozenBetween(start, end), await fixed.frozenBetween(start, end)];
    await annotate(JSON.stringify({ settledMs, settledLowMs, climbedMs, frozen, frozenFixed, heights: watch.changes }));
    expect(frozen * 2).toBeLessThan(frozenFixed);
  },
  120 * second,
);

throttleTest(
  'a viewer with bandwidth feedback finds the layer that its link carries, hardly freezes, and climbs back',
  async ({ chromium, links: { near }, annotate }) => {
    await using gateway = await openTestGateway({ codecs: ['VP8'], address: near.namespace.address });
    await using _publisher = await chromium.publish(gateway.whip('show'), publishing);
    await using viewer = await near.chromium.watch(gateway.whep('show'), { bandwidthFeedback: true });
    await expectPlaying(viewer, '960x540');
    using watch = new HeightWatch(viewer);
    const start = Date.now();
    near.namespace.throttle(throttles.m);
    await expect.poll(() => watch.height, patience.down).toBe(heights.m);
    const settledMs = Date.now() - start;
    await watch.until(start + 12 * second);
    const end = Date.now();
    near.namespace.throttle(undefined);
    await expect.poll(() => watch.height, patience.up).toBe(heights.h);
    const frozen = await viewer.frozenBetween(start, end);
    await annotate(JSON.stringify({ settledMs, climbedMs: Date.now() - end, frozen, heights: watch.changes }));
    expect(frozen).toBeLessThan((end - start) / 3);
  },
  120 * second,
);

browserTest(
  '2 % of loss at random, delay and jitter do not lower the layer of a viewer without bandwidth feedback',
  async ({ chromium }) => {
    await using gateway = await openTestGateway({ codecs: ['VP8'] });
    await using relay = await openLossyRelay(gateway.engine.ports[0] ?? 0, { loss: 0.02, delayMs: 10, jitterMs: 15 });
    await using _publisher = await chromium.publish(gateway.whip('show'), publishing);
    await using viewer = await chromium.watch(gateway.whep('show'), { port: relay.port });
    await expectPlaying(viewer, '960x540');
    using watch = new HeightWatch(viewer);
    await watch.until(Date.now() + 12 * second);
    expect(watch.visitsTo(heights.l, { from: 0 })).toBe(0);
    expect((await viewer.stats()).retransmittedPackets).toBeGreaterThan(0);
  },
);

/** Makes a viewer take the highest layer, whatever its link carries. */
async function alwaysHighest(viewer: PageViewer): Promise<void> {
  const { location } = await viewer.session();
  const body = JSON.stringify({ mediaId: '1', encodingId: 'h' });
  const response = await fetch(`${location}/layer`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  expect(response.status).toBe(200);
}
