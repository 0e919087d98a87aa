import { afterAll, expect } from 'vitest';
import type { WhepPlayer } from '../../src/web/whep-player.ts';
import { browserTest, patience } from '../fixtures/browser-test.ts';
import { BuiltPages, expectMedia, expectState, gauge, PageVisit, playerOf, publisherOf, rememberPeer } from '../fixtures/pages.ts';

const pages = new BuiltPages();
afterAll(() => pages[Symbol.dispose]());

browserTest.for(['VP8', 'H264', 'VP9', 'AV1'])(
  'the test pattern is published as %s and the watch page plays it and says how',
  async (codec, { chromium }) => {
    await using visit = await PageVisit.open(chromium, pages);
    const publishPage = await visit.publish(codec);
    await expectState(publishPage, 'live');
    const watchPage = await visit.page('/watch/show');
    await expectMedia(watchPage);
    await expect.poll(async () => gauge(watchPage, 'Codec').textContent(), patience).toBe(`${codec} + Opus`);
    await expect.poll(async () => gauge(watchPage, 'Picture').textContent(), patience).toMatch(/^\d+ × \d+$/);
    await expect.poll(async () => gauge(watchPage, 'First picture after').textContent(), patience).toMatch(/^\d/);
    await expect.poll(async () => gauge(publishPage, 'Bit rate').textContent(), patience).toMatch(/bit\/s$/);
  },
);

browserTest('the watch page plays muted and is unmuted by one press of a key', async ({ chromium }) => {
  await using visit = await PageVisit.open(chromium, pages);
  await visit.publish('VP8');
  const page = await visit.page('/watch/show');
  await expectMedia(page);
  const isMuted = async (): Promise<boolean> => page.locator('video').evaluate((video: HTMLVideoElement) => video.muted);
  expect(await isMuted()).toBe(true);
  await page.getByRole('button', { name: 'Unmute' }).press('Enter');
  expect(await isMuted()).toBe(false);
  await page.getByRole('button', { name: 'Mute', exact: true }).press('Enter');
  expect(await isMuted()).toBe(true);
});

browserTest('sound arrives in stereo', async ({ chromium }) => {
  await using visit = await PageVisit.open(chromium, pages);
  await visit.publish('VP8');
  const page = await visit.page('/watch/show');
  await expectMedia(page);
  const measure = await (await playerOf(page)).evaluateHandle(listenToBothSides);
  await expect.poll(async () => measure.evaluate((difference) => difference()), patience).toBeGreaterThan(0.001);
});

/** Runs in the page. Gives a function that tells how much the left and the right side differ at the moment. */
function listenToBothSides({ mediaStream }: WhepPlayer): () => number {
  const audio = new AudioContext();
  const splitter = audio.createChannelSplitter(2);
  audio.createMediaStreamSource(mediaStream ?? new MediaStream()).connect(splitter);
  const sides = [0, 1].map((channel) => {
    const analyser = audio.createAnalyser();
    splitter.connect(analyser, channel);
    return { analyser, samples: new Float32Array(analyser.fftSize) };
  });
  return () => {
    for (const { analyser, samples } of sides) analyser.getFloatTimeDomainData(samples);
    const [left, right] = sides.map(({ samples }) => samples);
    return Math.max(0, ...Array.from(left ?? [], (sample, index) => Math.abs(sample - (right?.[index] ?? 0))));
  };
}

browserTest('simulcast sends three sizes, and the player can be sent the one that its network carries', async ({ chromium }) => {
  await using visit = await PageVisit.open(chromium, pages);
  const publishPage = await visit.publish('VP8', '&height=540&simulcast=1');
  const watchPage = await visit.page('/watch/show');
  await expectMedia(watchPage);
  expect(visit.gateway.stream('show')?.tracks.find(({ kind }) => kind === 'video')?.rids).toEqual(['l', 'm', 'h']);
  await expect.poll(async () => publishPage.locator('#encoding-rows tr').count(), patience).toBe(3);
  const answerText = await (await playerOf(watchPage)).evaluate(({ peer }) => peer?.remoteDescription?.sdp);
  expect(answerText).toContain('transport-wide-cc');
});

browserTest('the watch page offers the qualities of a stream, and plays the one that is chosen', async ({ chromium }) => {
  await using visit = await PageVisit.open(chromium, pages);
  await visit.publish('VP8', '&height=540&simulcast=1');
  const page = await visit.page('/watch/show');
  await expectState(page, 'playing');
  const menu = page.locator('#quality');
  const offered = async () => (await menu.locator('option').allTextContents()).map((text) => text.replace(/ \(.*/, ''));
  await expect.poll(offered, patience).toEqual(['Auto', '540p', '270p', '135p']);
  await menu.selectOption('135p');
  await expect.poll(async () => page.locator('#layers-now').textContent(), patience).toMatch(/^Now 240 × 13[56] /);
  await menu.selectOption({ index: 0 });
  await expect.poll(async () => page.locator('#layers-now').textContent(), patience).toMatch(/^Now (?:960 × 540|480 × 270) /);
});

browserTest('the watch page waits for a publisher, then plays by itself', async ({ chromium }) => {
  await using visit = await PageVisit.open(chromium, pages);
  const watchPage = await visit.page('/watch/show');
  await expectState(watchPage, 'waiting');
  await visit.publish('VP8');
  await expectMedia(watchPage);
});

browserTest('a publisher that leaves and returns with another codec is seen again on the same connection', async ({ chromium }) => {
  await using visit = await PageVisit.open(chromium, pages);
  const publishPage = await visit.publish('VP8');
  const watchPage = await visit.page('/watch/show');
  await expectMedia(watchPage);
  const isSamePeer = await rememberPeer(await playerOf(watchPage));
  await publishPage.close();
  await expectState(watchPage, 'waiting');
  await visit.publish('H264');
  await expectMedia(watchPage);
  expect(await isSamePeer()).toBe(true);
});

browserTest('another source needs no new session, only another kind of track does', async ({ chromium }) => {
  await using visit = await PageVisit.open(chromium, pages);
  const page = await visit.publish('VP8');
  await expectState(page, 'live');
  const publisher = await publisherOf(page);
  const isSamePeer = await rememberPeer(publisher);
  const sentTracks = async () => publisher.evaluate(({ peer }) => peer?.getSenders().map(({ track }) => track?.label));
  await page.getByRole('radio', { name: 'Camera' }).check({ force: true });
  await expect.poll(sentTracks, patience).toContainEqual(expect.stringContaining('fake_device'));
  expect(await isSamePeer()).toBe(true);
  await page.getByRole('combobox', { name: 'Camera' }).selectOption('none');
  await expect.poll(async () => (await sentTracks())?.length, patience).toBe(1);
  expect(await isSamePeer()).toBe(false);
  await expectState(page, 'live');
});

browserTest('a viewer whose session the server ends is soon watching again', async ({ chromium }) => {
  await using visit = await PageVisit.open(chromium, pages);
  await visit.publish('VP8');
  const page = await visit.page('/');
  const answered = page.waitForResponse((response) => response.request().method() === 'POST' && response.status() === 201);
  await page.goto(`${visit.gateway.url}/watch/show`);
  const session = (await answered).headers()['location'] ?? '';
  await expectMedia(page);
  const isSamePeer = await rememberPeer(await playerOf(page));
  expect((await fetch(session, { method: 'DELETE' })).status).toBe(200);
  await expect.poll(isSamePeer, patience).toBe(false);
  await expectMedia(page);
});

browserTest('when the server goes, both pages say that they are reconnecting', async ({ chromium }) => {
  await using visit = await PageVisit.open(chromium, pages);
  const publishPage = await visit.publish('VP8');
  const watchPage = await visit.page('/watch/show');
  await expectMedia(watchPage);
  await visit.gateway[Symbol.asyncDispose]();
  await expectState(watchPage, 'reconnecting');
  await expectState(publishPage, 'reconnecting');
  await expect.poll(async () => watchPage.locator('#veil-title').textContent(), patience).toMatch(/^Reconnecting/);
});

browserTest('a publisher whose name somebody else took stops instead of fighting for it, and says so', async ({ chromium }) => {
  await using visit = await PageVisit.open(chromium, pages);
  const first = await visit.publish('VP8');
  await expectState(first, 'live');
  const second = await visit.publish('VP8');
  await expectState(first, 'failed');
  expect(await first.getByRole('alert').textContent()).toContain('Somebody else');
  await expectState(second, 'live');
});

browserTest('a viewer who leaves the page and a publisher who stops end their sessions', async ({ chromium }) => {
  await using visit = await PageVisit.open(chromium, pages);
  const endings: string[] = [];
  visit.gateway.registry.observer.on('closed', ({ kind }, { ending }) => endings.push(`${kind} ${ending}`));
  const publishPage = await visit.publish('VP8');
  const watchPage = await visit.page('/watch/show');
  await expectMedia(watchPage);
  await watchPage.goto('about:blank');
  await expect.poll(() => endings, patience).toHaveLength(1); // by DELETE or by DTLS, whichever the leaving browser got out first
  await publishPage.getByRole('button', { name: 'Stop publishing' }).click();
  await expectState(publishPage, 'idle');
  await expect.poll(() => endings.at(-1), patience).toBe('publish deleted');
});

browserTest('a refusal is shown in the server’s own words, and a token can be entered', async ({ chromium }) => {
  await using visit = await PageVisit.open(chromium, pages);
  const page = await visit.page('/');
  const detail = 'This stream is for members.';
  const body = JSON.stringify({ status: 401, code: 'ERR_TOKEN_MISSING', detail });
  await page.route('**/whep/**', async (route) => route.fulfill({ status: 401, contentType: 'application/problem+json', body }));
  await page.goto(`${visit.gateway.url}/watch/show`);
  await expectState(page, 'failed');
  expect(await page.locator('#veil-detail').textContent()).toBe(detail);
  const asked = page.waitForRequest('**/whep/show');
  await page.getByLabel('Token for this stream').fill('open-sesame');
  await page.keyboard.press('Enter');
  expect((await asked).headers()['authorization']).toBe('Bearer open-sesame');
});

browserTest('the start page leads to both pages by keyboard and lists what is on', async ({ chromium }) => {
  await using visit = await PageVisit.open(chromium, pages);
  const page = await visit.page('/');
  await expectState(page, 'empty');
  const name = page.getByLabel('Stream name');
  await name.fill('not a name');
  await page.keyboard.press('Enter');
  expect(await name.getAttribute('aria-invalid')).toBe('true');
  await name.fill('show');
  expect(await page.locator('#whip-url').textContent()).toBe(visit.gateway.whip('show'));
  await page.keyboard.press('Enter');
  await page.waitForURL('**/publish/show');
  await visit.publish('VP8');
  await page.goto(visit.gateway.url);
  await expectState(page, 'listed');
  await page.getByRole('link', { name: 'show', exact: true }).press('Enter');
  await expectMedia(page);
});

browserTest.for(['/', '/publish/show', '/watch/none', '/watch/none?embed=1', '/publish/show?source=pattern&simulcast=1&autostart=1'])(
  '%s does not scroll sideways on a phone',
  async (path, { chromium }) => {
    await using visit = await PageVisit.open(chromium, pages);
    const page = await visit.page(path, { width: 360, height: 740 });
    await page.locator('body:not([data-state=loading], [data-state=connecting])').waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
  },
);

browserTest('what is wrong with the stream is said on the publish page', async ({ chromium }) => {
  await using visit = await PageVisit.open(chromium, pages);
  const page = await visit.publish('VP8');
  await expectState(page, 'live');
  const publisher = await publisherOf(page);
  await publisher.evaluate(async (instance) => {
    const [video] = instance.peer?.getSenders().flatMap(({ track }) => (track?.kind === 'video' ? [track] : [])) ?? [];
    await instance.replaceStream(new MediaStream(video === undefined ? [] : [video]));
  });
  await expect.poll(async () => page.locator('#warnings').innerText(), patience).toMatch(/^No audio arrives\./);
});
