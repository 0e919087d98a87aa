import { expect, test } from 'vitest';
import type { Fragment } from '../../../../src/egress/fragment.ts';
import { inOrderOfArrival, madeUpFragments, madeUpInit, madeUpRun, type MadeUp } from '../../../fixtures/made-up-fragments.ts';
import { brokenRules, brokenTogether, readMediaPlaylist } from '../../../fixtures/playlist-rules.ts';
import { endOf } from '../../../../src/egress/hls/fragment-times.ts';
import { bytesPerSegment, Packaging } from './packaging.ts';

const names = ['video-0', 'video-1', 'video-2'];
const inits = names.map((_name, index) => madeUpInit({ size: { width: 320 * 2 ** index, height: 180 * 2 ** index } }));
const layer = (index: number, times: Omit<MadeUp, 'rendition'>): Fragment[] =>
  madeUpFragments({ rendition: `video-${index}`, init: inits[index] ?? madeUpInit(), ...times });
const audio = (from: number, until: number): Fragment[] => madeUpFragments({ rendition: 'audio', from, until });
const everySecond = (until: number, offset = 0): number[] => Array.from({ length: until / 1000 }, (_, index) => index * 1000 + offset);
const run = madeUpRun([...names, 'audio']);

/** Every playlist keeps every rule at every time, and they agree with each other. */
function expectRules(packaging: Packaging, { mayRaiseTarget = false, apartMs = 500, driftMs = 30 } = {}): void {
  for (const name of names) expect(brokenRules(packaging.history(name), { mayRaiseTarget, driftMs }), name).toEqual([]);
  expect(brokenRules(packaging.history('audio'), { video: false, mayRaiseTarget, driftMs })).toEqual([]);
  expect(brokenTogether(packaging.playlists, apartMs)).toEqual([]);
}

const read = (packaging: Packaging, rendition: string) => readMediaPlaylist(packaging.history(rendition).at(-1) ?? '');
/** Whose segments a rendition shows: an index for each. */
const shows = (packaging: Packaging, rendition: string): (number | undefined)[] => {
  return packaging.presentation.listed(rendition).map(({ segment: { init } }) => inits.indexOf(init.init));
};

test('every encoding is a rendition, cut where the others are', () => {
  const packaging = new Packaging('ladder').run(
    run,
    inOrderOfArrival(...names.map((_, index) => layer(index, { from: 0, until: 8000 })), audio(-30, 8000)),
  );
  expectRules(packaging);
  expect(names.map((name) => read(packaging, name).segments.map(({ duration }) => duration))).toEqual(names.map(() => [1, 1, 1, 1, 1, 1]));
  expect(names.map((name) => shows(packaging, name))).toEqual([0, 1, 2].map((index) => Array.from({ length: 6 }, () => index)));
});

/** As if each fragment arrived so much later than it ends. */
const lateBy = (delayMs: number, layers: readonly Fragment[][]): (readonly [number, Fragment])[] =>
  layers.flatMap((fragments) => fragments.map((fragment) => [fragment.startMs + fragment.durationMs + delayMs, fragment] as const));
const encodedRun = {
  ...run,
  renditions: run.renditions.map((rendition) =>
    ['video-0', 'video-1'].includes(rendition.name) ? { ...rendition, encoded: { width: 320, height: 180, bitrate: 300_000 } } : rendition,
  ),
};

test('what is encoded here comes later than its original, one picture after the other, and all of it is shown', () => {
  const original = lateBy(0, [layer(2, { from: 0, until: 10_000 }), audio(0, 10_000)]);
  const smaller = [lateBy(1200, [layer(0, { from: 0, until: 10_000 })]), lateBy(1210, [layer(1, { from: 0, until: 10_000 })])];
  const arriving = [...original, ...smaller.flat()].toSorted(([one], [other]) => one - other).map(([, fragment]) => fragment);
  const packaging = new Packaging('ladder').run(encodedRun, arriving);
  expectRules(packaging);
  expect(names.map((name) => shows(packaging, name))).toEqual([0, 1, 2].map((index) => Array.from({ length: 6 }, () => index)));
});

test('when what encodes here ends, the original covers it', () => {
  const original = lateBy(0, [layer(2, { from: 0, until: 14_000 }), audio(0, 14_000)]);
  const smaller = lateBy(
    1000,
    [0, 1].map((index) => layer(index, { from: 0, until: 4000 })),
  );
  const arriving = [...original, ...smaller].toSorted(([one], [other]) => one - other).map(([, fragment]) => fragment);
  const packaging = new Packaging('ladder', { listed: 20 }).run(encodedRun, arriving);
  expectRules(packaging);
  expect(shows(packaging, 'video-0')).toEqual([0, 0, 0, 0, ...Array.from({ length: shows(packaging, 'video-0').length - 4 }, () => 2)]);
  expect(shows(packaging, 'video-0').length).toBeGreaterThan(8);
});

test('key frames that come a little apart belong together', () => {
  const late = (offset: number) => [0, 1000 + offset, 2000 - offset, 3000 + offset, 4000, 5000 + offset, 6000, 7000];
  const layers = [0, 60, 120].map((offset, index) => layer(index, { from: 0, until: 8000, keys: late(offset), step: 100 }));
  const packaging = new Packaging('ladder').run(run, inOrderOfArrival(...layers, audio(0, 8000)));
  expectRules(packaging);
  expect(shows(packaging, 'video-2')).toEqual([2, 2, 2, 2, 2, 2]);
});

test('key frames that somebody else asked for of one encoding change nothing', () => {
  const keys = [0, 300, 1000, 1400, 2000, 2700, 3000, 4000, 4200, 5000, 6000, 7000];
  const layers = [0, 1, 2].map((index) => layer(index, { from: 0, until: 8000, keys: index === 1 ? keys : everySecond(8000) }));
  const packaging = new Packaging('ladder').run(run, inOrderOfArrival(...layers, audio(0, 8000)));
  expectRules(packaging);
  expect(names.map((name) => read(packaging, name).segments.length)).toEqual([6, 6, 6]);
  expect(shows(packaging, 'video-1')).toEqual([1, 1, 1, 1, 1, 1]);
});

test('an encoding that vanishes is covered by the next lower one, and comes back', () => {
  const top = [...layer(2, { from: 0, until: 2600 }), ...layer(2, { from: 6000, until: 12_000, keys: everySecond(12_000) })];
  const others = [0, 1].map((index) => layer(index, { from: 0, until: 12_000 }));
  const packaging = new Packaging('ladder', { listed: 20 }).run(run, inOrderOfArrival(...others, top, audio(0, 12_000)));
  expectRules(packaging);
  expect(shows(packaging, 'video-2')).toEqual([2, 2, 1, 1, 1, 1, 2, 2, 2, 2, 2]);
  const breaks = (rendition: string) =>
    read(packaging, rendition).segments.flatMap(({ discontinuity, number }) => (discontinuity ? [number] : []));
  expect([...names, 'audio'].map(breaks)).toEqual(Array.from({ length: 4 }, () => [2, 6]));
});

test('when the lowest encoding vanishes, the next one cuts and covers', () => {
  const lowest = [...layer(0, { from: 0, until: 2400 }), ...layer(0, { from: 7000, until: 12_000, keys: everySecond(12_000) })];
  const others = [1, 2].map((index) => layer(index, { from: 0, until: 12_000 }));
  const packaging = new Packaging('ladder', { listed: 20 }).run(run, inOrderOfArrival(lowest, ...others, audio(0, 12_000)));
  expectRules(packaging);
  expect(shows(packaging, 'video-0')).toEqual([0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0]);
  expect(shows(packaging, 'video-2')).toEqual(Array.from({ length: 11 }, () => 2));
});

test('a layer that turns into another one in mid-segment is covered, and then shown as what it is', () => {
  const top = [
    ...layer(2, { from: 0, until: 2600 }),
    ...layer(2, { init: inits[1] ?? madeUpInit(), from: 2600, until: 8000, keys: [2600, 3000, 4000, 5000, 6000, 7000] }),
  ];
  const others = [0, 1].map((index) => layer(index, { from: 0, until: 8000 }));
  const packaging = new Packaging('ladder', { listed: 20 }).run(run, inOrderOfArrival(...others, top, audio(0, 8000)));
  expectRules(packaging);
  expect(shows(packaging, 'video-2')).toEqual([2, 2, 1, 1, 1, 1, 1]);
});

test('an announced encoding that starts late is covered from the beginning', () => {
  const top = layer(2, { from: 3300, until: 8000, keys: [3300, 4000, 5000, 6000, 7000] });
  const others = [0, 1].map((index) => layer(index, { from: 0, until: 8000 }));
  const packaging = new Packaging('ladder', { listed: 20 }).run(run, inOrderOfArrival(...others, top, audio(0, 8000)));
  expectRules(packaging);
  expect(shows(packaging, 'video-2')).toEqual([1, 1, 1, 1, 2, 2, 2]);
});

test.for([100, 400, 700, 1100, 1600, 1900])('OBS: encodings whose key frames are %i ms off are cut at their own', (offset) => {
  const keys = Array.from({ length: 12 }, (_, index) => index * 2000);
  const layers = [0, 1, 2].map((index) => {
    const own = keys.map((key) => key + (index === 2 ? offset : 0));
    return layer(index, { from: own[0] ?? 0, until: 24_000, keys: own, step: 100 });
  });
  const packaging = new Packaging('ladder', { segmentMs: 2000, listed: 20 }).run(run, inOrderOfArrival(...layers, audio(0, 24_000)));
  expectRules(packaging, { mayRaiseTarget: true, apartMs: 2000, driftMs: 1000 });
  expect(shows(packaging, 'video-2').slice(2)).toEqual(Array.from({ length: shows(packaging, 'video-2').length - 2 }, () => 2));
  expect(shows(packaging, 'video-2').length).toBeGreaterThanOrEqual(9);
});

test('a publisher that comes back goes on in the same playlists', () => {
  const layers = (until: number) => names.map((_, index) => layer(index, { from: 0, until }));
  const again = madeUpRun([...names, 'audio'], { id: 2, startedAt: new Date('2026-11-26T10:00:10Z') });
  const packaging = new Packaging('ladder')
    .run(run, inOrderOfArrival(...layers(3600), audio(0, 3500)))
    .endRun()
    .run(again, inOrderOfArrival(...layers(2600), audio(100, 2600)))
    .end();
  expectRules(packaging, { driftMs: 60 });
  const { segments, ended } = read(packaging, 'video-1');
  expect(segments.map(({ discontinuitySequence }) => discontinuitySequence)).toEqual([0, 0, 0, 1, 1, 1]);
  expect(segments.map(({ number }) => number)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(ended).toBe(true);
});

test('a publisher that comes back with one encoding is shown in all renditions', () => {
  const packaging = new Packaging('ladder', { listed: 20 })
    .run(run, inOrderOfArrival(...names.map((_, index) => layer(index, { from: 0, until: 3200 })), audio(0, 3200)))
    .endRun()
    .run(madeUpRun(['video-0'], { id: 2, startedAt: new Date('2026-11-26T10:01:00Z') }), layer(0, { from: 0, until: 4600 }))
    .endRun();
  expectRules(packaging, { driftMs: 60 });
  expect(shows(packaging, 'video-2')).toEqual([2, 2, 2, 0, 0, 0, 0, 0]);
  expect(read(packaging, 'audio').segments.length).toBe(8);
});

test.for([
  ['never comes', []],
  ['comes late', audio(2700, 8000)],
  ['is muted for a while', [...audio(0, 2200), ...audio(5300, 8000)]],
  ['stops', audio(0, 3100)],
] as const)('audio that %s is filled with silence', ([, sounds]) => {
  const layers = names.map((_, index) => layer(index, { from: 0, until: 8000 }));
  const packaging = new Packaging('ladder', { listed: 20 }).run(run, inOrderOfArrival(...layers, sounds));
  expectRules(packaging);
  expect(read(packaging, 'audio').segments.length).toBe(read(packaging, 'video-0').segments.length);
  expect(read(packaging, 'audio').segments.length).toBeGreaterThanOrEqual(6);
});

test.for([200, 500, 1000])('of a run that begins in the past, the sound is waited for that comes %i ms after the pictures', (delayMs) => {
  const allAt = (ms: number, fragments: readonly Fragment[]) => fragments.map((each) => [Math.max(ms, endOf(each)), each] as const);
  const pictures = names.flatMap((_, index) => allAt(1200, layer(index, { from: 0, until: 8000 })));
  const arriving = [...pictures, ...allAt(1200 + delayMs, audio(0, 8000))].toSorted(([one], [other]) => one - other);
  const packaging = new Packaging('ladder', { listed: 20 }).run(
    run,
    arriving.map(([, fragment]) => fragment),
  );
  expectRules(packaging);
  const bytes = bytesPerSegment(packaging.presentation, 'audio');
  expect(bytes).toEqual(bytes.map(() => bytes.at(-1)));
});

test('when all video pauses, a picture stands still until it comes back', () => {
  const layers = names.map((_, index) => [
    ...layer(index, { from: 0, until: 2600 }),
    ...layer(index, { from: 7200, until: 13_000, keys: [7200, 8000, 9000, 10_000, 11_000, 12_000] }),
  ]);
  const packaging = new Packaging('ladder', { listed: 30 }).run(run, inOrderOfArrival(...layers, audio(0, 13_000)));
  expectRules(packaging, { mayRaiseTarget: true, driftMs: 250 });
  const total = read(packaging, 'video-2').segments.reduce((sum, { duration }) => sum + duration, 0);
  expect(total).toBeGreaterThan(11);
  expect(shows(packaging, 'video-2').at(-1)).toBe(2);
});

test('sound that only a later publisher sends is in the playlists from the beginning', () => {
  const layers = (until: number) => names.map((_, index) => layer(index, { from: 0, until }));
  const again = madeUpRun([...names, 'audio'], { id: 2, startedAt: new Date('2026-11-26T10:00:10Z') });
  const packaging = new Packaging('ladder', { listed: 20 }).run(madeUpRun(names), inOrderOfArrival(...layers(3600)));
  expect(read(packaging, 'audio').segments.length).toBe(3);
  packaging.endRun().run(again, inOrderOfArrival(...layers(2600), audio(0, 2600)));
  expectRules(packaging, { driftMs: 60 });
  expect(bytesPerSegment(packaging.presentation, 'audio').map((bytes) => bytes > 10_000)).toEqual([
    ...[false, false, false, false],
    true,
    true,
  ]);
});

test('without audio, a pause of everything is a discontinuity', () => {
  const keys = [0, 1000, 2000, 9000, 10_000, 11_000, 12_000];
  const fragments = [...layer(0, { from: 0, until: 2600, keys }), ...layer(0, { from: 9000, until: 13_000, keys })];
  const packaging = new Packaging('ladder', { listed: 30 }).run(madeUpRun(['video-0']), fragments);
  expect(brokenRules(packaging.history('video-0'), { mayRaiseTarget: true })).toEqual([]);
  expect(brokenRules(packaging.history('audio'), { video: false, mayRaiseTarget: true, driftMs: 30 })).toEqual([]);
  expect(brokenTogether(packaging.playlists, 500)).toEqual([]);
});

test('sound alone is cut by time', () => {
  const packaging = new Packaging('ladder').run(madeUpRun(['audio']), audio(0, 6300));
  expect(brokenRules(packaging.history('audio'), { video: false })).toEqual([]);
  expect(read(packaging, 'audio').segments.map(({ duration }) => duration)).toEqual([1, 1, 1, 1, 1, 1]);
});

test('one encoding is one rendition', () => {
  const packaging = new Packaging('ladder', { segmentMs: 2000 }).run(
    madeUpRun(['video-0', 'audio']),
    inOrderOfArrival(layer(0, { from: 0, until: 9500 }), audio(0, 9500)),
  );
  expect(brokenRules(packaging.history('video-0'))).toEqual([]);
  expect(read(packaging, 'video-0').segments.map(({ duration }) => duration)).toEqual([2, 2, 2, 2]);
});
