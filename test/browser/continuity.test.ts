import { expect } from 'vitest';
import { browserTest, expectPlaying, patience } from '../fixtures/browser-test.ts';
import type { Chromium, PagePublisher, PageViewer } from '../fixtures/chromium.ts';
import { openTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { NativePublisher } from '../fixtures/native-peer.ts';
import type { PublishOptions } from '../fixtures/page/peers.js';
import { Standstills, stoodStill } from '../fixtures/standstills.ts';

const simulcast = {
  width: 640,
  height: 360,
  startBitrate: 2000,
  encodings: [
    { rid: 'l', scaleResolutionDownBy: 2 },
    { rid: 'h', scaleResolutionDownBy: 1 },
  ],
};

async function leave(publisher: PagePublisher): Promise<void> {
  expect(await publisher.delete()).toBe(200);
  await publisher[Symbol.asyncDispose]();
}

/** Publishes anew, and expects the viewer's same connection to show it within a second of its first key frame, plus what the machine stood still. */
async function comeBack(
  chromium: Chromium,
  gateway: TestGateway,
  viewer: PageViewer,
  options: PublishOptions = {},
): Promise<PagePublisher> {
  const publisher = await chromium.publish(gateway.whip('show'), options);
  using standstills = new Standstills([viewer, publisher]);
  const sentAt = await publisher.handle.evaluate(async (peer) => peer.firstKeyFrameAt());
  await expect.poll(async () => viewer.handle.evaluate((peer, time) => peer.firstShownAfter(time), sentAt), patience).toBeDefined();
  const shownAt = (await viewer.handle.evaluate((peer, time) => peer.firstShownAfter(time), sentAt)) ?? Infinity;
  const stoodStillMs = stoodStill({ from: sentAt, to: shownAt }, await standstills.seen());
  expect(shownAt - sentAt - stoodStillMs).toBeLessThan(1000);
  expect(await viewer.stats()).toMatchObject({ connectionState: 'connected' });
  return publisher;
}

browserTest.for(['VP8', 'H264'] as const)(
  'when the page of a %s publisher is closed and opened again, a viewer plays on',
  async (codec, { chromium }) => {
    await using gateway = await openTestGateway({ codecs: [codec] });
    const first = await chromium.publish(gateway.whip('show'));
    await using viewer = await chromium.watch(gateway.whep('show'));
    await expectPlaying(viewer);
    await first[Symbol.asyncDispose]();
    await using _second = await comeBack(chromium, gateway, viewer);
    await expectPlaying(viewer, '320x180');
  },
);

browserTest('when a closed page was found silent before another one publishes, a viewer plays on', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['VP8'], silenceMs: 5000 }); // Chromium's consent checks come every 2.5 s
  const first = await chromium.publish(gateway.whip('show'));
  await using viewer = await chromium.watch(gateway.whep('show'));
  await expectPlaying(viewer);
  await first[Symbol.asyncDispose]();
  await expect.poll(() => gateway.stream('show')?.state, patience).toBe('waiting');
  await using _second = await comeBack(chromium, gateway, viewer);
  await expectPlaying(viewer, '320x180');
});

browserTest('when a publisher ends its session and begins another one, a viewer plays on', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['VP8'] });
  const first = await chromium.publish(gateway.whip('show'));
  await using viewer = await chromium.watch(gateway.whep('show'));
  await expectPlaying(viewer);
  await leave(first);
  await using _second = await comeBack(chromium, gateway, viewer);
  await expectPlaying(viewer, '320x180');
});

browserTest('when another publisher takes the stream over, a viewer plays on', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['VP8'] });
  await using _first = await chromium.publish(gateway.whip('show'));
  await using viewer = await chromium.watch(gateway.whep('show'));
  await expectPlaying(viewer, '320x180');
  await using _second = await chromium.publish(gateway.whip('show'), { width: 480, height: 270 });
  await expectPlaying(viewer, '480x270');
});

browserTest('when the codec changes from VP8 to H264 and back, a viewer plays on', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['offer'] });
  const first = await chromium.publish(gateway.whip('show'), { codecs: ['VP8'] });
  await using viewer = await chromium.watch(gateway.whep('show'));
  await expectPlaying(viewer);
  await leave(first);
  const second = await comeBack(chromium, gateway, viewer, { codecs: ['H264'] });
  expect(await expectPlaying(viewer)).toMatchObject({ videoCodec: 'H264' });
  await leave(second);
  await using _third = await comeBack(chromium, gateway, viewer, { codecs: ['VP8'] });
  expect(await expectPlaying(viewer)).toMatchObject({ videoCodec: 'VP8' });
});

browserTest('when simulcast comes and goes, a viewer plays on', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['VP8'] });
  const first = await chromium.publish(gateway.whip('show'));
  await using viewer = await chromium.watch(gateway.whep('show'));
  await expectPlaying(viewer);
  await leave(first);
  const second = await comeBack(chromium, gateway, viewer, simulcast);
  await expectPlaying(viewer, '640x360');
  await leave(second);
  await using _third = await comeBack(chromium, gateway, viewer);
  await expectPlaying(viewer, '320x180');
});

browserTest('when a publisher with other payload types follows, a viewer gets both under its own', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['VP8'] });
  const first = await chromium.publish(gateway.whip('show'), { codecs: ['H264', 'VP8'] });
  await using viewer = await chromium.watch(gateway.whep('show'), { codecs: ['H264', 'VP9', 'VP8'] });
  const { videoPayloadType, audioSource } = await expectPlaying(viewer);
  await leave(first);

  await using native = await NativePublisher.open(gateway.whip('show'));
  await expect.poll(() => gateway.stream('show')?.state, patience).toBe('live');
  await expect.poll(async () => (await viewer.stats()).audioSource, patience).not.toBe(audioSource);
  await expect.poll(async () => (await viewer.stats()).audioBytes, patience).toBeGreaterThan(100);
  await native.delete();

  await using _third = await comeBack(chromium, gateway, viewer, { codecs: ['VP9', 'VP8'] });
  expect(await expectPlaying(viewer)).toMatchObject({ videoPayloadType });
});

browserTest('when the picture goes, the sound plays on, and the picture may come back', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['VP8'] });
  const first = await chromium.publish(gateway.whip('show'));
  await using viewer = await chromium.watch(gateway.whep('show'));
  await expectPlaying(viewer);
  await leave(first);

  const second = await chromium.publish(gateway.whip('show'), { video: false });
  const before = await viewer.stats();
  await expect.poll(async () => (await viewer.stats()).audioSource, patience).not.toBe(before.audioSource);
  const { audioEnergy } = await viewer.stats();
  await expect.poll(async () => (await viewer.stats()).audioEnergy, patience).toBeGreaterThan(audioEnergy);
  expect(await viewer.stats()).toMatchObject({ framesDecoded: before.framesDecoded, connectionState: 'connected' });
  await leave(second);

  await using _third = await comeBack(chromium, gateway, viewer);
  await expectPlaying(viewer);
});

browserTest('a viewer that did not offer the new codec is sent away with a DTLS alert', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['offer'] });
  const endings: string[] = [];
  const first = await chromium.publish(gateway.whip('show'), { codecs: ['VP8'] });
  await using viewer = await chromium.watch(gateway.whep('show'), { codecs: ['VP8'] });
  await expectPlaying(viewer);
  const { location } = await viewer.session();
  await leave(first);
  gateway.registry.observer.on('closed', ({ kind }, { ending }) => endings.push(`${kind} ${ending}`));

  await using _second = await chromium.publish(gateway.whip('show'), { codecs: ['H264'] });
  await expect.poll(async () => (await viewer.stats()).dtlsState, patience).toBe('closed');
  expect(endings).toEqual(['subscribe media-changed']);
  expect((await fetch(location)).status).toBe(404);
});
