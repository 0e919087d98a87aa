import { expect, test } from 'vitest';
import { copied, giveBack } from '../../../src/media/packet-memory.ts';

test('a copy stays when the memory of the packet is given back', () => {
  const packet = Buffer.allocUnsafeSlow(3).fill(7);
  const copy = copied(packet);
  giveBack(packet);
  giveBack(packet);
  expect(packet).toHaveLength(0);
  expect([...copy]).toEqual([7, 7, 7]);
  giveBack(copy);
  expect(copy).toHaveLength(0);
});

test('memory that is shared is left alone', () => {
  const [pooled, part] = [Buffer.from([1, 2, 3]), new Uint8Array(8).subarray(2)];
  giveBack(pooled);
  giveBack(part);
  expect([...pooled]).toEqual([1, 2, 3]);
  expect(part).toHaveLength(6);
});
