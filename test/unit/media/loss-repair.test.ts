import { expect, test } from 'vitest';
import { LossRepair, nack } from '../../../src/media/loss-repair.ts';

function having(...sequences: readonly number[]): LossRepair {
  const repair = new LossRepair();
  for (const sequence of sequences) repair.arrived(sequence);
  return repair;
}

test('of packets in order nothing is asked for, across the end of the numbers', () => {
  expect(having(65_534, 65_535, 0, 1).due(0)).toEqual([]);
});

test('what is missing is asked for at once, and again every 100 ms until it has come', () => {
  const repair = having(65_533, 2);
  expect(repair.due(0)).toEqual([65_534, 65_535, 0, 1]);
  expect(repair.due(99)).toEqual([]);
  expect(repair.arrived(65_535)).toBe(true);
  expect(repair.arrived(0)).toBe(true);
  expect(repair.due(109)).toEqual([65_534, 1]);
});

test('what comes twice counts once, also after it was given up', () => {
  const repair = having(1, 2, 4);
  expect(repair.arrived(2)).toBe(false);
  for (let times = 0; times < 5; times += 1) expect(repair.due(times * 100)).toEqual([3]);
  expect(repair.due(500)).toEqual([]);
  expect(repair.arrived(3)).toBe(true);
  expect(repair.arrived(3)).toBe(false);
});

test('what lies before the first packet is new', () => {
  expect(having(65_535).arrived(65_530)).toBe(true);
});

test('many are asked for in turn, and none of a stream that has jumped', () => {
  const repair = having(0, 41);
  expect(repair.due(0)).toHaveLength(24);
  expect(repair.due(9)).toEqual([]);
  expect(repair.due(10)).toHaveLength(16);
  repair.arrived(10_000);
  expect(repair.due(1000)).toEqual([]);
});

test('a request names the stream and each packet', () => {
  expect(nack(0x01020304, [7, 65_535]).toString('hex')).toBe(['81cd0004', '00000000', '01020304', '00070000', 'ffff0000'].join(''));
});
