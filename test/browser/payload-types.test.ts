import { expect } from 'vitest';
import { browserTest, expectPlaying, patience } from '../fixtures/browser-test.ts';
import { openTestGateway } from '../fixtures/gateway.ts';
import { openLossyRelay } from '../fixtures/lossy-relay.ts';

/** Firefox's numbers for Chromium's VP8, its RTX, and opus. */
const likeFirefox = { 96: 120, 97: 124, 111: 109 };

browserTest(
  'a viewer that numbers payload types like Firefox gets them through an edge router, and lost packets by its RTX',
  async ({ chromium }) => {
    await using gateway = await openTestGateway({ codecs: ['VP8'] });
    await using relay = await openLossyRelay(gateway.engine.ports[0] ?? 0, { loseEvery: 20 });
    await using _publisher = await chromium.publish(gateway.whip('show'));
    await using viewer = await chromium.watch(gateway.whep('show'), { codecs: ['VP8'], payloadTypes: likeFirefox, port: relay.port });
    expect(await expectPlaying(viewer, '320x180')).toMatchObject({ videoPayloadType: 120 });
    expect((await viewer.session()).answerText).toMatch(/^a=fmtp:124 apt=120/m);
    await expect.poll(async () => (await viewer.stats()).retransmittedPackets, patience).toBeGreaterThan(3);
    expect(await gateway.workerTotals()).toMatchObject({ routers: 2 });
  },
);

browserTest.for(['VP8', 'VP9', 'H264'] as const)(
  'packets of %s that are lost on the way to a viewer come again by RTX',
  async (codec, { chromium }) => {
    await using gateway = await openTestGateway({ codecs: [codec] });
    await using relay = await openLossyRelay(gateway.engine.ports[0] ?? 0, { loseEvery: 20 });
    await using _publisher = await chromium.publish(gateway.whip('show'));
    await using viewer = await chromium.watch(gateway.whep('show'), { port: relay.port });
    await expectPlaying(viewer, '320x180');
    await expect.poll(async () => (await viewer.stats()).retransmittedPackets, patience).toBeGreaterThan(3);
  },
);

browserTest('packets of AV1, whose RTX number no router can have, come again as they were', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['AV1'] });
  await using relay = await openLossyRelay(gateway.engine.ports[0] ?? 0, { loseEvery: 10 });
  await using _publisher = await chromium.publish(gateway.whip('show'));
  await using viewer = await chromium.watch(gateway.whep('show'), { port: relay.port });
  await expectPlaying(viewer, '320x180');
  const repaired = async () => {
    const { nacks, packetsLost } = await viewer.stats();
    return nacks - packetsLost; // those on their way count as lost
  };
  await expect.poll(repaired, patience).toBeGreaterThan(3);
  expect((await viewer.stats()).retransmittedPackets).toBe(0);
});
