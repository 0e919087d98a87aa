import { expect, test } from 'vitest';
import { judgeTap, type RenditionFacts, TapJudge } from '../../../../src/egress/tap/tap-watch.ts';

/** At 60 s all is well. */
const well: RenditionFacts = {
  name: 'video-0',
  kind: 'video',
  resumedAt: 1_000,
  packetsAt: [57_500, 58_000, 58_500, 59_000, 59_500, 60_000],
  keyFrameSentAt: 58_000,
  fragmentAt: 59_900,
  keyFragmentAt: 58_200,
  gapMs: 210,
  jumpMs: 20,
};
const begun = { fragmentAt: undefined, keyFragmentAt: undefined, resumedAt: 55_000 };

const cases: readonly (readonly [name: string, change: Partial<RenditionFacts>, problem: string | undefined])[] = [
  ['all is well', {}, undefined],
  ['nothing comes out 3 s after the first key frame', { ...begun, keyFrameSentAt: 56_900 }, 'video-0: nothing came out'],
  ['nothing has come out for less than that', { ...begun, keyFrameSentAt: 57_200 }, undefined],
  ['no key frame was sent yet', { ...begun, keyFrameSentAt: undefined }, undefined],
  ['fragments stop while packets come', { fragmentAt: 57_900 }, 'video-0: packets go in, nothing comes out'],
  ['fragments of a publisher slower than real time take as long as ever', { fragmentAt: 56_500, gapMs: 2_200 }, undefined],
  ['they take longer than that', { fragmentAt: 55_500, gapMs: 2_200 }, 'video-0: packets go in, nothing comes out'],
  ['nothing has come for long, as once before', { fragmentAt: 51_000, gapMs: 40_000 }, 'video-0: packets go in, nothing comes out'],
  ['a key frame waits for the end of its slow fragment', { keyFrameSentAt: 56_500, keyFragmentAt: 40_000, gapMs: 2_200 }, undefined],
  [
    'fragments stop because packets do',
    { fragmentAt: 50_000, keyFragmentAt: 49_000, keyFrameSentAt: 48_900, packetsAt: [49_000, 49_500, 50_000] },
    undefined,
  ],
  ['a still picture sends a packet now and then', { fragmentAt: 57_000, packetsAt: [57_000, 58_500, 60_000] }, undefined],
  ['key frames do not come through', { keyFrameSentAt: 56_500, keyFragmentAt: 40_000 }, 'video-0: key frames go in, none comes out'],
  ['there never was a key frame', { keyFrameSentAt: 56_500, keyFragmentAt: undefined }, 'video-0: key frames go in, none comes out'],
  ['a key frame is on its way', { keyFrameSentAt: 59_000, keyFragmentAt: 40_000 }, undefined],
  ['the clock has jumped', { jumpMs: 5_500 }, 'video-0: its clock jumped by 6 s'],
  [
    'audio stops while packets come',
    { kind: 'audio', name: 'audio', keyFrameSentAt: undefined, fragmentAt: 57_000 },
    'audio: packets go in, nothing comes out',
  ],
  ['audio never begins', { ...begun, kind: 'audio', name: 'audio', keyFrameSentAt: undefined }, 'audio: nothing came out'],
  ['audio was muted before it began', { ...begun, kind: 'audio', name: 'audio', keyFrameSentAt: undefined, packetsAt: [] }, undefined],
];

test.for(cases)('%s', ([, change, problem]) => {
  expect(
    judgeTap(
      [
        { ...well, name: 'video-1' },
        { ...well, ...change },
      ],
      60_000,
    ),
  ).toBe(problem);
});

test('a problem that the next look does not find was none: what came out meanwhile had not been read', () => {
  const judge = new TapJudge();
  const late = { ...well, keyFrameSentAt: 56_500, keyFragmentAt: 40_000 };
  expect(judge.look([late], 60_000)).toBeUndefined();
  expect(judge.look([late], 60_001)).toBeUndefined(); // looks that waited for one worker come together
  expect(judge.look([{ ...late, fragmentAt: 60_100, keyFragmentAt: 60_100 }], 60_500)).toBeUndefined();
  expect(judge.look([late], 61_000)).toBeUndefined();
  expect(judge.look([late], 61_500)).toBe('video-0: key frames go in, none comes out');
});
