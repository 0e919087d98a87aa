import { availableParallelism, loadavg } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import { expect } from 'vitest';
import { browserTest, expectPlaying } from '../fixtures/browser-test.ts';
import { Chromium, type PageViewer } from '../fixtures/chromium.ts';
import { openTestGateway } from '../fixtures/gateway.ts';
import { openLossyRelay } from '../fixtures/lossy-relay.ts';
import { NetworkNamespace, type Throttle } from '../fixtures/network-namespace.ts';
import { Standstills, stoodStill } from '../fixtures/standstills.ts';

/** Three layers whose bitrates are far apart, so that a throttle can be between two of them whatever the picture shows. */
const publishing = {
  width: 960,
  height: 540,
  startBitrate: 3000,
  encodings: [
    { rid: 'l', scaleResolutionDownBy: 4, maxBitrate: 120_000 },
    { rid: 'm', scaleResolutionDownBy: 2, maxBitrate: 350_000 },
    { rid: 'h', scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
  ],
};

type Layer = 'l' | 'm' | 'h';

/** Codecs round odd heights, each in its own way. */
function layerOf(height: number): Layer {
  return height > 400 ? 'h' : height > 200 ? 'm' : 'l';
}

/** Just above the layers, with sound, headers and a margin for busy scenes. */
const throttles: Readonly<Record<'l' | 'm', Throttle>> = { m: { kbit: 540, queueMs: 300 }, l: { kbit: 280, queueMs: 300 } };

const second = 1000;

/** What is asked of every viewer: to settle within 5 s, and to climb back within 15 s. */
const goals = { settleMs: 5 * second, climbMs: 15 * second } as const;

/** A picture that stands for so long without any throttle, in milliseconds, tells of a machine that is busy with something else. */
const usualPauseMs = 120;

/** So many processes for each core that want to run, over the last minute: the test alone makes about half of it. */
const usualLoad = 3;

/** How much more time things may take on this machine now, by its load, and by the longest pause of a picture within 2 s in which nothing happens. */
async function slowness(viewer: PageViewer): Promise<number> {
  const from = Date.now();
  await until(from + 2 * second);
  const shown = (await viewer.handle.evaluate(({ shown: pictures }) => pictures.map(({ at }) => at))).filter((at) => at >= from);
  const pauses = [...shown, Date.now()].map((at, index) => at - (shown[index - 1] ?? from));
  return Math.max(loadSlowness(), Math.max(...pauses) / usualPauseMs);
}

/** The same, by the load of the last minute only. */
function loadSlowness(): number {
  const [load = 0] = loadavg();
  return Math.max(1, load / availableParallelism() / usualLoad);
}

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

/** The layers that a viewer has seen, and when each began. */
async function seen(viewer: PageViewer): Promise<readonly { readonly at: number; readonly layer: Layer }[]> {
  const layers = (await viewer.heights()).map(({ at, height }) => ({ at, layer: layerOf(height) }));
  return layers.filter(({ layer }, index) => layer !== layers[index - 1]?.layer);
}

/** A pause of a picture that counts as frozen, in milliseconds. */
const freezeMs = 300;

/** How long something took that began at `since`, less what the machine stood still meanwhile, in milliseconds. */
async function lessStandstills(standstills: Standstills, since: number, tookMs: number): Promise<number> {
  return tookMs - stoodStill({ from: since, to: since + tookMs }, await standstills.seen());
}

/** How much of a time a picture was frozen because the machine stood still, in milliseconds. */
async function frozenByMachine(standstills: Standstills, [from, to]: readonly [number, number]): Promise<number> {
  const long = (await standstills.seen()).filter((standstill) => standstill.to - standstill.from >= freezeMs);
  return stoodStill({ from, to }, long);
}

/** Waits until a viewer sees a layer; gives how long after `since` that began, in milliseconds. */
async function reach(viewer: PageViewer, layer: Layer, since: number): Promise<number> {
  const patience = { timeout: 60 * second, interval: 200 };
  await expect.poll(async () => (await seen(viewer)).at(-1)?.layer, patience).toBe(layer);
  return ((await seen(viewer)).at(-1)?.at ?? since) - since;
}

async function until(timeMs: number): Promise<void> {
  await setTimeout(Math.max(0, timeMs - Date.now()));
}

/** How often a viewer went up to a layer between two times. */
async function visits(viewer: PageViewer, layer: Layer, [from, to]: readonly [number, number]): Promise<number> {
  return (await seen(viewer)).filter((change) => change.layer === layer && change.at > from && change.at < to).length;
}

throttleTest(
  'a VP8 viewer without bandwidth feedback finds the layer that its link carries, hardly freezes, and climbs back after a long throttle',
  async ({ chromium, links: { near, other }, annotate }) => {
    await using gateway = await openTestGateway({ codecs: ['VP8'], address: near.namespace.address });
    await using publisher = await chromium.publish(gateway.whip('show'), { ...publishing, codecs: ['VP8'] });
    await using viewer = await near.chromium.watch(gateway.whep('show'));
    await using fixed = await other.chromium.watch(gateway.whep('show'));
    for (const peer of [viewer, fixed]) await expectPlaying(peer, '960x540');
    await alwaysHighest(fixed);
    const slowBefore = await slowness(viewer);
    using standstills = new Standstills([publisher, viewer]);
    const start = Date.now();
    for (const { namespace } of [near, other]) namespace.throttle(throttles.m);
    const settledMs = await reach(viewer, 'm', start);
    await until(start + 22 * second);
    const lowStart = Date.now();
    for (const { namespace } of [near, other]) namespace.throttle(throttles.l);
    const settledLowMs = await reach(viewer, 'l', lowStart);
    await until(lowStart + Math.max(0, settledLowMs) + 8 * second);
    const end = Date.now();
    for (const { namespace } of [near, other]) namespace.throttle(undefined);
    const climbedMs = await reach(viewer, 'h', end);
    const slow = Math.max(slowBefore, loadSlowness());
    const byMachine = await frozenByMachine(standstills, [start, end]);
    const [frozen, frozenFixed] = [await viewer.frozenBetween(start, end), await fixed.frozenBetween(start, end)];
    const layers = (await seen(viewer)).map(({ at, layer }) => [at - start, layer]);
    await annotate(JSON.stringify({ slow, settledMs, settledLowMs, climbedMs, byMachine, frozen, frozenFixed, layers }));
    expect(await visits(viewer, 'h', [start + settledMs, lowStart])).toBeLessThanOrEqual(1);
    expect(await lessStandstills(standstills, start, settledMs)).toBeLessThan(goals.settleMs * slow);
    expect(await lessStandstills(standstills, lowStart, settledLowMs)).toBeLessThan(goals.settleMs * slow);
    expect(await lessStandstills(standstills, end, climbedMs)).toBeLessThan(goals.climbMs * slow);
    expect((frozen - byMachine) * 2).toBeLessThan(frozenFixed - byMachine);
  },
  240 * second,
);

throttleTest(
  'an H264 viewer with bandwidth feedback finds the layer that its link carries, hardly freezes, and climbs back',
  async ({ chromium, links: { near }, annotate }) => {
    await using gateway = await openTestGateway({ codecs: ['H264'], address: near.namespace.address });
    await using publisher = await chromium.publish(gateway.whip('show'), { ...publishing, codecs: ['H264'] });
    await using viewer = await near.chromium.watch(gateway.whep('show'), { bandwidthFeedback: true });
    await expectPlaying(viewer, '960x540');
    const slowBefore = await slowness(viewer);
    using standstills = new Standstills([publisher, viewer]);
    const start = Date.now();
    near.namespace.throttle(throttles.m);
    const settledMs = await reach(viewer, 'm', start);
    await until(start + 20 * second);
    const end = Date.now();
    near.namespace.throttle(undefined);
    const climbedMs = await reach(viewer, 'h', end);
    const slow = Math.max(slowBefore, loadSlowness());
    const byMachine = await frozenByMachine(standstills, [start, end]);
    const frozen = await viewer.frozenBetween(start, end);
    const layers = (await seen(viewer)).map(({ at, layer }) => [at - start, layer]);
    await annotate(JSON.stringify({ slow, settledMs, climbedMs, byMachine, frozen, layers }));
    expect(await visits(viewer, 'h', [start + settledMs, end])).toBeLessThanOrEqual(1);
    expect(await lessStandstills(standstills, start, settledMs)).toBeLessThan(goals.settleMs * slow);
    expect(await lessStandstills(standstills, end, climbedMs)).toBeLessThan(goals.climbMs * slow);
    expect(frozen - byMachine).toBeLessThan((end - start) / 4);
  },
  240 * second,
);

browserTest(
  '2 % of loss at random, delay and jitter do not lower the layer of a viewer without bandwidth feedback',
  async ({ chromium }) => {
    await using gateway = await openTestGateway({ codecs: ['VP8'] });
    await using relay = await openLossyRelay(gateway.engine.ports[0] ?? 0, { loss: 0.02, delayMs: 10, jitterMs: 15 });
    await using _publisher = await chromium.publish(gateway.whip('show'), { ...publishing, codecs: ['VP8'] });
    await using viewer = await chromium.watch(gateway.whep('show'), { port: relay.port });
    await expectPlaying(viewer, '960x540');
    const start = Date.now();
    await until(start + 10 * second);
    expect(await visits(viewer, 'l', [start, Date.now()])).toBe(0);
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
