import { expect } from 'vitest';
import { browserTest, patience } from '../fixtures/browser-test.ts';
import type { PageViewer } from '../fixtures/chromium.ts';
import { DeafPublisher } from '../fixtures/deaf-publisher.ts';
import { openTestGateway, type TestGateway } from '../fixtures/gateway.ts';

/** Key frames come every 4 s. */
const gop = { frames: 120, ms: 4000 } as const;

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

/** Waits until a share of a GOP, at most a tenth more, has gone by. */
async function inPhase({ keyFrames }: DeafPublisher, phase: number): Promise<void> {
  const elapsed = (): number => (performance.now() - (keyFrames.at(-1) ?? 0)) / gop.ms - phase;
  await expect.poll(() => keyFrames.length > 1 && elapsed() >= 0 && elapsed() < 0.1, { ...patience, interval: 10 }).toBe(true);
}

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
