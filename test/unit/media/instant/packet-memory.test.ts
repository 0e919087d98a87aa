import { expect, test } from 'vitest';
import { PacketMemory } from '../../../../src/media/instant/packet-memory.ts';

const packet = (fill: number, bytes: number): Uint8Array => new Uint8Array(bytes).fill(fill);

test('packets are copied, one behind the other, and large ones too', () => {
  const memory = new PacketMemory();
  const packets = [packet(1, 40_000), packet(2, 40_000), packet(3, 100_000), packet(4, 10)];
  const copies = packets.map((one) => memory.keep(one));
  for (const one of packets) one.fill(0xff);
  expect(copies.map((copy) => [copy.length, copy.every((byte) => byte === copy[0]), copy[0]])).toEqual([
    [40_000, true, 1],
    [40_000, true, 2],
    [100_000, true, 3],
    [10, true, 4],
  ]);
});

test('the same memory is used again, if nobody was lent it', () => {
  const memory = new PacketMemory();
  const sizes = [40_000, 40_000, 1000];
  const fill = (): readonly ArrayBufferLike[] => sizes.map((bytes) => memory.keep(packet(1, bytes)).buffer);
  const first = fill();
  memory.reuse();
  expect(fill().every((buffer, index) => buffer === first[index])).toBe(true);
  memory.reuse();
  expect(memory.keep(packet(1, 100_000)).buffer).not.toBe(first[0]); // it does not fit there
  expect(memory.keep(packet(1, 100)).length).toBe(100);
});

test('what was lent stays as it is for ever, and what came behind it too', () => {
  const memory = new PacketMemory();
  const before = memory.keep(packet(1, 100));
  memory.lend();
  const after = memory.keep(packet(2, 100));
  for (let again = 3; again < 6; again += 1) {
    memory.reuse();
    memory.keep(packet(again, 100_000));
    memory.keep(packet(again, 100));
  }
  expect([before, after].map((copy) => new Set(copy))).toEqual([new Set([1]), new Set([2])]);
});
