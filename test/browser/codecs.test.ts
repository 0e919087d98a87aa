import { expect } from 'vitest';
import { browserTest, expectPlaying, patience } from '../fixtures/browser-test.ts';
import { openTestGateway } from '../fixtures/gateway.ts';

const codecs = ['VP8', 'VP9', 'H264', 'AV1'] as const;

browserTest.for(codecs)(
  'a page publishes %s because the gateway prefers it, and another one sees and hears it',
  async (codec, { chromium }) => {
    await using gateway = await openTestGateway({ codecs: [codec] });
    const kinds: string[] = [];
    gateway.registry.observer.on('media', ({ kind }) => kinds.push(kind));
    await using _publisher = await chromium.publish(gateway.whip('show'));
    await using viewer = await chromium.watch(gateway.whep('show'));
    expect(await expectPlaying(viewer, '320x180')).toMatchObject({ videoCodec: codec });
    await expect.poll(() => kinds, patience).toEqual(['publish', 'subscribe']);
  },
);

browserTest.for(codecs)(
  'a page publishes %s because it offers nothing else, and another one sees and hears it',
  async (codec, { chromium }) => {
    await using gateway = await openTestGateway();
    await using _publisher = await chromium.publish(gateway.whip('show'), { codecs: [codec] });
    await using viewer = await chromium.watch(gateway.whep('show'));
    expect(await expectPlaying(viewer, '320x180')).toMatchObject({ videoCodec: codec });
  },
);

browserTest.for([
  ['sound', { video: false }, ['opus']],
  ['picture', { audio: false }, ['VP8']],
] as const)('a stream without the other is %s only', async ([kind, options, names], { chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['VP8'] });
  await using _publisher = await chromium.publish(gateway.whip('show'), options);
  await using viewer = await chromium.watch(gateway.whep('show'));
  const counter = kind === 'sound' ? 'audioEnergy' : 'framesDecoded';
  const before = await viewer.stats();
  await expect.poll(async () => (await viewer.stats())[counter], patience).toBeGreaterThan(before[counter]);
  expect(gateway.stream('show')?.tracks.map(({ codec }) => codec)).toEqual(names);
});

browserTest('media to and from Chromium is encrypted with AES-GCM, which costs a quarter of AES-CM', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['VP8'] });
  await using publisher = await chromium.publish(gateway.whip('show'));
  await using viewer = await chromium.watch(gateway.whep('show'));
  for (const peer of [publisher, viewer]) await expect.poll(async () => (await peer.stats()).srtpCipher, patience).toContain('AEAD_AES_');
});
