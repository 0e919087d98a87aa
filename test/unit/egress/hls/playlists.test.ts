import { expect, test } from 'vitest';
import { writeMediaPlaylist, type MediaPlaylist } from '../../../../src/egress/hls/media-playlist.ts';
import { writeMultivariantPlaylist } from '../../../../src/egress/hls/multivariant-playlist.ts';
import { mediaPlaylistOf, multivariantPlaylistOf } from '../../../../src/egress/hls/playlist-views.ts';
import { inOrderOfArrival, madeUpFragments, madeUpInit, madeUpRun } from '../../../fixtures/made-up-fragments.ts';
import { Packaging } from './packaging.ts';

const live = { segmentMs: 1000, partMs: 235, blocksReload: true, ended: false };
const listed = (...names: readonly string[]) => names.map((name) => ({ name }));
const pictureAndSound = (until: number) =>
  inOrderOfArrival(madeUpFragments({ from: 0, until }), madeUpFragments({ rendition: 'audio', from: 0, until, bytesPerSecond: 16_000 }));

test('a low-latency playlist, to the letter', () => {
  const { presentation } = new Packaging('parts', { listed: 3 }).run(madeUpRun(['video-0', 'audio']), pictureAndSound(4400));
  expect(writeMediaPlaylist(mediaPlaylistOf(presentation, 'video-0', live))).toMatchInlineSnapshot(`
    "#EXTM3U
    #EXT-X-VERSION:6
    #EXT-X-INDEPENDENT-SEGMENTS
    #EXT-X-TARGETDURATION:1
    #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK=3.00000,PART-HOLD-BACK=0.70500
    #EXT-X-PART-INF:PART-TARGET=0.23500
    #EXT-X-MEDIA-SEQUENCE:1
    #EXT-X-DISCONTINUITY-SEQUENCE:0
    #EXT-X-MAP:URI="../media/n2.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2026-11-26T10:00:01.000Z
    #EXTINF:1.00000,
    ../media/n17.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-26T10:00:02.000Z
    #EXT-X-PART:DURATION=0.20000,URI="../media/n27.m4s",INDEPENDENT=YES
    #EXT-X-PART:DURATION=0.20000,URI="../media/n30.m4s"
    #EXT-X-PART:DURATION=0.20000,URI="../media/n33.m4s"
    #EXT-X-PART:DURATION=0.20000,URI="../media/n35.m4s"
    #EXT-X-PART:DURATION=0.20000,URI="../media/n37.m4s"
    #EXTINF:1.00000,
    ../media/n29.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-26T10:00:03.000Z
    #EXT-X-PART:DURATION=0.20000,URI="../media/n39.m4s",INDEPENDENT=YES
    #EXT-X-PART:DURATION=0.20000,URI="../media/n42.m4s"
    #EXT-X-PART:DURATION=0.20000,URI="../media/n45.m4s"
    #EXT-X-PART:DURATION=0.20000,URI="../media/n47.m4s"
    #EXT-X-PART:DURATION=0.20000,URI="../media/n49.m4s"
    #EXTINF:1.00000,
    ../media/n41.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-26T10:00:04.000Z
    #EXT-X-PART:DURATION=0.20000,URI="../media/n51.m4s",INDEPENDENT=YES
    #EXT-X-PART:DURATION=0.20000,URI="../media/n54.m4s"
    #EXT-X-PRELOAD-HINT:TYPE=PART,URI="../media/n57.m4s"
    #EXT-X-RENDITION-REPORT:URI="audio.m3u8",LAST-MSN=4,LAST-PART=1
    "
  `);
});

test('the same for a file server', () => {
  const { presentation } = new Packaging('parts', { listed: 3 }).run(madeUpRun(['video-0', 'audio']), pictureAndSound(4400));
  const playlist = writeMediaPlaylist(
    mediaPlaylistOf(presentation, 'video-0', { ...live, partMs: undefined, blocksReload: false, ended: true }),
  );
  expect(playlist).toMatchInlineSnapshot(`
    "#EXTM3U
    #EXT-X-VERSION:6
    #EXT-X-INDEPENDENT-SEGMENTS
    #EXT-X-TARGETDURATION:1
    #EXT-X-MEDIA-SEQUENCE:1
    #EXT-X-DISCONTINUITY-SEQUENCE:0
    #EXT-X-MAP:URI="../media/n2.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2026-11-26T10:00:01.000Z
    #EXTINF:1.00000,
    ../media/n17.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-26T10:00:02.000Z
    #EXTINF:1.00000,
    ../media/n29.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-26T10:00:03.000Z
    #EXTINF:1.00000,
    ../media/n41.m4s
    #EXT-X-ENDLIST
    "
  `);
});

test('a playlist with a discontinuity, to the letter', () => {
  const segment = { startsAt: Date.UTC(2026, 10, 26, 10), durationMs: 2000, parts: [], complete: true };
  const playlist: MediaPlaylist = {
    targetDurationS: 2,
    firstNumber: 7,
    discontinuitySequence: 1,
    segments: [
      { ...segment, uri: 'a.m4s', initUri: 'i.mp4', discontinuity: false },
      { ...segment, uri: 'b.m4s', initUri: 'i.mp4', discontinuity: false },
      { ...segment, uri: 'c.m4s', initUri: 'j.mp4', discontinuity: true },
    ],
    lowLatency: undefined,
    blocksReload: true,
    ended: false,
  };
  expect(writeMediaPlaylist(playlist)).toMatchInlineSnapshot(`
    "#EXTM3U
    #EXT-X-VERSION:6
    #EXT-X-INDEPENDENT-SEGMENTS
    #EXT-X-TARGETDURATION:2
    #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,HOLD-BACK=6.00000
    #EXT-X-MEDIA-SEQUENCE:7
    #EXT-X-DISCONTINUITY-SEQUENCE:1
    #EXT-X-MAP:URI="i.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2026-11-26T10:00:00.000Z
    #EXTINF:2.00000,
    a.m4s
    #EXT-X-PROGRAM-DATE-TIME:2026-11-26T10:00:00.000Z
    #EXTINF:2.00000,
    b.m4s
    #EXT-X-DISCONTINUITY
    #EXT-X-MAP:URI="j.mp4"
    #EXT-X-PROGRAM-DATE-TIME:2026-11-26T10:00:00.000Z
    #EXTINF:2.00000,
    c.m4s
    "
  `);
});

test('a ladder, to the letter: measured, the audio in its own group', () => {
  const names = ['video-0', 'video-1', 'video-2'];
  const layers = names.map((rendition, index) =>
    madeUpFragments({
      rendition,
      init: madeUpInit({ codec: `avc1.42e0${['0d', '1e', '1f'][index]}`, size: { width: 320 * 2 ** index, height: 180 * 2 ** index } }),
      from: 0,
      until: 6300,
      bytesPerSecond: 20_000 * 3 ** index,
    }),
  );
  const audio = madeUpFragments({ rendition: 'audio', from: 0, until: 6300, bytesPerSecond: 16_000 });
  const { presentation } = new Packaging('ladder').run(madeUpRun([...names, 'audio']), inOrderOfArrival(...layers, audio));
  expect(writeMultivariantPlaylist(multivariantPlaylistOf(presentation, listed(...names), 'SECRET'))).toMatchInlineSnapshot(`
    "#EXTM3U
    #EXT-X-VERSION:6
    #EXT-X-INDEPENDENT-SEGMENTS
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="SECRET/audio.m3u8"
    #EXT-X-STREAM-INF:BANDWIDTH=301040,AVERAGE-BANDWIDTH=301040,CODECS="avc1.42e00d,mp4a.40.2",RESOLUTION=320x180,FRAME-RATE=30.000,AUDIO="audio"
    SECRET/video-0.m3u8
    #EXT-X-STREAM-INF:BANDWIDTH=620960,AVERAGE-BANDWIDTH=620960,CODECS="avc1.42e01e,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=30.000,AUDIO="audio"
    SECRET/video-1.m3u8
    #EXT-X-STREAM-INF:BANDWIDTH=1580960,AVERAGE-BANDWIDTH=1580960,CODECS="avc1.42e01f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=30.000,AUDIO="audio"
    SECRET/video-2.m3u8
    "
  `);
});

test('sound alone is a variant of its own', () => {
  const { presentation } = new Packaging('parts').run(madeUpRun(['audio']), madeUpFragments({ rendition: 'audio', from: 0, until: 4300 }));
  expect(writeMultivariantPlaylist(multivariantPlaylistOf(presentation, [], 'SECRET'))).toMatchInlineSnapshot(`
    "#EXTM3U
    #EXT-X-VERSION:6
    #EXT-X-INDEPENDENT-SEGMENTS
    #EXT-X-STREAM-INF:BANDWIDTH=407200,AVERAGE-BANDWIDTH=407200,CODECS="mp4a.40.2"
    SECRET/audio.m3u8
    "
  `);
});

test('encodings that have not come yet are announced as what encoders usually send', () => {
  const names = ['video-0', 'video-1', 'video-2', 'video-3'];
  const { presentation } = new Packaging('ladder').run(
    madeUpRun(names),
    madeUpFragments({ rendition: 'video-1', from: 0, until: 4300, bytesPerSecond: 50_000 }),
  );
  const { variants } = multivariantPlaylistOf(presentation, listed(...names), 'SECRET');
  expect(variants).toMatchObject(
    [
      { width: 320, height: 180 },
      { width: 640, height: 360 },
      { width: 1280, height: 720 },
      { width: 2560, height: 1440 },
    ].map((size) => ({ codecs: ['avc1.42e01f', 'mp4a.40.2'], size, framesPerSecond: 30 })),
  );
  const bandwidths = variants.map(({ bandwidth }) => bandwidth);
  expect(bandwidths.slice(1).map((bandwidth, index) => Math.round(bandwidth / (bandwidths[index] ?? 0)))).toEqual([3, 3, 3]);
});

test('an encoding of ours that has not come yet is announced as it will be', () => {
  const { presentation } = new Packaging('ladder').run(
    madeUpRun(['video-0', 'video-1']),
    madeUpFragments({ rendition: 'video-1', from: 0, until: 4300, bytesPerSecond: 50_000 }),
  );
  const encoded = { width: 320, height: 180, bitrate: 200_000 };
  const { variants } = multivariantPlaylistOf(presentation, [{ name: 'video-0', encoded }, { name: 'video-1' }], 'SECRET');
  expect(variants).toMatchObject([
    { bandwidth: expect.closeTo(209_000, -4) as number, size: { width: 320, height: 180 } },
    { size: { width: 640, height: 360 } },
  ]);
});

test('the bandwidth is that of the segment that has most, within a tenth', () => {
  const fragments = [10_000, 90_000, 30_000, 10_000].flatMap((bytesPerSecond, index) =>
    madeUpFragments({ init: madeUpInit(), from: index * 1000, until: index * 1000 + 1000, bytesPerSecond }),
  );
  const init = fragments[0]?.init ?? madeUpInit();
  const { presentation } = new Packaging('parts')
    .run(
      madeUpRun(['video-0']),
      fragments.map((fragment) => ({ ...fragment, init })),
    )
    .endRun();
  const [variant] = multivariantPlaylistOf(presentation, listed('video-0'), 'SECRET').variants;
  const parts = presentation.listed('video-0').map(({ segment }) => segment);
  const rates = parts.map(
    ({ parts: own, durationMs }) => (own.flatMap(({ chunks }) => chunks).reduce((sum, { length }) => sum + length, 0) * 8000) / durationMs,
  );
  expect((variant?.bandwidth ?? 0) / Math.max(...rates)).toBeCloseTo(1, 1);
  expect((variant?.averageBandwidth ?? 0) / (rates.reduce((sum, rate) => sum + rate, 0) / rates.length)).toBeCloseTo(1, 1);
});
