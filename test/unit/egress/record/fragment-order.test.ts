import { expect, test } from 'vitest';
import type { Fragment } from '../../../../src/egress/fragment.ts';
import { FragmentOrder } from '../../../../src/egress/record/fragment-order.ts';
import { madeFragment } from './fragment.ts';

const shown = (fragments: readonly Fragment[]) => fragments.map(({ rendition, startMs }) => `${rendition[0]}${startMs}`);

/** Pushes `v200`, `a0` … and tells what came out after each. */
function play(order: FragmentOrder, arrivals: readonly string[]): string[][] {
  return arrivals.map((arrival) => {
    const kind = arrival.startsWith('v') ? 'video' : 'audio';
    return shown(order.push(kind, madeFragment(kind === 'video' ? 'video-0' : 'audio', Number(arrival.slice(1)))));
  });
}

test('picture and sound come out in the order of their times', () => {
  const order = new FragmentOrder(['video', 'audio']);
  expect(play(order, ['v0', 'v200', 'a10', 'v400', 'a210', 'a410'])).toEqual([
    [],
    [],
    ['v0', 'a10', 'v200'],
    [],
    ['a210', 'v400'],
    ['a410'],
  ]);
  expect(shown(order.flush())).toEqual([]);
});

test('a track alone waits for nobody', () => {
  expect(play(new FragmentOrder(['video']), ['v0', 'v200'])).toEqual([['v0'], ['v200']]);
});

test('a track that was not announced is passed over', () => {
  expect(play(new FragmentOrder(['video']), ['a0', 'v0'])).toEqual([[], ['v0']]);
});

test('sound that has not begun is waited for up to 0.6 s', () => {
  const order = new FragmentOrder(['video', 'audio']);
  const released = play(order, ['v0', 'v200', 'v400', 'v600']);
  expect(released).toEqual([[], [], ['v0'], ['v200']]);
});

test('sound that falls behind is waited for up to 0.6 s, and muted sound not at all', () => {
  const order = new FragmentOrder(['video', 'audio']);
  play(order, ['v0', 'a0']);
  const pictures = Array.from({ length: 20 }, (_, index) => `v${(index + 1) * 200}`);
  const released = play(order, pictures);
  expect(released[0]).toEqual(['v200']); // the sound has come up to there
  expect(released[1]).toEqual([]);
  expect(released[3]).toEqual(['v400']);
  expect(released.at(-1)).toEqual(['v4000']);
});

test('sound that begins again is in order again', () => {
  const order = new FragmentOrder(['video', 'audio']);
  play(order, ['v0', 'a0', ...Array.from({ length: 20 }, (_, index) => `v${(index + 1) * 200}`)]);
  expect(play(order, ['a4150', 'v4200']).flat()).toEqual(['a4150', 'v4200']);
});
