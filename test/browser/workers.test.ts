import { once } from 'node:events';
import { expect } from 'vitest';
import { browserTest, expectPlaying } from '../fixtures/browser-test.ts';
import type { Chromium, PageViewer } from '../fixtures/chromium.ts';
import { openTestGateway, type TestGateway } from '../fixtures/gateway.ts';

/** Opens four viewers, two on each of two workers, and gives them by worker. */
async function openViewers(chromium: Chromium, gateway: TestGateway, peers: AsyncDisposableStack): Promise<readonly PageViewer[][]> {
  const viewers: PageViewer[][] = gateway.engine.ports.map(() => []);
  for (let count = 0; count < 4; count += 1) {
    const viewer = peers.use(await chromium.watch(gateway.whep('show')));
    const { answerText } = await viewer.session();
    viewers[gateway.engine.ports.findIndex((port) => answerText.includes(` ${port} typ host`))]?.push(viewer);
  }
  for (const viewer of viewers.flat()) await expectPlaying(viewer, '320x180');
  return viewers;
}

async function killWorker(gateway: TestGateway, index: number): Promise<void> {
  const replaced = once(gateway.engine.observer, 'workerreplaced');
  process.kill((await gateway.workers())[index]?.pid ?? 0, 'SIGKILL');
  await replaced;
}

async function statusOf(viewer: PageViewer): Promise<number> {
  return (await fetch((await viewer.session()).location)).status;
}

browserTest('viewers on two workers see and hear, and a worker that is killed takes only its own with it', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['VP8'], workers: 2, evenly: true });
  await using peers = new AsyncDisposableStack();
  peers.use(await chromium.publish(gateway.whip('show')));
  const [near = [], far = []] = await openViewers(chromium, gateway, peers);
  expect([near.length, far.length]).toEqual([2, 2]);

  await killWorker(gateway, 1);
  for (const viewer of near) await expectPlaying(viewer, '320x180');
  for (const viewer of far) expect(await statusOf(viewer)).toBe(404);
  const newcomer = peers.use(await chromium.watch(gateway.whep('show')));
  await expectPlaying(newcomer, '320x180');
});

browserTest(
  'when the publisher’s worker is killed, viewers on the other one play on as soon as it publishes again',
  async ({ chromium }) => {
    await using gateway = await openTestGateway({ codecs: ['VP8'], workers: 2, evenly: true });
    await using peers = new AsyncDisposableStack();
    peers.use(await chromium.publish(gateway.whip('show')));
    const [, far = []] = await openViewers(chromium, gateway, peers);

    await killWorker(gateway, 0);
    expect(gateway.stream('show')).toMatchObject({ state: 'waiting', subscribers: far.length });
    peers.use(await chromium.publish(gateway.whip('show'), { width: 480, height: 270 }));
    for (const viewer of far) await expectPlaying(viewer, '480x270');
  },
);
