import { expect, test } from 'vitest';
import type { PlacedPacket } from '../../../../src/media/instant/gop-cache.ts';
import { retimed } from '../../../../src/media/instant/retiming.ts';

function gopOf(timestamps: readonly number[]): PlacedPacket[] {
  return timestamps.map((timestamp, sequence) => ({
    packet: new Uint8Array(),
    sequence,
    timestamp,
    arrivedMs: 0,
    beginsGop: sequence === 0,
  }));
}

test('frames move together, and the last one stays where it is', () => {
  expect([...retimed(gopOf([0, 3000, 6000, 9000]), 900)]).toEqual([
    [0, 8100],
    [3000, 8400],
    [6000, 8700],
    [9000, 9000],
  ]);
});

test('packets of one frame stay together', () => {
  expect(retimed(gopOf([0, 0, 3000, 3000]), 300).size).toBe(2);
});

test('across a wrap-around', () => {
  expect([...retimed(gopOf([2 ** 32 - 3000, 0, 3000]), 600)]).toEqual([
    [2 ** 32 - 3000, 2400],
    [0, 2700],
    [3000, 3000],
  ]);
});

test('a replay that takes longer than the GOP moves nothing', () => {
  expect([...retimed(gopOf([0, 3000]), 90_000).values()]).toEqual([0, 3000]);
});

test('frames never fall together, however short the replay', () => {
  expect([...retimed(gopOf([0, 3000, 6000, 6001]), 0).values()]).toEqual([5998, 5999, 6000, 6001]);
});

test('a single frame stays where it is', () => {
  expect([...retimed(gopOf([77]), 900)]).toEqual([[77, 77]]);
});
