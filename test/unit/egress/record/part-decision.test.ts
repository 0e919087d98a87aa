import { expect, test } from 'vitest';
import { decidePart, type OpenPart } from '../../../../src/egress/record/part-decision.ts';
import { madeFragment, madeInit } from './fragment.ts';

const video = madeInit('avc1.42e01f');
const audio = madeInit('mp4a.40.2');
const other = madeInit('avc1.64001f');
const part: OpenPart = { video, audio, startMs: 1_000, bytes: 5_000 };
const known = { audio, expectsVideo: true };
const noLimits = { durationMs: undefined, bytes: undefined };

const key = madeFragment('video-0', 11_000, { init: video, independent: true });
const delta = madeFragment('video-0', 11_200, { init: video });
const sound = madeFragment('audio', 11_100, { init: audio });

test.for([
  ['a key frame begins the first part', key, undefined, {}, 'first'],
  ['what comes before the first key frame is dropped', delta, undefined, {}, 'drop'],
  ['sound before the first picture is dropped', sound, undefined, {}, 'drop'],
  ['sound without a picture begins a part', sound, undefined, { known: { ...known, expectsVideo: false } }, 'first'],
  ['a key frame goes on', key, part, {}, 'append'],
  ['what follows goes on', delta, part, {}, 'append'],
  ['sound goes on', sound, part, {}, 'append'],
  ['sound like that of the part goes on', { ...sound, init: madeInit('mp4a.40.2') }, part, {}, 'append'],
  ['sound that comes after the cut that it belongs before is dropped', { ...sound, startMs: 999 }, part, {}, 'drop'],
  ['another size begins a part', { ...key, init: other }, part, {}, 'media-changed'],
  ['another size without key frame is dropped', { ...delta, init: other }, part, {}, 'drop'],
  ['sound that came late begins a part with the next key frame', key, { ...part, audio: undefined }, {}, 'media-changed'],
  ['sound that came late waits for it', sound, { ...part, audio: undefined }, {}, 'drop'],
  ['a part that is long enough ends with the next key frame', key, part, { limits: { ...noLimits, durationMs: 10_000 } }, 'part-duration'],
  ['a part that is not long enough goes on', key, part, { limits: { ...noLimits, durationMs: 10_001 } }, 'append'],
  ['a part that is long enough goes on up to a key frame', delta, part, { limits: { ...noLimits, durationMs: 10_000 } }, 'append'],
  ['a part that is large enough ends', key, part, { limits: { ...noLimits, bytes: 5_000 } }, 'part-bytes'],
  ['a part that is not large enough goes on', key, part, { limits: { ...noLimits, bytes: 5_001 } }, 'append'],
  [
    'a part of sound alone ends by its length',
    sound,
    { ...part, video: undefined },
    { limits: { ...noLimits, durationMs: 10_000 }, known: { audio, expectsVideo: false } },
    'part-duration',
  ],
] as const)('%s', ([, fragment, open, changes, expected]) => {
  const decision = decidePart(fragment, open, { limits: noLimits, known, ...changes });
  expect(decision.action === 'begin' ? decision.cause : decision.action).toBe(expected);
});
