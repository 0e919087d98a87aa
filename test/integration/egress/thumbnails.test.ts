import { expect, test } from 'vitest';
import { Thumbnails } from '../../../src/egress/thumbnail/thumbnails.ts';
import { readHost } from '../../../src/config/host.ts';
import { parseStreamId } from '../../../src/streams/stream-id.ts';
import { EncodedPublisher } from '../../fixtures/encoded-publisher.ts';
import { openTapBench } from '../../fixtures/tap.ts';
import { openConfigured } from '../../http/configured-gateway.ts';

const show = parseStreamId('show');
const patience = { interval: 50 };
const isJpeg = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, 3)).toString('hex') === 'ffd8ff';

test('a thumbnail is a small JPEG that everybody shares while it is fresh, and costs no tap that goes on', async () => {
  await using bench = await openTapBench({ lingerMs: 100 });
  await using _publisher = await EncodedPublisher.open(bench.gateway.whip('show'), { height: 360 });
  await expect.poll(() => bench.gateway.registry.stream(show)?.tracks, patience).toBeDefined();
  const thumbnails = new Thumbnails({ supervisor: bench.supervisor, freshMs: 60_000, waitMs: 20_000 });
  const [first, second] = await Promise.all([thumbnails.of(show), thumbnails.of(show)]);
  expect(second).toBe(first);
  expect(isJpeg(first.jpeg)).toBe(true);
  expect(first.jpeg.length).toBeLessThan(40_000);
  expect(await thumbnails.of(show)).toBe(first);
  await expect.poll(() => bench.supervisor.taps(), patience).toEqual([]);
});

test('one that is no longer fresh is made anew, of VP8 too', async () => {
  await using bench = await openTapBench();
  await using _publisher = await EncodedPublisher.open(bench.gateway.whip('show'), { codec: 'VP8' });
  await expect.poll(() => bench.gateway.registry.stream(show)?.tracks, patience).toBeDefined();
  const thumbnails = new Thumbnails({ supervisor: bench.supervisor, freshMs: 0, waitMs: 20_000 });
  const outcomes: string[] = [];
  thumbnails.observer.on('made', ({ outcome }) => outcomes.push(outcome));
  const [first, second] = [await thumbnails.of(show), await thumbnails.of(show)];
  expect(second).not.toBe(first);
  expect([first, second].map(({ jpeg }) => isJpeg(jpeg))).toEqual([true, true]);
  expect(outcomes).toEqual(['made', 'made']);
});

test('where none can be made, that is said', async () => {
  await using bench = await openTapBench({ ffmpeg: undefined });
  await using _publisher = await EncodedPublisher.open(bench.gateway.whip('show'));
  const thumbnails = new Thumbnails({ supervisor: bench.supervisor });
  expect(await thumbnails.possible(show)).toBe(false);
  await expect(thumbnails.of(show)).rejects.toMatchObject({ code: 'ERR_EGRESS_UNAVAILABLE' });
});

test('over HTTP it is for whoever may watch, with a tag and a short life', async () => {
  const keys = {
    SLUICE_AUTH_MODE: 'keys',
    SLUICE_AUTH_KEYS_PUBLISH: 'send-it-here',
    SLUICE_AUTH_KEYS_PLAY: 'watch-it-now',
    SLUICE_AUTH_KEYS_OPERATE: 'run-it-well',
  };
  await using gateway = await openConfigured(keys, { findProgram: readHost(process.env).findProgram });
  const get = async (path: string, headers = {}) => fetch(gateway.url + path, { headers });
  const asViewer = { Authorization: 'Bearer watch-it-now' };
  const url = '/hls/show/thumbnail.jpg';
  expect((await get(url)).status).toBe(401);
  expect((await get(url, asViewer)).status).toBe(404);
  await using _publisher = await EncodedPublisher.open(`${gateway.url}/whip/show`, { token: 'send-it-here' });
  await expect.poll(async () => (await get(url, asViewer)).status, patience).toBe(200);
  const answer = await get(`${url}?access_token=watch-it-now`);
  expect(answer.headers.get('Content-Type')).toBe('image/jpeg');
  expect(answer.headers.get('Cache-Control')).toBe('private, max-age=5');
  expect(isJpeg(new Uint8Array(await answer.arrayBuffer()))).toBe(true);
  const again = await get(url, { ...asViewer, 'If-None-Match': `"other", ${answer.headers.get('ETag')}` });
  expect(again.status).toBe(304);
  expect((await get('/hls/none/thumbnail.jpg', asViewer)).status).toBe(404);
  expect((await get(url, { ...asViewer, Range: 'bytes=0-10' })).status).toBe(200);
  expect(await (await get('/api/v1/streams', asViewer)).json()).toMatchObject([{ streamId: 'show', thumbnail: true }]);
  const tap = await get('/api/v1/streams/show/tap', { Authorization: 'Bearer run-it-well' });
  expect(await tap.json()).toMatchObject({
    state: 'running',
    hls: { possible: true },
    rtmp: { possible: true },
    record: { possible: true },
  });
  const metrics = await (await get('/metrics', { Authorization: 'Bearer run-it-well' })).text();
  expect(metrics).toMatch(/^sluice_thumbnails_total{outcome="made"} 1$/m);
  expect(metrics).toMatch(/^sluice_taps{state="running"} 1$/m);
});
