import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { GopCache, gopLimits, type PlacedPacket } from '../../../../src/media/instant/gop-cache.ts';
import { unwrap } from '../../../../src/media/rtp-header.ts';
import { vp8Packet } from './packets.ts';

type Arrival = readonly [sequence: number, timestamp: number, key?: 'key'];

function cacheOf(arrivals: readonly Arrival[], nowMs = 0): GopCache {
  const cache = new GopCache('VP8');
  for (const [sequence, timestamp, key] of arrivals) cache.push(vp8Packet(sequence, timestamp, { key: key === 'key' }), nowMs);
  return cache;
}

const sequences = (cache: GopCache, nowMs = 0) => cache.gop(nowMs)?.map(({ sequence }) => sequence & 0xffff);

test.for<readonly [string, readonly Arrival[], readonly number[] | undefined]>([
  [
    'nothing before the first key frame',
    [
      [1, 0],
      [2, 3000],
    ],
    undefined,
  ],
  [
    'everything since the last key frame',
    [
      [1, 0, 'key'],
      [2, 3000],
      [3, 6000, 'key'],
      [4, 9000],
    ],
    [3, 4],
  ],
  [
    'late packets in their place',
    [
      [1, 0, 'key'],
      [2, 3000],
      [4, 9000],
      [3, 6000],
    ],
    [1, 2, 3, 4],
  ],
  [
    'duplicates once',
    [
      [1, 0, 'key'],
      [2, 3000],
      [2, 3000],
      [1, 0, 'key'],
    ],
    [1, 2],
  ],
  [
    'no late packet of the GOP before',
    [
      [1, 0, 'key'],
      [3, 6000, 'key'],
      [2, 3000],
    ],
    [3],
  ],
  [
    'a key frame whose beginning is retransmitted, with what came before that',
    [
      [1, 0, 'key'],
      [2, 3000],
      [4, 6000],
      [5, 9000],
      [3, 6000, 'key'],
    ],
    [3, 4, 5],
  ],
  [
    'a key frame with two beginnings from the first on',
    [
      [1, 0, 'key'],
      [2, 0, 'key'],
      [3, 0],
    ],
    [1, 2, 3],
  ],
  [
    'the first of two beginnings when it comes last',
    [
      [2, 0, 'key'],
      [3, 0],
      [1, 0, 'key'],
    ],
    [1, 2, 3],
  ],
  [
    'no key frame of long ago',
    [
      [10, 90_000, 'key'],
      [11, 93_000],
      [5, 60_000, 'key'],
    ],
    [10, 11],
  ],
  [
    'what wraps around',
    [
      [65_534, 2 ** 32 - 3000, 'key'],
      [0, 3000],
      [65_535, 0],
    ],
    [65_534, 65_535, 0],
  ],
])('holds %s', ([, arrivals, expected]) => {
  expect(sequences(cacheOf(arrivals))).toEqual(expected);
});

test('says where a GOP begins, and what is no news', () => {
  const cache = new GopCache('VP8');
  expect(cache.push(vp8Packet(1, 0, { key: true }), 0)).toMatchObject({ sequence: 1, beginsGop: true });
  expect(cache.push(vp8Packet(2, 3000), 0)).toMatchObject({ sequence: 2, beginsGop: false });
  expect(cache.push(vp8Packet(2, 3000), 0)).toBeUndefined();
});

test('a gap is waited for, and given up after a while', () => {
  const cache = cacheOf([
    [1, 0, 'key'],
    [2, 3000],
    [4, 9000],
  ]);
  expect(sequences(cache, 200)).toEqual([1, 2, 4]);
  expect(cache.gop(400)).toBeUndefined();
  cache.push(vp8Packet(3, 6000), 400);
  expect(sequences(cache, 400)).toEqual([1, 2, 3, 4]);
});

test('a stream that has stopped has no present picture', () => {
  const cache = cacheOf([[1, 0, 'key']]);
  expect(cache.gop(1000)).toHaveLength(1);
  expect(cache.gop(1001)).toBeUndefined();
  expect([1000, 1001].map((nowMs) => cache.hasGop(nowMs))).toEqual([true, false]);
});

test('what is too long or too large is dropped, up to the next key frame', () => {
  const long = cacheOf([[1, 0, 'key']]);
  long.push(vp8Packet(2, 3000), gopLimits.durationMs + 1);
  long.push(vp8Packet(3, 6000), gopLimits.durationMs + 2);
  expect(long.gop(gopLimits.durationMs + 2)).toBeUndefined();
  expect(long.bytes).toBe(0);
  long.push(vp8Packet(4, 9000, { key: true }), gopLimits.durationMs + 3);
  expect(sequences(long, gopLimits.durationMs + 3)).toEqual([4]);

  const large = cacheOf([[1, 0, 'key']]);
  for (let sequence = 2; sequence < 5; sequence += 1) large.push(vp8Packet(sequence, 3000, { bytes: gopLimits.bytes / 2 }), 0);
  expect(large.bytes).toBe(0);
});

test('counts what it holds, and nothing once it is cleared', () => {
  const cache = cacheOf([
    [1, 0, 'key'],
    [2, 3000],
    [3, 6000, 'key'],
  ]);
  expect(cache.bytes).toBe(vp8Packet(3, 6000).length);
  cache.clear();
  expect([cache.bytes, cache.gop(0)]).toEqual([0, undefined]);
});

test.for([
  [5, undefined, 5],
  [3, 65_534, 65_539],
  [65_530, 65_539, 65_530],
  [10, 70_000, 65_546],
] as const)('sequence number %i after %s is %i', ([sequence, highest, expected]) => {
  expect(unwrap(sequence, highest)).toBe(expected);
});

test('tells what the encoding takes: of the present GOP first, then of the one before, since a key frame alone tells nothing', () => {
  const cache = new GopCache('VP8');
  const push = (sequence: number, atMs: number, key = false): void => {
    cache.push(vp8Packet(sequence, sequence * 3000, { key }), atMs);
  };
  expect(cache.rate).toBe(0);
  push(1, 0, true);
  expect(cache.rate).toBe(0);
  for (let sequence = 2; sequence <= 11; sequence += 1) push(sequence, (sequence - 1) * 100);
  const rate = (11 * vp8Packet(1, 0, { key: true }).length * 8000) / 1000;
  expect(cache.rate).toBe(rate);
  push(12, 1100, true);
  push(13, 1101);
  expect(cache.rate).toBe(rate);
});

test('whoever was given packets by the cache has these packets for ever, whatever comes after that', () => {
  const arrival = fc.record({
    step: fc.integer({ min: -3, max: 3 }),
    key: fc.boolean(),
    isTaken: fc.boolean(),
    bytes: fc.constantFrom(20, 200),
  });
  const beginningComesLate = [
    { step: 0, key: true, isTaken: false, bytes: 20 },
    { step: 2, key: false, isTaken: false, bytes: 20 },
    { step: -1, key: true, isTaken: true, bytes: 200 },
  ];
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 60 }), (arrivals) => {
      const cache = new GopCache('VP8');
      const given: PlacedPacket[] = [];
      let sequence = 100;
      for (const { step, key, isTaken, bytes } of arrivals) {
        sequence += step;
        const placed = cache.push(vp8Packet(sequence, sequence * 3000, { key, bytes }).fill(sequence, contentAt), 0);
        if (placed !== undefined) given.push(placed);
        if (isTaken) given.push(...(cache.gop(0) ?? []));
      }
      expect(given.filter((one) => one.packet.subarray(contentAt).some((byte) => byte !== one.sequence))).toEqual([]);
    }),
    { examples: [[beginningComesLate]] },
  );
});

/** Behind the headers. */
const contentAt = 20;
