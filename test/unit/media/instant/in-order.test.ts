import { expect, test } from 'vitest';
import type { PlacedPacket } from '../../../../src/media/instant/gop-cache.ts';
import { InOrder } from '../../../../src/media/instant/in-order.ts';

const placed = (sequence: number, arrivedMs: number): PlacedPacket => ({
  packet: new Uint8Array(),
  sequence,
  timestamp: 0,
  arrivedMs,
  beginsGop: false,
});

/** What goes on when packets arrive, each with its number and the time. */
function passed(order: InOrder, arrivals: readonly (readonly [sequence: number, atMs: number])[]): number[][] {
  return arrivals.map(([sequence, atMs]) => order.push(placed(sequence, atMs), atMs).map((packet) => packet.sequence));
}

test.for<readonly [string, readonly (readonly [number, number])[], number[][]]>([
  [
    'in their order they go on at once',
    [
      [5, 0],
      [6, 1],
      [7, 2],
    ],
    [[5], [6], [7]],
  ],
  [
    'what has overtaken another one waits for it',
    [
      [5, 0],
      [7, 1],
      [8, 2],
      [6, 3],
      [9, 4],
    ],
    [[5], [], [], [6, 7, 8], [9]],
  ],
  [
    'what has overtaken two waits for both, and is put in order',
    [
      [5, 0],
      [9, 1],
      [8, 2],
      [6, 3],
      [7, 4],
    ],
    [[5], [], [], [6], [7, 8, 9]],
  ],
  [
    'what is missing for long is not waited for',
    [
      [5, 0],
      [7, 1],
      [8, 301],
      [9, 302],
      [10, 303],
    ],
    [[5], [], [], [7, 8, 9], [10]],
  ],
  [
    'and goes on by itself when it comes after all',
    [
      [5, 0],
      [7, 1],
      [8, 302],
      [6, 303],
    ],
    [[5], [], [7, 8], [6]],
  ],
])('%s', ([, arrivals, expected]) => {
  expect(passed(new InOrder(), arrivals)).toEqual(expected);
});

test('what is kept can be had at any time, and then another packet begins', () => {
  const order = new InOrder();
  passed(order, [
    [5, 0],
    [7, 1],
  ]);
  expect(order.flush().map(({ sequence }) => sequence)).toEqual([7]);
  expect(
    passed(order, [
      [20, 2],
      [21, 3],
    ]),
  ).toEqual([[20], [21]]);
});
