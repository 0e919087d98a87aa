import { expect, test } from 'vitest';
import {
  findWarnings,
  holdWarnings,
  recentLoss,
  type GlanceSummary,
  type IngestObservation,
  type TrackObservation,
  type VideoObservation,
} from '../../../src/streams/ingest-health.ts';

const nowMs = 600_000;

/** `count` times, `everyMs` apart, the last one now. */
const times = (count: number, everyMs: number) => Array.from({ length: count }, (_, index) => nowMs - (count - 1 - index) * everyMs);

const counting = ({ lost = 0, packets = 100 } = {}): TrackObservation['samples'] =>
  times(6, 2000).map((atMs, index) => ({ atMs, packets: index * packets, lost: index * lost }));

const glance = (fields: Partial<GlanceSummary> = {}): GlanceSummary => ({
  arrivedMs: 0,
  mediaMs: 0,
  framesPerSecond: 30,
  reorders: 0,
  ...fields,
});

/** Readings every 30 s of a clock that runs `rate` as fast as ours, with a jump on the way. */
const readings = (count: number, rate: number, jumpMs = 0) =>
  Array.from({ length: count }, (_, index) =>
    glance({ arrivedMs: index * 30_000, mediaMs: index * 30_000 * rate + (index >= count / 2 ? jumpMs : 0) }),
  );

const sizes = (...widths: readonly number[]) =>
  widths.map((width, index) => ({ atMs: nowMs - (widths.length - index) * 5000, width, height: 720 }));

const goodAudio: TrackObservation = { samples: counting(), glances: [glance()] };
const goodVideo: VideoObservation = {
  codec: 'H264',
  samples: counting(),
  glances: [glance()],
  keyFrames: times(20, 2000),
  requests: [],
  pictures: sizes(1280),
};
const healthy: IngestObservation = { nowMs, startedMs: 0, audio: goodAudio, video: goodVideo };

const withVideo = (fields: Partial<VideoObservation>): IngestObservation => ({ ...healthy, video: { ...goodVideo, ...fields } });
const withAudio = (fields: Partial<TrackObservation>): IngestObservation => ({ ...healthy, audio: { ...goodAudio, ...fields } });

/** Key frames that come 200 ms after each request. */
const obedient = (requests: readonly number[]) => requests.map((atMs) => atMs + 200);

const asked = times(4, 20_000).map((atMs) => atMs - 5000);

test.for<[name: string, observation: IngestObservation, codes: readonly string[]]>([
  ['a stream as it should be', healthy, []],
  ['a stream without video, a radio', { ...healthy, video: undefined }, []],

  ['key frames 4 s apart', withVideo({ keyFrames: times(20, 4000), requests: [] }), []],
  ['key frames 10 s apart and nobody asked', withVideo({ keyFrames: times(20, 10_000) }), []],
  ['key frames 10 s apart, one request ignored', withVideo({ keyFrames: times(20, 10_000), requests: [nowMs - 5000] }), ['WARN_GOP_LONG']],
  [
    'key frames 10 s apart, several requests ignored',
    withVideo({ keyFrames: times(20, 10_000), requests: asked }),
    ['WARN_GOP_LONG', 'WARN_KEY_FRAME_REQUESTS_IGNORED'],
  ],
  ['no key frame for 7 s although asked', withVideo({ keyFrames: [nowMs - 7000], requests: [nowMs - 2500] }), ['WARN_GOP_LONG']],
  ['a request that is too young to judge', withVideo({ keyFrames: [nowMs - 7000], requests: [nowMs - 900] }), []],
  ['a browser: key frames only when asked, 20 s apart', withVideo({ keyFrames: obedient(asked), requests: asked }), []],
  ['a browser that missed one request of four', withVideo({ keyFrames: obedient(asked.slice(1)), requests: asked }), []],
  ['key frames every 2 s, requests ignored', withVideo({ requests: asked.map((atMs) => atMs + 500) }), ['WARN_KEY_FRAME_REQUESTS_IGNORED']],
  ['key frames every second: nobody can tell', withVideo({ keyFrames: times(60, 1000), requests: asked.map((atMs) => atMs + 100) }), []],
  [
    'a request and its repetition count once',
    withVideo({ requests: [nowMs - 8500, nowMs - 7500, nowMs - 4500, nowMs - 3500].map((atMs) => atMs + 600) }),
    [],
  ],

  ['B-frames', withVideo({ glances: [glance({ reorders: 12 })] }), ['WARN_B_FRAMES']],
  ['one packet out of place', withVideo({ glances: [glance({ reorders: 1 })] }), []],
  ['B-frames that were turned off', withVideo({ glances: [glance({ reorders: 12 }), glance(), glance()] }), []],
  ['timestamps that go back in VP8', withVideo({ codec: 'VP8', glances: [glance({ reorders: 12 })] }), []],

  ['no audio track', { ...healthy, audio: undefined }, ['WARN_NO_AUDIO']],
  ['no audio track yet, 3 s after the start', { ...healthy, audio: undefined, startedMs: nowMs - 3000 }, []],
  ['an audio track that never sent', withAudio({ samples: counting({ packets: 0 }) }), ['WARN_NO_AUDIO']],
  [
    'an audio track that stopped',
    withAudio({ samples: times(6, 2000).map((atMs) => ({ atMs, packets: 500, lost: 0 })) }),
    ['WARN_NO_AUDIO'],
  ],
  [
    'audio of which a packet came 6 s ago (DTX)',
    withAudio({
      samples: [
        { atMs: nowMs - 10_000, packets: 3, lost: 0 },
        { atMs: nowMs, packets: 4, lost: 0 },
      ],
    }),
    [],
  ],

  ['1 % of video lost', withVideo({ samples: counting({ lost: 1 }) }), []],
  ['4 % of video lost', withVideo({ samples: counting({ lost: 4 }) }), ['WARN_LOSS']],
  ['4 % of audio lost', withAudio({ samples: counting({ lost: 4 }) }), ['WARN_LOSS']],
  ['two of ten packets lost: too few to tell', withVideo({ samples: counting({ packets: 2, lost: 0.4 }) }), []],

  ['a picture that grows as a browser starts', withVideo({ pictures: sizes(320, 640, 960, 1280) }), []],
  ['a picture that went down once and came back', withVideo({ pictures: sizes(1280, 960, 1280) }), []],
  ['a picture that changes back and forth', withVideo({ pictures: sizes(1280, 960, 1280, 960) }), ['WARN_RESOLUTION_UNSTABLE']],
  [
    'a picture that changed back and forth long ago',
    withVideo({ pictures: sizes(1280, 960, 1280, 960).map((size) => ({ ...size, atMs: size.atMs - 150_000 })) }),
    [],
  ],

  ['a clock that runs 0.1 % fast', withAudio({ glances: readings(8, 1.001) }), ['WARN_CLOCK_DRIFT']],
  ['a clock that runs 0.1 % slow', withVideo({ glances: readings(8, 0.999) }), ['WARN_CLOCK_DRIFT']],
  ['a clock as wrong as crystals are', withAudio({ glances: readings(20, 1.0001) }), []],
  ['a drift seen for a minute only', withAudio({ glances: readings(3, 1.001) }), []],
  ['a source that paused for a second', withVideo({ glances: readings(8, 1, -1000) }), []],
])('%s', ([, observation, codes]) => {
  expect(findWarnings(observation)).toEqual(codes);
});

test('a warning keeps the time of its first appearance and outlives its cause by half a minute', () => {
  const at = (seconds: number) => ({ nowMs: seconds * 1000, date: new Date(seconds * 1000) });
  const first = holdWarnings([], ['WARN_LOSS'], at(10));
  expect(first).toMatchObject([{ code: 'WARN_LOSS', since: new Date(10_000), message: expect.stringMatching(/\.$/) as unknown }]);
  const still = holdWarnings(holdWarnings(first, [], at(30)), ['WARN_LOSS', 'WARN_NO_AUDIO'], at(35));
  expect(still.map(({ code, since }) => [code, since.getTime()])).toEqual([
    ['WARN_LOSS', 10_000],
    ['WARN_NO_AUDIO', 35_000],
  ]);
  expect(holdWarnings(still, [], at(64))).toHaveLength(2);
  expect(holdWarnings(still, [], at(65))).toEqual([]);
});

test('counters that run backwards are no loss', () => {
  expect(
    recentLoss([
      { atMs: 0, packets: 100, lost: 20 },
      { atMs: 1, packets: 300, lost: 10 },
    ]),
  ).toBe(0);
  expect(recentLoss([])).toBe(0);
});
