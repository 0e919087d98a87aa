import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, expect } from 'vitest';
import { chooseLayer, expectPlaying, patience, threeSizes } from '../fixtures/browser-test.ts';
import type { Chromium } from '../fixtures/chromium.ts';
import { DeafPublisher } from '../fixtures/deaf-publisher.ts';
import { FirefoxPage } from '../fixtures/firefox-page.ts';
import { firefoxTest } from '../fixtures/firefox-test.ts';
import { openTestGateway, type TestGateway, type TestGatewayOptions } from '../fixtures/gateway.ts';
import { gop, inPhase } from '../fixtures/gop-phase.ts';
import { removeLeftFolders } from '../fixtures/owned-folder.ts';
import { BuiltPages } from '../fixtures/pages.ts';
import { Standstills } from '../fixtures/standstills.ts';

const pages = new BuiltPages();
afterAll(() => pages[Symbol.dispose]());

/** Firefox has H264 only with a plugin that it downloads. */
async function openGateway(address: string, more: TestGatewayOptions = {}): Promise<TestGateway> {
  return openTestGateway({ webRoot: pages.root, address, codecs: ['VP8'], ...more });
}

/** Pages that POST before there is anything to see are refused, and try again later. */
async function untilLive(gateway: TestGateway): Promise<void> {
  await expect.poll(() => gateway.stream('show')?.state, patience).toBe('live');
}

/** Three sizes. Without a sound card Firefox makes no sound of its own, so the test pattern would be silent; its fake camera is not. */
const publishPage = '/publish/show?source=camera&fps=15&autostart=1&codec=VP8&height=360&simulcast=1';

firefoxTest(
  'what Firefox publishes from our page is seen and heard in Chromium, in each of its sizes',
  async ({ firefox, chromium, address }) => {
    await using gateway = await openGateway(address);
    await using publisher = await FirefoxPage.open(firefox, gateway.url + publishPage);
    await publisher.expectState('live');
    await using viewer = await chromium.watch(gateway.whep('show'));
    await expectPlaying(viewer);
    const { location } = await viewer.session();
    for (const [spatialLayerId, size] of [
      [0, '160x90'],
      [2, '640x360'],
      [1, '320x180'],
    ] as const) {
      await expect.poll(async () => chooseLayer(location, { spatialLayerId }), patience).toBe(200);
      await expectPlaying(viewer, size);
    }
  },
);

/** A switch that lost its key frame would not end before the next choice, in milliseconds. */
const longestSwitchMs = 3000;

firefoxTest(
  'Firefox shows the sizes of a stream of Chromium’s that are chosen in its menu, without a freeze',
  async ({ firefox, chromium, address }) => {
    await using gateway = await openGateway(address);
    await using publisher = await chromium.publish(gateway.whip('show'), { ...threeSizes, codecs: ['VP8'] });
    await untilLive(gateway);
    await using watcher = await FirefoxPage.open(firefox, `${gateway.url}/watch/show`);
    await watcher.expectMedia();
    await expect.poll(async () => watcher.qualities(), patience).toEqual(['Auto', '540p', '270p', expect.stringMatching(/^13[456]p$/)]);
    using standstills = new Standstills([publisher, watcher]);
    const shown = await watcher.watchPictures();
    const since = Date.now();
    for (const [quality, size] of [
      ['0', /Now 240 × 13[456] /],
      ['2', /Now 960 × 540 /],
      ['1', /Now 480 × 270 /],
    ] as const) {
      await watcher.page.select('#quality', quality);
      await expect.poll(async () => watcher.textOf('#layers-now'), patience).toMatch(size);
      await watcher.expectMedia();
    }
    expect(await shown.longestPause(since, standstills)).toBeLessThan(longestSwitchMs);
  },
);

/** Key frames come every 4 s, whoever asks for one. */
const deaf = { codec: 'VP8', gopFrames: gop.frames } as const;

/** A lost key frame would cost most of a GOP, in milliseconds. */
const longestPauseMs = 1500;

firefoxTest(
  'Firefox sees a stream that ignores requests before its next key frame, and plays on after it without a freeze',
  async ({ firefox, address, annotate }) => {
    await using gateway = await openGateway(address);
    const outcomes: string[] = [];
    gateway.engine.observer.on('instantjoin', (outcome) => outcomes.push(outcome));
    await using publisher = await DeafPublisher.open(gateway.whip('show'), deaf);
    await untilLive(gateway);
    await using watcher = await FirefoxPage.open(firefox, `${gateway.url}/watch/show`);
    await watcher.expectMedia();
    using standstills = new Standstills([watcher]);
    const shown = await watcher.watchPictures();
    for (const phase of [0.1, 0.4]) {
      await watcher.stopWatching();
      await expect.poll(() => gateway.engine.instantJoins().injections, patience).toBe(0);
      outcomes.length = 0;
      await inPhase(publisher, phase);
      using keyFrame = publisher.holdKeyFrame();
      const since = Date.now();
      await watcher.watchAgain();
      await expect.poll(async () => watcher.firstPictureMs(), { ...patience, interval: 20 }).toBeDefined();
      keyFrame[Symbol.dispose]();
      await expect.poll(() => outcomes, patience).toEqual(['stayed']);
      const takenOverAt = Date.now();
      await expect.poll(async () => shown.countSince(takenOverAt), patience).toBeGreaterThan(30);
      await watcher.expectMedia();
      const pause = await shown.longestPause(since, standstills);
      await annotate(JSON.stringify({ phase, firstPictureMs: await watcher.firstPictureMs(), pause }));
      expect(pause).toBeLessThan(longestPauseMs);
    }
  },
);

firefoxTest.for([
  ['an encoder that ignores requests', async (endpoint: string) => DeafPublisher.open(endpoint, deaf)],
  ['a browser', async (endpoint: string, chromium: Chromium) => chromium.publish(endpoint, { codecs: ['VP8'] })],
] as const)('Firefox plays on when %s goes and returns', async ([, open], { firefox, chromium, address }) => {
  await using gateway = await openGateway(address);
  await using publishers = new AsyncDisposableStack();
  const first = publishers.use(await open(gateway.whip('show'), chromium));
  await untilLive(gateway);
  await using watcher = await FirefoxPage.open(firefox, `${gateway.url}/watch/show`);
  await watcher.expectMedia();
  await expect.poll(() => gateway.engine.instantJoins().injections, patience).toBe(0);
  const isSamePeer = await watcher.rememberPeer();
  await first[Symbol.asyncDispose]();
  await watcher.expectState('waiting');
  publishers.use(await open(gateway.whip('show'), chromium));
  await watcher.expectMedia();
  expect(await isSamePeer()).toBe(true);
});

/** Starts a Firefox, says where its folder is, and stays. */
const program = `
  import { Firefox } from ${JSON.stringify(fileURLToPath(new URL('../fixtures/firefox.ts', import.meta.url)))};
  console.log((await Firefox.open()).folder);
  setInterval(() => undefined, 1000);`;

firefoxTest('a Firefox of tests that are killed ends with them, and its folder is removed before the next ones', async ({ firefox }) => {
  const owner = spawn(process.execPath, ['--input-type=module', '--eval', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(owner, 'exit');
  using cleanUp = new DisposableStack();
  cleanUp.defer(() => owner.kill('SIGKILL'));
  const [said] = (await once(owner.stdout, 'data')) as [Buffer];
  const folder = said.toString().trim();
  expect(processesAtHomeIn(folder)).not.toEqual([]);

  owner.kill('SIGKILL');
  await exit;
  await expect.poll(() => processesAtHomeIn(folder), patience).toEqual([]);
  // Another run on this machine that begins or ends just now removes it too, and who finds less than there was gives up.
  await expect.poll(() => isLeft(folder), patience).toBe(false);
  expect(existsSync(firefox.folder)).toBe(true);
});

/** Whether a folder is still there after what is left behind was removed. */
function isLeft(folder: string): boolean {
  removeLeftFolders();
  return existsSync(folder);
}

/** Firefox is a dozen of processes, with one environment. */
function processesAtHomeIn(folder: string): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(`HOME=${folder}`);
    } catch {
      return false; // it has ended meanwhile, or is another user's
    }
  });
}
