import { setTimeout } from 'node:timers/promises';
import pino, { type Logger } from 'pino';
import { expect } from 'vitest';
import { browserTest, chooseLayer, expectPlaying } from '../fixtures/browser-test.ts';
import type { PagePublisher, PageViewer } from '../fixtures/chromium.ts';
import { openTestGateway } from '../fixtures/gateway.ts';
import { openLossyRelay } from '../fixtures/lossy-relay.ts';
import { linkedTest, loadSlowness, slowness } from '../fixtures/linked-browsers.ts';
import type { NetworkNamespace, Throttle } from '../fixtures/network-namespace.ts';
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

/**
 * What is asked of every viewer: to settle within 5 s, and to climb back within 15 s; later, where padding was on its way just when the throttle
 * ended, which seldom befalls all of several viewers.
 */
const goals = { settleMs: 5 * second, climbMs: 15 * second, latestClimbMs: 20 * second } as const;

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

/** Whether the gateway sends padding to its viewers now, to see what their paths carry: by what it logs of each look at one. */
class PaddingWatch {
  #padding = 0;
  readonly logger: Logger = pino({ level: 'trace' }, { write: (line) => this.#read(line) });

  get isSent(): boolean {
    return this.#padding > 0;
  }

  #read(line: string): void {
    this.#padding = Number(/"padding":(\d+)/.exec(line)?.[1] ?? this.#padding);
  }
}

linkedTest(
  'a VP8 viewer without bandwidth feedback finds the layer that its link carries, hardly freezes, and climbs back after a long throttle',
  async ({ chromium, links: { near, other }, annotate }) => {
    const padding = new PaddingWatch();
    await using gateway = await openTestGateway({ codecs: ['VP8'], address: near.namespace.address, logger: padding.logger });
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
    await expect.poll(() => padding.isSent, { interval: 20 }).toBe(false);
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

/** How long a link is throttled, in milliseconds: for a viewer that adapts, and for one that always takes the highest layer. */
const throttledMs = { adapting: 14 * second, fixed: 6 * second } as const;

/** One viewer behind a throttled link. */
interface Throttled {
  readonly viewer: PageViewer;
  readonly namespace: NetworkNamespace;
}

/** Throttles links to just above the middle layer, and lifts that; tells how each viewer did meanwhile. */
async function throttleAndLift(viewers: readonly Throttled[]) {
  const start = Date.now();
  for (const { namespace } of viewers) namespace.throttle(throttles.m);
  const settled = await Promise.all(viewers.map(async ({ viewer }) => reach(viewer, 'm', start)));
  await until(start + throttledMs.adapting);
  const end = Date.now();
  for (const { namespace } of viewers) namespace.throttle(undefined);
  const climbed = await Promise.all(viewers.map(async ({ viewer }) => reach(viewer, 'h', end)));
  const seenBy = await Promise.all(
    viewers.map(async ({ viewer }, index) => ({
      settledMs: settled[index] ?? Infinity,
      climbedMs: climbed[index] ?? Infinity,
      frozen: await viewer.frozenBetween(start, end),
      wrongSteps: await visits(viewer, 'h', [start + (settled[index] ?? 0), end]),
      layers: (await seen(viewer)).map(({ at, layer }) => [at - start, layer]),
    })),
  );
  return { start, end, seenBy };
}

/** What a link carries that is throttled to just above the middle layer, of what the highest one takes where encoders have time. */
const shareOfTop = 0.6;

/**
 * For which share of the time a viewer of the highest layer is frozen, behind a link that carries less than that took meanwhile: the same link, or a
 * slower one where the encoder took little, as on a busy machine; then nothing need freeze behind the same.
 */
async function frozenShareOfHighest({ viewer, namespace }: Throttled, publisher: PagePublisher): Promise<number> {
  await alwaysHighest(viewer);
  let { kbit } = throttles.m;
  let share = 0;
  const excess = async (): Promise<number> => {
    namespace.throttle({ ...throttles.m, kbit });
    const start = Date.now();
    const before = (await publisher.stats()).largestBytes;
    await until(start + throttledMs.fixed);
    const bits = ((await publisher.stats()).largestBytes - before) * 8;
    const end = Date.now();
    share = (await viewer.frozenBetween(start, end)) / (end - start);
    const taken = bits / (end - start);
    const carried = kbit;
    kbit = Math.min(kbit, Math.max(1, Math.round(shareOfTop * taken)));
    return taken - carried;
  };
  await expect.poll(excess, { timeout: 60 * second, interval: 0 }).toBeGreaterThan(0);
  return share;
}

linkedTest.for([
  ['an H264 simulcast viewer with bandwidth feedback finds', 'H264', publishing.encodings, [true]],
  [
    'VP9 L3T3_KEY viewers without and with bandwidth feedback find',
    'VP9',
    [{ scalabilityMode: 'L3T3_KEY', maxBitrate: 1_000_000 }],
    [false, true],
  ],
] as const)(
  '%s the layer that the link carries, freeze far less than the highest would, and climb back',
  { timeout: 240 * second },
  async ([, codec, encodings, feedbacks], { chromium, links: { near, other }, annotate }) => {
    await using gateway = await openTestGateway({ codecs: [codec], address: near.namespace.address });
    await using publisher = await chromium.publish(gateway.whip('show'), { ...publishing, encodings: [...encodings], codecs: [codec] });
    await using opened = new AsyncDisposableStack();
    const viewers: Throttled[] = [];
    for (const [index, bandwidthFeedback] of feedbacks.entries()) {
      const { namespace, chromium: far } = index === 0 ? near : other;
      const viewer = opened.use(await far.watch(gateway.whep('show'), { bandwidthFeedback }));
      await expectPlaying(viewer, '960x540');
      viewers.push({ viewer, namespace });
    }
    const [first] = viewers;
    if (first === undefined) throw new TypeError('there are viewers');
    const slowBefore = await slowness(first.viewer);
    using standstills = new Standstills([publisher, ...viewers.map(({ viewer }) => viewer)]);
    const { start, end, seenBy } = await throttleAndLift(viewers);
    const slow = Math.max(slowBefore, loadSlowness());
    const byMachine = await frozenByMachine(standstills, [start, end]);
    const shareOfHighest = await frozenShareOfHighest(first, publisher);
    await annotate(JSON.stringify({ codec, slow, byMachine, shareOfHighest, seenBy }));
    const soonest = Math.min(...seenBy.map(({ climbedMs }) => climbedMs));
    expect(await lessStandstills(standstills, end, soonest)).toBeLessThan(goals.climbMs * slow);
    for (const { settledMs, climbedMs, frozen, wrongSteps } of seenBy) {
      expect(wrongSteps).toBeLessThanOrEqual(1);
      expect(await lessStandstills(standstills, start, settledMs)).toBeLessThan(goals.settleMs * slow);
      expect(await lessStandstills(standstills, end, climbedMs)).toBeLessThan(goals.latestClimbMs * slow);
      expect(((frozen - byMachine) / (end - start)) * 2).toBeLessThan(shareOfHighest);
    }
  },
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
  expect(await chooseLayer(location, { mediaId: '1', spatialLayerId: 2 })).toBe(200);
}
