import { expect } from 'vitest';
import { browserTest, chooseLayer, expectPlaying, patience } from '../fixtures/browser-test.ts';
import { openTestGateway } from '../fixtures/gateway.ts';

/** Chromium sends three encodings from this size on, and all at once only if it believes the network carries them. */
const large = { width: 960, height: 540, startBitrate: 3000 };

browserTest.for([
  ['labelled, highest first', { h: 1, m: 2, l: 4 }, ['l', 'm', 'h']],
  ['labelled, lowest first', { l: 4, m: 2, h: 1 }, ['l', 'm', 'h']],
  ['without meaning, highest first', { a: 1, b: 2, c: 4 }, ['c', 'b', 'a']],
  ['without meaning, lowest first', { a: 4, b: 2, c: 1 }, ['a', 'b', 'c']],
] as const)('of VP8 simulcast with three encodings, %s, a viewer gets the highest', async ([, scales, lowestFirst], { chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['VP8'] });
  const encodings = Object.entries(scales).map(([rid, scaleResolutionDownBy]) => ({ rid, scaleResolutionDownBy }));
  await using _publisher = await chromium.publish(gateway.whip('show'), { ...large, encodings });
  await using viewer = await chromium.watch(gateway.whep('show'));
  await expectPlaying(viewer, '960x540');
  expect(gateway.stream('show')?.tracks.find(({ kind }) => kind === 'video')?.rids).toEqual(lowestFirst);
});

/** Numbers of a viewer that needs an edge router of its own; the gateway pipes the stream to it. */
const atEdge = { payloadTypes: { 96: 98, 97: 99, 98: 96, 99: 97 } };

browserTest.for([
  ['', {}],
  [' through an edge router', atEdge],
] as const)(
  'a viewer climbs%s to an encoding that comes up after it joined, on a network without loss',
  async ([, options], { chromium }) => {
    await using gateway = await openTestGateway({ codecs: ['VP8'] });
    const encodings = [
      { rid: 'l', scaleResolutionDownBy: 4 },
      { rid: 'm', scaleResolutionDownBy: 2 },
      { rid: 'h', scaleResolutionDownBy: 1 },
    ];
    await using publisher = await chromium.publish(gateway.whip('show'), { ...large, encodings, rids: ['l', 'm'] });
    await using viewer = await chromium.watch(gateway.whep('show'), options);
    await expectPlaying(viewer, '480x270');
    await publisher.handle.evaluate(async (peer) => peer.sendOnly(['l', 'm', 'h']));
    await expectPlaying(viewer, '960x540');
  },
);

browserTest.for([
  ['VP9', 'L3T3_KEY'],
  ['VP9', 'L3T3'],
  ['VP9', 'L2T1'],
  ['VP9', 'L1T3'],
  ['AV1', 'L1T3'],
] as const)('of %s with %s viewers get the highest layer, at an edge router too', async ([codec, scalabilityMode], { chromium }) => {
  await using gateway = await openTestGateway({ codecs: [codec] });
  await using _publisher = await chromium.publish(gateway.whip('show'), { width: 640, height: 360, encodings: [{ scalabilityMode }] });
  await using viewer = await chromium.watch(gateway.whep('show'));
  await using farViewer = await chromium.watch(gateway.whep('show'), atEdge);
  for (const peer of [viewer, farViewer]) expect(await expectPlaying(peer, '640x360')).toMatchObject({ videoCodec: codec });
});

const spatialAv1 = { width: 640, height: 360, startBitrate: 3000, encodings: [{ scalabilityMode: 'L2T2' }] };

browserTest(
  'of AV1 in several sizes a viewer that lacks the dependency descriptor gets the smallest, which it can decode',
  async ({ chromium }) => {
    await using gateway = await openTestGateway({ codecs: ['AV1'] });
    await using _publisher = await chromium.publish(gateway.whip('show'), spatialAv1);
    await using viewer = await chromium.watch(gateway.whep('show'));
    await expectPlaying(viewer, '320x180');
    const { location } = await viewer.session();
    await expect.poll(async () => chooseLayer(location, { spatialLayerId: 0 }), patience).toBe(200);
    expect(await chooseLayer(location, { spatialLayerId: 1 })).toBe(422);
  },
);
