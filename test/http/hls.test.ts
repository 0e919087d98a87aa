import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import HLS from 'hls-parser';
import request, { type Response } from 'supertest';
import { expect, test } from 'vitest';
import { GatewayError } from '../../src/errors.ts';
import { openHlsGateway, type HlsGateway } from '../fixtures/hls-gateway.ts';
import { inOrderOfArrival, madeUpFragments, madeUpRun } from '../fixtures/made-up-fragments.ts';
import { readMediaPlaylist } from '../fixtures/playlist-rules.ts';

const run = madeUpRun(['video-0', 'audio']);
const fragments = (from: number, until: number) =>
  inOrderOfArrival(madeUpFragments({ from, until }), madeUpFragments({ rendition: 'audio', from, until }));

const text = async (url: string): Promise<string> => (await fetch(url)).text();
const lines = (playlist: string): string[] => playlist.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

/** The URLs of the media playlists in a new viewer's multivariant playlist: video first. */
async function enter(hls: HlsGateway): Promise<{ readonly video: string; readonly audio: string; readonly multivariant: string }> {
  const multivariant = await text(hls.url());
  const audio = /URI="([^"]*)"/.exec(multivariant)?.[1] ?? '';
  const [video = ''] = lines(multivariant);
  return { multivariant, video: new URL(video, hls.url()).href, audio: new URL(audio, hls.url()).href };
}

test('the multivariant playlist names everything that players choose by', async () => {
  await using hls = await openHlsGateway();
  const first = fetch(hls.url());
  await expect.poll(() => hls.held.size).toBe(1);
  hls.play(run, fragments(0, 4000));
  const response = await first;
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toBe('application/vnd.apple.mpegurl');
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  expect(response.headers.get('cache-control')).toBe('no-store');
  const playlist = HLS.parse(await response.text());
  if (!playlist.isMasterPlaylist) throw new TypeError('not a multivariant playlist');
  expect(playlist.independentSegments).toBe(true);
  expect(playlist.variants).toMatchObject([
    {
      codecs: 'avc1.42e01f,mp4a.40.2',
      resolution: { width: 640, height: 360 },
      frameRate: 30,
      audio: [{ isDefault: true, channels: '2' }],
    },
  ]);
  const { bandwidth = 0, averageBandwidth = 0 } = playlist.variants[0] ?? {};
  const sent = 2 * 50_000 * 8;
  expect(bandwidth / sent).toBeGreaterThan(1);
  expect(bandwidth / sent).toBeLessThan(1.1);
  expect(averageBandwidth).toBeLessThanOrEqual(bandwidth);
});

test('media playlists and segments follow from it without a token', async () => {
  await using hls = await openHlsGateway();
  const first = enter(hls);
  await expect.poll(() => hls.held.size).toBe(1);
  hls.play(run, fragments(0, 5200));
  const { video, audio } = await first;
  for (const [url, type] of [
    [video, 'video/mp4'],
    [audio, 'audio/mp4'],
  ] as const) {
    const { segments } = readMediaPlaylist(await text(url), false);
    expect(segments.length).toBeGreaterThanOrEqual(4);
    const [segment] = segments;
    for (const uri of [segment?.map ?? '', segment?.uri ?? '', segments.at(-1)?.parts[0]?.uri ?? '']) {
      const response = await fetch(new URL(uri, url));
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe(type);
      expect(response.headers.get('cache-control')).toContain('immutable');
      expect((await response.arrayBuffer()).byteLength).toBe(Number(response.headers.get('content-length')));
    }
  }
});

test('parts of a segment are the segment', async () => {
  await using hls = await openHlsGateway();
  const first = enter(hls);
  await expect.poll(() => hls.held.size).toBe(1);
  hls.play(run, fragments(0, 3200));
  const { video } = await first;
  const segment = readMediaPlaylist(await text(video), false).segments.at(-1);
  const bytes = async (uri = ''): Promise<Buffer> => Buffer.from(await (await fetch(new URL(uri, video))).arrayBuffer());
  const parts = await Promise.all((segment?.parts ?? []).map(async ({ uri }) => bytes(uri)));
  expect(parts.length).toBe(5);
  expect(Buffer.concat(parts).equals(await bytes(segment?.uri))).toBe(true);
});

test('playlists have an ETag, are compressed, and answer HEAD', async () => {
  await using hls = await openHlsGateway();
  const first = enter(hls);
  await expect.poll(() => hls.held.size).toBe(1);
  hls.play(run, fragments(0, 3200));
  const { pathname } = new URL((await first).video);
  const ask = (coding: string) => request(hls.gateway.url).get(pathname).set('Accept-Encoding', coding).buffer(true).parse(asText);
  const [plain, zipped] = [await ask('identity'), await ask('gzip')];
  expect(plain.headers).toMatchObject({ 'cache-control': 'no-cache', vary: 'Accept-Encoding' });
  expect(zipped.headers['content-encoding']).toBe('gzip');
  expect(zipped.body).toBe(plain.body);
  expect(zipped.headers['etag']).not.toBe(plain.headers['etag']);
  const again = await ask('identity').set('If-None-Match', plain.headers['etag'] ?? '');
  expect([again.status, again.body]).toEqual([304, '']);
  const head = await request(hls.gateway.url).head(pathname).set('Accept-Encoding', 'identity');
  expect([head.status, head.headers['etag'], head.headers['content-length']]).toEqual([
    200,
    plain.headers['etag'],
    plain.headers['content-length'],
  ]);
  expect((await request(hls.gateway.url).post(pathname)).status).toBe(405);
});

test('segments can be had in ranges', async () => {
  await using hls = await openHlsGateway();
  const first = enter(hls);
  await expect.poll(() => hls.held.size).toBe(1);
  hls.play(run, fragments(0, 3200));
  const { video } = await first;
  const uri = new URL(readMediaPlaylist(await text(video), false).segments[0]?.uri ?? '', video);
  const whole = Buffer.from(await (await fetch(uri)).arrayBuffer());
  for (const [range, expected] of [
    ['bytes=0-0', whole.subarray(0, 1)],
    ['bytes=100-29999', whole.subarray(100, 30_000)],
    ['bytes=49000-', whole.subarray(49_000)],
    ['bytes=-10', whole.subarray(-10)],
  ] as const) {
    const response = await fetch(uri, { headers: { Range: range } });
    expect(response.status).toBe(206);
    expect(Buffer.from(await response.arrayBuffer()).equals(expected)).toBe(true);
    expect(response.headers.get('content-range')).toMatch(new RegExp(`^bytes \\d+-\\d+/${whole.length}$`));
  }
  const beyond = await fetch(uri, { headers: { Range: 'bytes=99999999-' } });
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, `bytes */${whole.length}`]);
  const head = await fetch(uri, { method: 'HEAD' });
  expect([head.headers.get('content-length'), head.headers.get('accept-ranges')]).toEqual([`${whole.length}`, 'bytes']);
});

test('a playlist waits for the segment or part that a player asks for', async () => {
  await using hls = await openHlsGateway();
  const first = enter(hls);
  await expect.poll(() => hls.held.size).toBe(1);
  const all = fragments(0, 6000);
  const [before, after] = [all.filter(({ startMs }) => startMs < 3000), all.filter(({ startMs }) => startMs >= 3000)];
  hls.play(run, before);
  const { video } = await first;
  const settled: string[] = [];
  const asks = ['?_HLS_msn=2&_HLS_part=4', '?_HLS_msn=3&_HLS_part=1', '?_HLS_msn=3'].map(async (query) => {
    const playlist = await text(video + query);
    settled.push(query);
    return readMediaPlaylist(playlist, false);
  });
  const [soon] = await Promise.all(asks.slice(0, 1));
  expect(soon?.lastParts.length).toBe(5);
  for (const fragment of after.filter(({ startMs }) => startMs < 3400)) hls.hub().push(fragment);
  expect((await asks[1])?.lastParts.length).toBe(2);
  expect(settled).toHaveLength(2);
  for (const fragment of after.filter(({ startMs }) => startMs >= 3400)) hls.hub().push(fragment);
  expect((await asks[2])?.segments.at(-1)?.number).toBeGreaterThanOrEqual(3);
});

test('a part is waited for that a playlist promised', async () => {
  await using hls = await openHlsGateway();
  const first = enter(hls);
  await expect.poll(() => hls.held.size).toBe(1);
  hls.play(run, fragments(0, 3000));
  const { video } = await first;
  const { hint = '' } = readMediaPlaylist(await text(video), false);
  const promised = fetch(new URL(hint, video));
  for (const fragment of madeUpFragments({ from: 3000, until: 3200 })) hls.hub().push(fragment);
  expect((await promised).status).toBe(200);
});

test.for(['?_HLS_msn=90', '?_HLS_msn=x', '?_HLS_part=1', '?_HLS_msn=-1'])('%s is refused', async (query) => {
  await using hls = await openHlsGateway();
  const first = enter(hls);
  await expect.poll(() => hls.held.size).toBe(1);
  hls.play(run, fragments(0, 3000));
  const { video } = await first;
  const response = await fetch(video + query);
  expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({ code: 'ERR_REQUEST_INVALID' })]);
});

test('unknown and ended streams are 404, those that are switched off too', async () => {
  let isThere = true;
  const exists = (name: string): boolean => name === 'show' && isThere;
  await using hls = await openHlsGateway({ exists, policyOf: (name) => (name === 'secret' ? 'off' : 'on-demand') });
  const problem = async (stream: string) => (await (await fetch(hls.url(stream))).json()) as { code: string; status: number };
  expect(await problem('other')).toMatchObject({ code: 'ERR_STREAM_NOT_FOUND', status: 404 });
  expect(await problem('secret')).toMatchObject({ code: 'ERR_HLS_DISABLED', status: 404 });
  const first = enter(hls);
  await expect.poll(() => hls.held.size).toBe(1);
  hls.play(run, fragments(0, 3000));
  const { video } = await first;
  hls.hub().end();
  isThere = false;
  expect(await problem('show')).toMatchObject({ code: 'ERR_STREAM_NOT_FOUND', status: 404 });
  expect(await text(video)).toContain('#EXT-X-ENDLIST');
});

test('a publisher that is away ends nothing, and who asks meanwhile gets an answer', async () => {
  await using hls = await openHlsGateway();
  const first = enter(hls);
  await expect.poll(() => hls.held.size).toBe(1);
  hls.play(run, fragments(0, 3000));
  const { video } = await first;
  hls.hub().endRun({ cause: 'publisher-gone' });
  expect(await text(video)).not.toContain('#EXT-X-ENDLIST');
  expect((await fetch(hls.url())).status).toBe(200);
  const waiting = text(`${video}?_HLS_msn=3&_HLS_part=0`);
  hls.play(madeUpRun(['video-0', 'audio'], { id: 2, startedAt: new Date('2026-11-26T10:01:00Z') }), fragments(0, 3000));
  const { segments } = readMediaPlaylist(await waiting.then(async () => text(video)), false);
  expect(segments.filter(({ discontinuity }) => discontinuity)).toHaveLength(1);
});

test('a run that goes on with the clock of the one before goes on in the playlists too', async () => {
  await using hls = await openHlsGateway();
  const first = enter(hls);
  await expect.poll(() => hls.held.size).toBe(1);
  hls.play(run, fragments(0, 3000));
  const { video } = await first;
  hls.hub().endRun({ cause: 'publisher-changed' });
  hls.play({ ...run, id: 2, beginsMs: 3000 }, fragments(3000, 6000));
  const times = (await text(video)).match(/(?<=PROGRAM-DATE-TIME:).*/g)?.map((time) => Date.parse(time) - run.startedAt.getTime());
  expect(times?.slice(0, 5)).toEqual([0, 1000, 2000, 3000, 4000]);
});

test('without a key frame the first request gets 503 and is asked to come again', async () => {
  await using hls = await openHlsGateway();
  const response = await fetch(hls.url());
  expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2']);
  expect(await response.json()).toMatchObject({ code: 'ERR_HLS_NOT_READY' });
});

test('a codec that HLS cannot carry is a clear refusal', async () => {
  await using hls = await openHlsGateway();
  const first = fetch(hls.url());
  await expect.poll(() => hls.held.size).toBe(1);
  hls.play(madeUpRun(['webm']), []);
  const response = await first;
  expect([response.status, await response.json()]).toEqual([422, expect.objectContaining({ code: 'ERR_CODEC_UNSUPPORTED' })]);
  expect(hls.outputs.list()[0]?.report().state).toMatchObject({ name: 'failed', ending: { cause: 'codec' } });
});

test('viewers are counted by session, hold a seat, and are forgotten when they ask no more', async () => {
  let seats = 0;
  const admit = () => {
    if (seats === 2) throw new GatewayError('ERR_LIMIT_REACHED', 'This stream has all the viewers that it takes; try again later.');
    seats += 1;
    return {
      endsAt: undefined,
      seat: {
        [Symbol.dispose]: () => {
          seats -= 1;
        },
      },
    };
  };
  await using hls = await openHlsGateway({ admit, viewerIdleMs: 2500, lingerMs: 1000 });
  const first = enter(hls);
  await expect.poll(() => hls.held.size).toBe(1);
  hls.play(run, fragments(0, 3000));
  const [{ video }] = [await first, await enter(hls)];
  expect((await fetch(hls.url())).status).toBe(503);
  expect(seats).toBe(2);
  expect(hls.outputs.list()[0]?.report()).toMatchObject({ state: { name: 'running' }, details: { viewers: 2, lowLatency: true } });
  await expect.poll(async () => [await fetch(video).then(({ status }) => status), seats]).toEqual([200, 1]);
  await expect.poll(() => [seats, hls.held.size, hls.outputs.list().length]).toEqual([0, 0, 0]);
  expect((await fetch(video)).status).toBe(404);
});

test('a viewer whose time is over begins anew', async () => {
  const seat = { [Symbol.dispose]: () => undefined };
  await using hls = await openHlsGateway({ admit: () => ({ seat, endsAt: new Date(Date.now() + 400) }) });
  const first = enter(hls);
  await expect.poll(() => hls.held.size).toBe(1);
  hls.play(run, fragments(0, 3000));
  const { video } = await first;
  await expect.poll(async () => (await fetch(video)).status).toBe(404);
});

test('HEAD of the multivariant playlist lets nobody in', async () => {
  await using hls = await openHlsGateway();
  const first = fetch(hls.url());
  await expect.poll(() => hls.held.size).toBe(1);
  hls.play(run, fragments(0, 3000));
  await first;
  const head = await fetch(hls.url(), { method: 'HEAD' });
  expect([head.status, head.headers.get('content-type'), Number(head.headers.get('content-length')) > 100]).toEqual([
    200,
    'application/vnd.apple.mpegurl',
    true,
  ]);
  expect(hls.outputs.list()[0]?.report().details['viewers']).toBe(1);
});

test('everything is in a directory, too, whole and in its order', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-hls-'));
  try {
    await using hls = await openHlsGateway({ directory });
    const first = fetch(hls.url());
    await expect.poll(() => hls.held.size).toBe(1);
    hls.play(run, fragments(0, 5000));
    await first;
    const read = async (path: string) => readFile(join(directory, 'show', path), 'utf8').catch(() => '');
    await expect.poll(async () => read('live/video-0.m3u8')).toContain('MEDIA-SEQUENCE:0');
    await expect.poll(async () => read('index.m3u8')).toContain('live/video-0.m3u8');
    const playlist = await read('live/video-0.m3u8');
    expect(playlist).not.toMatch(/PART|SERVER-CONTROL|PRELOAD/);
    const files = await readdir(join(directory, 'show', 'media'));
    for (const { uri, map } of readMediaPlaylist(playlist).segments) {
      for (const file of [uri, map]) expect(files).toContain(file.replace('../media/', ''));
    }
    hls.hub().end();
    await expect.poll(async () => read('live/audio.m3u8')).toContain('ENDLIST');
    expect(files.filter((name) => name.endsWith('.part'))).toEqual([]);
  } finally {
    await rm(directory, { recursive: true });
  }
});

/** supertest reads nothing but text by itself. */
function asText(response: Response, done: (error: Error | null, body: string) => void): void {
  let body = '';
  response.on('data', (chunk: Buffer) => (body += chunk.toString()));
  response.on('end', () => done(null, body));
}
