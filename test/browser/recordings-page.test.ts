import { expect } from 'vitest';
import { browserTest, patience } from '../fixtures/browser-test.ts';
import { collectFragments, syntheticRun } from '../fixtures/fragments.ts';
import { BuiltPages, expectState, PageVisit } from '../fixtures/pages.ts';
import { openDesk, playRun, show, temporaryFolder } from '../fixtures/recording-desk.ts';

const test = browserTest
  .extend('pages', { scope: 'file' }, ({}, { onCleanup }) => {
    const pages = new BuiltPages();
    onCleanup(() => {
      pages[Symbol.dispose]();
    });
    return pages;
  })
  .extend('fragments', { scope: 'file' }, async () => collectFragments({ seconds: 4 }));

test.for([
  ['as it was written', false],
  ['with its index in front', true],
] as const)(
  'the recordings page lists, plays, seeks in and deletes a recording %s',
  async ([, faststart], { chromium, pages, fragments }) => {
    using folder = temporaryFolder();
    await using desk = await openDesk(folder.path, { faststart, limits: { durationMs: 2_000, bytes: undefined } });
    const output = desk.recordings.start(show);
    playRun(desk.hub, syntheticRun(), fragments);
    await output.stop();
    await using visit = await PageVisit.open(chromium, pages, { recordings: desk.recordings });
    const page = await visit.page('/recordings');
    await expectState(page, 'listed');
    const rows = page.locator('#recordings li');
    expect(await rows.count()).toBe(2);
    expect(await rows.first().locator('.name').textContent()).toMatch(/^show · .* · part 2/);
    expect(await rows.first().locator('.facts').textContent()).toContain('320 × 180 · H264 + AAC');

    await rows.first().getByRole('button', { name: /^Play/ }).click();
    const video = page.locator('#video');
    const read = async (): Promise<{ readonly time: number; readonly duration: number; readonly width: number }> =>
      video.evaluate((element: HTMLVideoElement) => ({
        time: element.currentTime,
        duration: element.duration,
        width: element.videoWidth,
      }));
    await expect.poll(async () => (await read()).time, patience).toBeGreaterThan(0.5);
    expect(await read()).toMatchObject({ width: 320 });
    expect((await read()).duration).toBeCloseTo(2, 0);
    await video.evaluate((element: HTMLVideoElement) => {
      element.pause();
      element.currentTime = 1.5;
    });
    await expect
      .poll(async () => video.evaluate((element: HTMLVideoElement) => !element.seeking && element.readyState >= 2), patience)
      .toBe(true);
    expect((await read()).time).toBeCloseTo(1.5, 1);

    const downloading = page.waitForEvent('download');
    await rows.first().getByRole('link', { name: 'Download' }).click();
    expect((await downloading).suggestedFilename()).toMatch(/^\d{8}T\d{6}Z-002\.mp4$/);

    const remove = rows.first().getByRole('button', { name: 'Delete' });
    await remove.click();
    await page.getByRole('button', { name: 'Really delete?' }).click();
    await expect.poll(async () => rows.count(), patience).toBe(1);
    expect(desk.recordings.catalogue.all()).toMatchObject([{ part: 1 }]);
  },
);

test('the page tells that there is nothing, shows what begins, and filters by stream', async ({ chromium, pages, fragments }) => {
  using folder = temporaryFolder();
  await using desk = await openDesk(folder.path);
  await using visit = await PageVisit.open(chromium, pages, { recordings: desk.recordings });
  const page = await visit.page('/recordings');
  await expectState(page, 'empty');
  desk.recordings.start(show);
  desk.hub.startRun(syntheticRun());
  for (const fragment of fragments.slice(0, 8)) desk.hub.push(fragment);
  await expect.poll(async () => page.locator('#recordings .pill').allTextContents(), patience).toEqual(['Recording']);
  expect(await page.getByRole('button', { name: /^Play/ }).count()).toBe(0);
  await page.locator('#stream-filter').fill('other');
  await expectState(page, 'empty');
  await page.locator('#stream-filter').fill('show');
  await expectState(page, 'listed');
});
