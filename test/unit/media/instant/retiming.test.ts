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
  expect([...retimed(gopOf([0, 3000, 6000, 9000]), { span: 900 })]).toEqual([
    [0, 8100],
    [3000, 8400],
    [6000, 8700],
    [9000, 9000],
  ]);
});

test('packets of one frame stay together', () => {
  expect(retimed(gopOf([0, 0, 3000, 3000]), { span: 300 }).size).toBe(2);
});

test('across a wrap-around', () => {
  expect([...retimed(gopOf([2 ** 32 - 3000, 0, 3000]), { span: 600 })]).toEqual([
    [2 ** 32 - 3000, 2400],
    [0, 2700],
    [3000, 3000],
  ]);
});

test('a replay that takes longer than the GOP moves nothing', () => {
  expect([...retimed(gopOf([0, 3000]), { span: 90_000 }).values()]).toEqual([0, 3000]);
});

test('frames never fall together, however short the replay', () => {
  expect([...retimed(gopOf([0, 3000, 6000, 6001]), { span: 0 }).values()]).toEqual([5998, 5999, 6000, 6001]);
});

test('a single frame stays where it is', () => {
  expect([...retimed(gopOf([77]), { span: 900 })]).toEqual([[77, 77]]);
});

test('a GOP that is replayed again lies between what was sent and the true time of its last frame', () => {
  const again = retimed(gopOf([0, 3000, 6000, 9000]), { span: 900, after: 8700 });
  expect([...again.values()]).toEqual([8703, 8802, 8901, 9000]);
});

test('where everything was sent already, its frames are a single unit apart', () => {
  expect([...retimed(gopOf([0, 3000, 6000, 9000]), { span: 900, after: 9000 }).values()]).toEqual([9001, 9002, 9003, 9004]);
  expect([...retimed(gopOf([0, 3000, 6000]), { span: 900, after: 9004 }).values()]).toEqual([9005, 9006, 9007]);
  expect([...retimed(gopOf([77]), { span: 900, after: 77 })]).toEqual([[77, 78]]);
});

test('a later GOP than that which was sent is laid out as if it were the first', () => {
  expect([...retimed(gopOf([12_000, 15_000]), { span: 90_000, after: 9000 }).values()]).toEqual([12_000, 15_000]);
  expect([...retimed(gopOf([12_000, 15_000]), { span: 300, after: 9000 }).values()]).toEqual([14_700, 15_000]);
});

test('behind what was sent, across a wrap-around', () => {
  expect([...retimed(gopOf([2 ** 32 - 3000, 0]), { span: 0, after: 2 ** 32 - 1 }).values()]).toEqual([0, 1]);
});
