import { expect, test } from 'vitest';
import { Continuity } from '../../../../src/media/instant/continuity.ts';

const packet = (sequence: number, timestamp: number, beginsGop = false) => ({
  packet: new Uint8Array(),
  sequence,
  timestamp,
  arrivedMs: 0,
  beginsGop,
});

test('the first source passes as it is, from any packet on', () => {
  const stream = new Continuity(90_000, true);
  expect(stream.place(packet(10, 3000), 0)).toEqual({ sequence: 10, timestamp: 3000 });
});

test('the next one goes on behind it with its first key frame', () => {
  const stream = new Continuity(90_000, true);
  stream.place(packet(10, 3000), 0);
  stream.place(packet(12, 9000), 0);
  stream.place(packet(11, 6000), 0);
  stream.begin();
  expect(stream.place(packet(500, 70_000), 900)).toBeUndefined();
  expect(stream.place(packet(501, 73_000, true), 1000)).toEqual({ sequence: 13, timestamp: 99_000 });
  expect(stream.place(packet(503, 79_000), 1000)).toEqual({ sequence: 15, timestamp: 105_000 });
  expect(stream.place(packet(502, 76_000), 1000)).toEqual({ sequence: 14, timestamp: 102_000 });
});

test('sound goes on with any packet', () => {
  const stream = new Continuity(48_000, false);
  stream.place(packet(1, 2 ** 32 - 960), 0);
  stream.begin();
  expect(stream.place(packet(1, 5), 20)).toEqual({ sequence: 2, timestamp: 0 });
});

test('a source that never sent anything leaves no trace', () => {
  const stream = new Continuity(90_000, true);
  stream.begin();
  stream.begin();
  expect(stream.place(packet(10, 3000), 0)).toEqual({ sequence: 10, timestamp: 3000 });
});
