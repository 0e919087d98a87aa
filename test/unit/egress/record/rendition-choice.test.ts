import { expect, test } from 'vitest';
import { RenditionChoice } from '../../../../src/egress/record/rendition-choice.ts';
import { madeFragment } from './fragment.ts';

interface Layer {
  readonly name: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Layers with a key frame each second, and which of them is recorded at which time. */
function choices(layers: readonly Layer[], untilMs: number): [time: number, rendition: string][] {
  const choice = new RenditionChoice(['video-0', 'video-1', 'video-2']);
  const taken: [number, string][] = [];
  for (let startMs = 0; startMs < untilMs; startMs += 200) {
    for (const { name, fromMs, untilMs: end } of layers) {
      if (startMs < fromMs || startMs >= end) continue;
      const { fragments, replaces } = choice.push(madeFragment(name, startMs, { independent: startMs % 1_000 === 0 }));
      if (replaces) taken.splice(0);
      for (const fragment of fragments) {
        if (taken.at(-1)?.[1] !== fragment.rendition) taken.push([fragment.startMs, fragment.rendition]);
      }
    }
  }
  return taken;
}

const always = (name: string): Layer => ({ name, fromMs: 0, untilMs: Infinity });

test('the largest rendition is taken, from the first moment on', () => {
  expect(choices([always('video-0'), always('video-1'), always('video-2')], 5_000)).toEqual([[0, 'video-2']]);
});

test('the largest rendition replaces what came a little before it', () => {
  const layers = [always('video-0'), { name: 'video-2', fromMs: 1_000, untilMs: Infinity }];
  expect(choices(layers, 800)).toEqual([[0, 'video-0']]);
  expect(choices(layers, 5_000)).toEqual([[1_000, 'video-2']]);
});

test('the largest rendition replaces nothing when it comes late', () => {
  const layers = [always('video-0'), { name: 'video-2', fromMs: 2_000, untilMs: Infinity }];
  expect(choices(layers, 8_000)).toEqual([
    [0, 'video-0'],
    [6_000, 'video-2'],
  ]);
});

test('without the largest rendition the next one is taken, and nothing of its beginning is lost', () => {
  expect(choices([always('video-0'), always('video-1')], 5_000)).toEqual([[0, 'video-1']]);
});

test('a rendition that vanishes is followed by the next lower one, and taken again once it holds out', () => {
  const layers = [
    always('video-0'),
    always('video-1'),
    { name: 'video-2', fromMs: 0, untilMs: 5_000 },
    { name: 'video-2', fromMs: 10_000, untilMs: Infinity },
  ];
  expect(choices(layers, 20_000)).toEqual([
    [0, 'video-2'],
    [7_000, 'video-1'],
    [14_000, 'video-2'],
  ]);
});
