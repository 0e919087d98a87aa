import { expect, test } from 'vitest';
import { placeCluster } from '../../../../src/egress/record/webm-cluster.ts';

/** A cluster with a size of `sizeBytes`, a timestamp of `timeBytes`, and a block. */
function cluster(time: number, { sizeBytes = 8, timeBytes = 2 } = {}): Uint8Array {
  const size = Array.from({ length: sizeBytes }, (_, index) => (index === 0 ? 0x100 >> sizeBytes : 0));
  const timestamp = Array.from({ length: timeBytes }, (_, index) => Math.floor(time / 256 ** (timeBytes - 1 - index)) % 256);
  return Uint8Array.from([0x1f, 0x43, 0xb6, 0x75, ...size, 0xe7, 0x80 | timeBytes, ...timestamp, 0xa3, 0x81, 0x7f]);
}

test.for([
  [10_000, 4_000, {}],
  [10_000, 10_000, {}],
  [10_000, 20_000, {}],
  [3_600_000, 1_234_567, { sizeBytes: 1, timeBytes: 3 }],
  [2 ** 40, 5, { sizeBytes: 4, timeBytes: 8 }],
] as const)('a cluster of %i ms counts from %i ms', ([time, zero, shape]) => {
  const bytes = cluster(time, shape);
  const before = Uint8Array.from(bytes);
  expect(Buffer.concat(placeCluster(bytes, zero))).toEqual(Buffer.from(cluster(Math.max(0, time - zero), shape)));
  expect(bytes).toEqual(before);
});

test('what is no cluster is refused', () => {
  expect(() => placeCluster(new Uint8Array(20), 0)).toThrow(RangeError);
  expect(() => placeCluster(Uint8Array.from([0x1f, 0x43, 0xb6, 0x75, 0x81, 0xa3, 0x81, 0]), 0)).toThrow(RangeError);
});
