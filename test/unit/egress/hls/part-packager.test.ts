import { expect, test } from 'vitest';
import { inOrderOfArrival, madeUpFragments, madeUpInit, madeUpRun } from '../../../fixtures/made-up-fragments.ts';
import { brokenRules, brokenTogether, readMediaPlaylist, type RuleOptions } from '../../../fixtures/playlist-rules.ts';
import { bytesPerSegment, Packaging } from './packaging.ts';

const audio = (from: number, until: number) => madeUpFragments({ rendition: 'audio', from, until });
const video = (from: number, until: number) => madeUpFragments({ from, until });
const expectRules = (packaging: Packaging, options: RuleOptions = {}): void => {
  expect(brokenRules(packaging.history('video-0'))).toEqual([]);
  expect(brokenRules(packaging.history('audio'), { video: false, driftMs: 25, ...options })).toEqual([]);
  expect(brokenTogether(packaging.playlists)).toEqual([]);
};
const last = (packaging: Packaging, rendition = 'video-0') => readMediaPlaylist(packaging.history(rendition).at(-1) ?? '', false);
const durations = (packaging: Packaging, rendition = 'video-0') => last(packaging, rendition).segments.map(({ duration }) => duration);

test('picture and sound keep every rule of playlists, part by part', () => {
  const packaging = new Packaging('parts').run(madeUpRun(['video-0', 'audio']), inOrderOfArrival(video(0, 9000), audio(-40, 9000)));
  expectRules(packaging);
  expect(durations(packaging)).toEqual([1, 1, 1, 1, 1, 1]);
  expect(packaging.history('video-0').length).toBeGreaterThan(40);
});

test('the first segment of a run ends early, so that there is something to play', () => {
  const run = (id: number) => madeUpRun(['video-0', 'audio'], { id, startedAt: new Date(Date.UTC(2026, 10, 26, 10, id)) });
  const packaging = new Packaging('parts', { segmentMs: 2000 });
  const pictures = madeUpFragments({ from: 0, until: 5600, keys: [0, 1200, 2400, 3200, 5200] });
  for (const id of [1, 2]) packaging.run(run(id), inOrderOfArrival(pictures, audio(0, 5600))).endRun();
  expectRules(packaging, { mayShortenParts: true });
  expect(durations(packaging)).toEqual([2, 0.4, 1.2, 2, 2, 0.4]);
});

test('a part is there as soon as its fragment', () => {
  const packaging = new Packaging('parts').run(madeUpRun(['video-0']), video(0, 1400));
  const { segments, lastParts, hint } = last(packaging);
  expect(segments.map(({ parts }) => parts.length)).toEqual([5]);
  expect(lastParts.map(({ independent }) => independent)).toEqual([true, false]);
  packaging.push(video(1000, 1600).slice(2));
  expect(last(packaging).lastParts.at(-1)?.uri).toBe(hint);
});

test('fragments that are shorter than a part are put together', () => {
  const short = madeUpFragments({ from: 0, until: 5000, step: 100 });
  const packaging = new Packaging('parts').run(madeUpRun(['video-0']), short);
  expect(brokenRules(packaging.history('video-0'))).toEqual([]);
  expect(
    last(packaging)
      .segments.at(-1)
      ?.parts.map(({ duration }) => duration),
  ).toEqual([0.2, 0.2, 0.2, 0.2, 0.2]);
});

test('key frames that somebody else asked for end no segment', () => {
  const keys = [0, 300, 1000, 1600, 2000, 3000, 3700];
  const packaging = new Packaging('parts').run(madeUpRun(['video-0']), madeUpFragments({ from: 0, until: 5000, keys }));
  expect(durations(packaging)).toEqual([1, 1, 1]);
});

test('a new picture size begins a segment, with a discontinuity in both playlists', () => {
  const large = madeUpInit({ size: { width: 1280, height: 720 } });
  const packaging = new Packaging('parts').run(
    madeUpRun(['video-0', 'audio']),
    inOrderOfArrival(video(0, 2400), madeUpFragments({ init: large, from: 2400, until: 5000 }), audio(0, 5000)),
  );
  expectRules(packaging);
  const { segments } = last(packaging);
  expect(segments.map(({ discontinuity }) => discontinuity)).toEqual([false, false, false, true, false]);
  expect(segments.map(({ duration }) => duration)).toEqual([1, 1, 0.4, 1, 1]);
});

test('a publisher that comes back goes on in the same playlists', () => {
  const run = (id: number, startedAt: string) => madeUpRun(['video-0', 'audio'], { id, startedAt: new Date(startedAt) });
  const packaging = new Packaging('parts')
    .run(run(1, '2026-11-26T10:00:00Z'), inOrderOfArrival(video(0, 3500), audio(0, 3300)))
    .endRun()
    .run(run(2, '2026-11-26T10:00:10Z'), inOrderOfArrival(video(0, 2500), audio(100, 2500)));
  expectRules(packaging, { mayShortenParts: true });
  const { segments, ended } = last(packaging);
  expect(segments.map(({ number }) => number)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(segments.map(({ discontinuitySequence }) => discontinuitySequence)).toEqual([0, 0, 0, 0, 1, 1]);
  expect(ended).toBe(false);
});

test('sound that only a later publisher sends is in the playlists from the beginning', () => {
  const later = madeUpRun(['video-0', 'audio'], { id: 2, startedAt: new Date('2026-11-26T10:00:10Z') });
  const packaging = new Packaging('parts').run(madeUpRun(['video-0']), video(0, 2500));
  expect(last(packaging, 'audio').segments.length).toBe(2);
  packaging.endRun().run(later, inOrderOfArrival(video(0, 2500), audio(0, 2500)));
  expectRules(packaging, { mayShortenParts: true });
  const bytes = bytesPerSegment(packaging.presentation, 'audio');
  expect(bytes.map((each) => each > 10_000)).toEqual([false, false, false, true, true, true]);
});

test('a long pause of a picture without sound leaves a hole in the silence, too', () => {
  const packaging = new Packaging('parts', { listed: 20 }).run(madeUpRun(['video-0']), [...video(0, 2000), ...video(3_600_000, 3_603_000)]);
  const parts = packaging.presentation.listed('audio').flatMap(({ segment }) => segment.parts);
  expect(parts.length).toBeLessThan(50);
});

test('discontinuities that have left the playlist are counted', () => {
  const packaging = new Packaging('parts', { listed: 3 });
  for (const id of [1, 2, 3, 4]) {
    const run = madeUpRun(['video-0', 'audio'], { id, startedAt: new Date(Date.UTC(2026, 10, 26, 10, id)) });
    packaging.run(run, inOrderOfArrival(video(0, 2500), audio(0, 2500))).endRun();
  }
  expectRules(packaging);
  expect(last(packaging).segments.map(({ discontinuitySequence }) => discontinuitySequence)).toEqual([3, 3, 3]);
});

test('the end of the stream is the end of the playlist', () => {
  const packaging = new Packaging('parts').run(madeUpRun(['video-0', 'audio']), inOrderOfArrival(video(0, 2500), audio(0, 2500))).end();
  expectRules(packaging);
  expect(last(packaging)).toMatchObject({ ended: true, hint: undefined, lastParts: [] });
});

test.for([
  ['never comes', []],
  ['comes late', audio(2700, 8000)],
  ['is muted for a while', [...audio(0, 2200), ...audio(5300, 8000)]],
  ['stops', audio(0, 3100)],
] as const)('audio that %s is filled with silence', ([, sounds]) => {
  const packaging = new Packaging('parts').run(madeUpRun(['video-0', 'audio']), inOrderOfArrival(video(0, 8000), sounds));
  expectRules(packaging, { mayShortenParts: true });
  expect(last(packaging, 'audio').segments.length).toBeGreaterThan(5);
  const heard = last(packaging, 'audio').segments.reduce((sum, { duration }) => sum + duration, 0);
  expect(heard).toBeGreaterThan(5.5);
});

test('what an encoder makes up for a time that was silent is left out', () => {
  const pictures = video(0, 8000);
  const [before, after] = [pictures.filter(({ startMs }) => startMs < 5200), pictures.filter(({ startMs }) => startMs >= 5200)];
  const packaging = new Packaging('parts')
    .run(madeUpRun(['video-0', 'audio']), inOrderOfArrival(before, audio(0, 2200)))
    .push(audio(2200, 5200))
    .push(inOrderOfArrival(after, audio(5200, 8000)));
  expectRules(packaging, { mayShortenParts: true });
  expect(last(packaging, 'audio').segments.length).toBe(last(packaging).segments.length);
});

test('video that pauses stands still, and goes on at its next key frame', () => {
  const init = madeUpInit();
  const resumed = madeUpFragments({ init, from: 7100, until: 12_000, keys: [7100, 8000, 9000, 10_000, 11_000] });
  const packaging = new Packaging('parts', { listed: 20 }).run(
    madeUpRun(['video-0', 'audio']),
    inOrderOfArrival(madeUpFragments({ init, from: 0, until: 2600 }), resumed, audio(0, 12_000)),
  );
  const options = { mayRaiseTarget: true, mayShortenParts: true };
  expect(brokenRules(packaging.history('video-0'), options)).toEqual([]);
  expect(brokenRules(packaging.history('audio'), { video: false, ...options })).toEqual([]);
  const { segments } = last(packaging);
  expect(segments.some(({ discontinuity }) => discontinuity)).toBe(false);
  expect(segments.reduce((sum, { duration }) => sum + duration, 0)).toBeGreaterThan(10);
});

test('sound alone is cut by time', () => {
  const packaging = new Packaging('parts').run(madeUpRun(['audio']), audio(0, 6000));
  expect(brokenRules(packaging.history('audio'), { video: false })).toEqual([]);
  expect(durations(packaging, 'audio')).toEqual([1, 1, 1, 1, 1]);
});

test('a picture that comes after the sound joins it', () => {
  const packaging = new Packaging('parts').run(
    madeUpRun(['video-0', 'audio']),
    inOrderOfArrival(madeUpFragments({ from: 4300, until: 8000 }), audio(0, 8000)),
  );
  expectRules(packaging);
  expect(last(packaging, 'audio').segments.length).toBe(6);
  expect(last(packaging).segments.length).toBeGreaterThan(2);
});

test('renditions that a new publisher has not go on with what it has', () => {
  const packaging = new Packaging('parts')
    .run(madeUpRun(['video-0', 'audio']), inOrderOfArrival(video(0, 3000), audio(0, 3000)))
    .run(madeUpRun(['audio'], { id: 2, startedAt: new Date('2026-11-26T10:01:00Z') }), audio(0, 8000));
  expect(brokenRules(packaging.history('video-0'), { mayRaiseTarget: true, mayShortenParts: true })).toEqual([]);
  expect(last(packaging).segments.at(-1)?.number).toBeGreaterThan(5);
  packaging.run(madeUpRun(['video-0'], { id: 3, startedAt: new Date('2026-11-26T10:02:00Z') }), video(0, 3000));
  expect(last(packaging, 'audio').segments.at(-1)?.number).toBe(last(packaging).segments.at(-1)?.number);
  expect(brokenTogether(packaging.playlists)).toEqual([]);
});

test('without any more key frames, memory is bounded', () => {
  const packaging = new Packaging('parts').run(madeUpRun(['video-0']), madeUpFragments({ from: 0, until: 400_000, keys: [0] }));
  expect(last(packaging).segments.length).toBe(6);
  expect(packaging.presentation.bytes).toBeLessThan(50_000 * 15 * 15);
});

test('memory is bounded by bytes, too', () => {
  const mostBytes = 400_000;
  const packaging = new Packaging('parts', { mostBytes }).run(madeUpRun(['video-0']), video(0, 60_000));
  expect(packaging.presentation.bytes).toBeLessThan(mostBytes + 60_000);
  expect(last(packaging).segments.length).toBeGreaterThanOrEqual(3);
});
