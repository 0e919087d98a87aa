import { expect } from 'vitest';
import { browserTest, expectPlaying, patience } from '../fixtures/browser-test.ts';
import { openTestGateway } from '../fixtures/gateway.ts';

browserTest('media goes on after publisher and viewer have restarted ICE by PATCH, and their ETags are new', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['VP8'] });
  await using publisher = await chromium.publish(gateway.whip('show'));
  await using viewer = await chromium.watch(gateway.whep('show'));
  await expectPlaying(viewer);
  for (const peer of [publisher, viewer]) {
    const { etag } = await peer.session();
    const restarted = await peer.restartIce();
    expect(restarted.status).toBe(200);
    expect(restarted.etag).toMatch(/^"[\w-]+"$/);
    expect(restarted.etag).not.toBe(etag);
    await expect.poll(async () => (await peer.stats()).remoteUsernameFragment, patience).toBe(restarted.usernameFragment);
  }
  await expectPlaying(viewer, '320x180');
});

browserTest('a page of another origin reads where its session is and its ETag, trickles and leaves', async ({ chromium }) => {
  await using gateway = await openTestGateway({ codecs: ['VP8'] });
  await using publisher = await chromium.publish(gateway.whip('show'));
  await using viewer = await chromium.watch(gateway.whep('show'));
  for (const peer of [viewer, publisher]) {
    expect(new URL(peer.page.url()).origin).not.toBe(gateway.url);
    const { location, etag } = await peer.session();
    expect(location).toMatch(new RegExp(`^${gateway.url}/wh[ie]p/show/[\\w-]{22}$`));
    expect(etag).toMatch(/^"[\w-]+"$/);
    expect(await peer.trickle()).toMatchObject({ status: 204 });
    expect(await peer.delete()).toBe(200);
    expect(await peer.delete()).toBe(404);
  }
});
