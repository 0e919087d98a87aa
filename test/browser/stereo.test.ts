import { expect } from 'vitest';
import { browserTest, expectPlaying, patience } from '../fixtures/browser-test.ts';
import { openTestGateway } from '../fixtures/gateway.ts';

browserTest('a stereo stream is stereo for a viewer that asks for it, and mono for one that does not', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['VP8'] });
  await using publisher = await chromium.publish(gateway.whip('show'), { stereo: true });
  await using stereoViewer = await chromium.watch(gateway.whep('show'), { stereo: true });
  await using monoViewer = await chromium.watch(gateway.whep('show'));
  expect((await expectPlaying(stereoViewer)).audioFmtp).toContain('stereo=1');
  expect((await publisher.stats()).audioFmtp).toContain('stereo=1');
  expect((await expectPlaying(monoViewer)).audioFmtp).not.toMatch(/(^|;)stereo=1/);

  const loud = async (viewer: typeof monoViewer) =>
    (await viewer.handle.evaluate((peer) => peer.channelLevels())).map((level) => level > 0.1);
  await expect.poll(async () => loud(stereoViewer), patience).toEqual([true, false]);
  await expect.poll(async () => loud(monoViewer), patience).toEqual([true, true]);
});
