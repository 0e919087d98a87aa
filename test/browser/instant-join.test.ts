import { expect } from 'vitest';
import { browserTest, chooseLayer, expectPlaying, patience } from '../fixtures/browser-test.ts';
import type { Chromium, PageViewer } from '../fixtures/chromium.ts';
import { DeafPublisher } from '../fixtures/deaf-publisher.ts';
import { openTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { gop, inPhase } from '../fixtures/gop-phase.ts';
import { type Link, linkedTest, loadSlowness } from '../fixtures/linked-browsers.ts';
import { openLossyRelay } from '../fixtures/lossy-relay.ts';

/** Payload types for which the gateway needs an edge router. */
const atEdge = { payloadTypes: { 96: 98, 97: 99, 98: 96, 99: 97 } };

browserTest.for([
  ['on the publisher’s router', 1, {}, [0.05, 0.15, 0.25, 0.35, 0.45]],
  ['at an edge router on another worker', 2, atEdge, [0.1, 0.4]],
] as const)(
  'a viewer %s sees a stream that ignores requests at once, whenever it comes, and goes on when the stream itself takes over',
  async ([, workers, options, phases], { chromium }) => {
    await using gateway = await openTestGateway({ workers });
    await using peers = new AsyncDisposableStack();
    const publisher = peers.use(await DeafPublisher.open(gateway.whip('show'), { gopFrames: gop.frames }));
    const pages = await Promise.all(phases.map(async (phase) => ({ phase, page: await chromium.openPeers() })));
    const outcomes = joins(gateway);
    const joined: Joined[] = [];

    for (const { phase, page } of pages) {
      await inPhase(publisher, phase);
      using _noKeyFrame = publisher.holdKeyFrame();
      const viewer = peers.use(await page.watch(gateway.whep('show'), options));
      await expect.poll(async () => (await viewer.stats()).framesDecoded, { ...patience, interval: 20 }).toBeGreaterThan(0);
      joined.push({ viewer, first: (await viewer.stats()).videoSource });
    }
    await Promise.all(joined.map(expectHandOver));
    expect(outcomes()).toEqual({ swapped: phases.length });
    expect(gateway.engine.instantJoins()).toMatchObject({ injections: 0 });
  },
);

/** Three encodings of 960x540 with a key frame every 4 s, whoever asks for one. */
const simulcast = {
  width: 960,
  height: 540,
  startBitrate: 3000,
  keyFrameEveryMs: gop.ms,
  encodings: [
    { rid: 'l', scaleResolutionDownBy: 4, maxBitrate: 120_000 },
    { rid: 'm', scaleResolutionDownBy: 2, maxBitrate: 350_000 },
    { rid: 'h', scaleResolutionDownBy: 1, maxBitrate: 1_500_000 },
  ],
};

/** Less than the highest encoding takes. */
const slowLink = { kbit: 540, queueMs: 300 } as const;

/**
 * How soon a viewer behind such a link sees what it carries, in milliseconds: without bandwidth feedback it took 9 s and more when the replay did
 * not change its encoding, and in the midst of a GOP 5.1 to 5.7 s when the track took over before that (3 joins of 6); with it 4 to 11 s when that
 * did not follow the estimate.
 */
const goals = { withoutFeedback: 7000, inMidGop: 4500, withFeedback: gop.ms + 1000 } as const;

linkedTest(
  'of simulcast that ignores requests the highest encoding is shown, or another one that is wished for, or a smaller one to who comes over a slow link',
  { timeout: 240_000 },
  async ({ chromium, links: { near, other }, annotate }) => {
    await using gateway = await openTestGateway({ codecs: ['VP8'], address: near.namespace.address, instantJoin: 'always' });
    await using _publisher = await chromium.publish(gateway.whip('show'), simulcast);
    {
      await using first = await chromium.watch(gateway.whep('show'));
      await expectPlaying(first, '960x540');
    }
    await expect.poll(async () => seesAtOnce(chromium, gateway, [540]), patience).toBe(true);
    await expect.poll(async () => seesAtOnce(chromium, gateway, [540, 135], { spatialLayerId: 0 }), patience).toBe(true);

    const withoutFeedback = await joinSlowly(near, gateway, { bandwidthFeedback: false });
    const inMidGop = await joinSlowly(near, gateway, { bandwidthFeedback: false, comesAt: 0.65 });
    const withFeedback = await joinSlowly(other, gateway, { bandwidthFeedback: true });
    await annotate(JSON.stringify({ withoutFeedback, inMidGop, withFeedback, slowness: loadSlowness() }));
    expect(withoutFeedback).toBeLessThan(goals.withoutFeedback * loadSlowness());
    expect(inMidGop).toBeLessThan(goals.inMidGop * loadSlowness());
    expect(withFeedback).toBeLessThan(goals.withFeedback * loadSlowness());
  },
);

/** Pictures that come so long, in milliseconds, with no pause as long as the second, are carried by the link. */
const flow = { forMs: 2000, pauseMs: 500 } as const;

/**
 * How long a newcomer behind a slow link waits for what the link carries, in milliseconds: smaller pictures, or a picture that moves, as encoders
 * take less now and then than they may.
 */
async function joinSlowly(
  { namespace, chromium }: Link,
  gateway: TestGateway,
  { comesAt = 0, ...options }: { readonly bandwidthFeedback: boolean; readonly comesAt?: number },
): Promise<number> {
  const page = await chromium.openPeers();
  namespace.throttle(slowLink);
  await untilGop(gateway, comesAt); // or the time to the next key frame would tell how soon it is
  const cameAt = Date.now();
  await using viewer = await page.watch(gateway.whep('show'), options);
  const carriedAt = async (): Promise<number | undefined> => {
    const shown = await viewer.handle.evaluate(({ shown: pictures }) => pictures.map(({ at, height }) => ({ at, height })));
    return shown.find(({ at, height }, index) => height < 540 || flows(shown.slice(index).map((picture) => picture.at - at)))?.at;
  };
  await expect.poll(carriedAt, patience).toBeDefined();
  namespace.throttle(undefined);
  await viewer.delete(); // or it would be sent to for a while, beside the next one
  return ((await carriedAt()) ?? Infinity) - cameAt;
}

/** Waits until a GOP begins, as what is kept of the one before is dropped then, and after that until so much of it has come. */
async function untilGop({ engine }: TestGateway, share: number): Promise<void> {
  let most = 0;
  const hasBegun = (): boolean => {
    const kept = engine.instantJoins().cacheBytes;
    most = Math.max(most, kept);
    return kept < most / 4;
  };
  await expect.poll(hasBegun, { ...patience, interval: 10 }).toBe(true);
  await expect.poll(() => engine.instantJoins().cacheBytes, { ...patience, interval: 10 }).toBeGreaterThan(share * most);
}

/** Whether a newcomer is shown pictures of these heights before the stream itself takes over, with a wish that it has as soon as it sees something. */
async function seesAtOnce(chromium: Chromium, gateway: TestGateway, heights: readonly number[], wish?: object): Promise<boolean> {
  const outcomes = joins(gateway);
  await using viewer = await chromium.watch(gateway.whep('show'));
  await expect.poll(async () => (await viewer.heights()).length, { ...patience, interval: 10 }).toBeGreaterThan(0);
  if (wish !== undefined) expect(await chooseLayer((await viewer.session()).location, wish)).toBe(200);
  await expect
    .poll(async () => (await viewer.heights()).length >= heights.length || outcomes()['swapped'] !== undefined, patience)
    .toBe(true);
  const seen = (await viewer.heights()).map(({ height }) => height);
  const hasSwapped = outcomes()['swapped'] !== undefined;
  await viewer.delete(); // or its own change-over would be taken for that of the next
  // Codecs round odd heights.
  return !hasSwapped && heights.every((height, index) => Math.abs((seen[index] ?? 0) - height) <= 1);
}

/** Whether pictures that were shown at these times flow from the first on. */
function flows(times: readonly number[]): boolean {
  const end = times.findIndex((at, index) => at >= flow.forMs || at - (times[index - 1] ?? 0) >= flow.pauseMs);
  return end >= 0 && (times[end] ?? 0) - (times[end - 1] ?? 0) < flow.pauseMs;
}

browserTest.for(['H264', 'VP8'] as const)(
  'a viewer that loses the first packets of %s sees a stream that ignores requests before its next key frame',
  async (codec, { chromium }) => {
    await using gateway = await openTestGateway();
    await using path = await openLossyRelay(gateway.engine.ports[0] ?? 0, { loseFirst: 30 });
    await using publisher = await DeafPublisher.open(gateway.whip('show'), { codec, gopFrames: gop.frames });
    const page = await chromium.openPeers();
    const outcomes = joins(gateway);
    await inPhase(publisher, 0.1);
    const held = publisher.holdKeyFrame();
    await using viewer = await page.watch(gateway.whep('show'), { port: path.port });
    const decoded = async (): Promise<number> => (await viewer.stats()).framesDecoded;
    await expect.poll(decoded, { ...patience, interval: 20 }).toBeGreaterThan(20);
    expect((await viewer.stats()).keyFrameRequests).toBeGreaterThan(0);
    expect(outcomes()).toEqual({});

    held[Symbol.dispose]();
    await expect.poll(outcomes, patience).toEqual({ swapped: 1 });
    const before = await decoded();
    await expect.poll(decoded, patience).toBeGreaterThan(before + 30);
  },
);

/** A viewer, and the SSRC of its first picture. */
interface Joined {
  readonly viewer: PageViewer;
  readonly first: number | undefined;
}

/** The viewer's SSRC changes once, with no gap in its pictures and no request for a key frame, and pictures go on for more than a second. */
async function expectHandOver({ viewer, first }: Joined): Promise<void> {
  await expect.poll(async () => (await viewer.stats()).videoSource, patience).not.toBe(first);
  await expect.poll(async () => (await viewer.stats()).framesDecoded, patience).toBeGreaterThan(45);
  expect((await viewer.stats()).keyFrameRequests).toBe(0);
  const shown = await viewer.handle.evaluate(({ shown: pictures }) => pictures);
  // The replay shows the GOP faster than it was recorded, and a busy machine leaves pictures out; a lost key frame would cost seconds.
  const gaps = shown.slice(1).map(({ rtpTimestamp }, index) => rtpTimestamp - (shown[index]?.rtpTimestamp ?? 0));
  expect(Math.max(...gaps) / 90_000).toBeLessThan(1.5);
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(0);
}

function joins({ engine }: TestGateway): () => Record<string, number> {
  const counts: Record<string, number> = {};
  engine.observer.on('instantjoin', (outcome) => {
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  });
  return () => counts;
}
