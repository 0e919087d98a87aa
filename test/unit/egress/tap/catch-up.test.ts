import { expect, test } from 'vitest';
import { CatchUp } from '../../../../src/egress/tap/catch-up.ts';
import type { Fragment } from '../../../../src/egress/fragment.ts';
import { madeUpFragments } from '../../../fixtures/made-up-fragments.ts';

const names = ['video-0', 'audio'];
const video = madeUpFragments({ from: 100, until: 4_100 });
const audio = madeUpFragments({ rendition: 'audio', from: 79, until: 4_079 });
const until = (fragments: readonly Fragment[], ms: number) => fragments.filter(({ startMs, durationMs }) => startMs + durationMs <= ms);
const from = (fragments: readonly Fragment[], ms: number) => fragments.filter(({ startMs }) => startMs >= ms);
const startsOf = (fragments: readonly Fragment[]) => fragments.map(({ startMs }) => startMs);
const inOrder = (fragments: readonly Fragment[]) => fragments.toSorted((one, other) => one.startMs - other.startMs);

test('picture that comes all at once waits for the sound that belongs between', () => {
  const catchUp = new CatchUp(names);
  const [pictures, sounds] = [until(video, 2_100), until(audio, 2_100)];
  expect(pictures.flatMap((fragment) => catchUp.push(fragment, 2_500))).toEqual([]);
  const given = sounds.flatMap((fragment) => catchUp.push(fragment, 2_510));
  expect(startsOf(given)).toEqual(startsOf(inOrder([...pictures, ...sounds])));
});

test('what comes when all have caught up is given at once', () => {
  const catchUp = new CatchUp(names);
  for (const fragment of [...until(video, 2_100), ...until(audio, 2_100)]) catchUp.push(fragment, 2_500);
  for (const fragment of from(video, 2_100)) expect(catchUp.push(fragment, fragment.startMs + 210)).toEqual([fragment]);
});

test('a picture without sound waits a second, and then no more', () => {
  const catchUp = new CatchUp(names);
  const given = video.map((fragment) => startsOf(catchUp.push(fragment, Math.max(2_500, fragment.startMs + 210))));
  expect(given.slice(0, 17).flat()).toEqual(startsOf(until(video, 2_500)));
  const later = madeUpFragments({ from: 4_100, until: 8_100 });
  const all = [...given.flat(), ...later.flatMap((fragment) => startsOf(catchUp.push(fragment, fragment.startMs + 210)))];
  expect(all).toEqual(startsOf([...video, ...later]));
  const [last] = madeUpFragments({ from: 8_100, until: 8_300 });
  expect(last && catchUp.push(last, 8_310)).toEqual([last]);
});

test('what waits when the run ends is given then', () => {
  const catchUp = new CatchUp(names);
  for (const fragment of until(video, 1_000)) catchUp.push(fragment, 2_500);
  expect(startsOf(catchUp.flush())).toEqual(startsOf(until(video, 1_000)));
});
