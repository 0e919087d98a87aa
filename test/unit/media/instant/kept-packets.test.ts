import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { PlacedPacket } from '../../../../src/media/instant/gop-cache.ts';
import { KeptPackets } from '../../../../src/media/instant/kept-packets.ts';

/** A packet whose bytes are all the same, and whose numbers tell which. */
const placed = (fill: number, bytes: number): PlacedPacket => ({
  packet: new Uint8Array(bytes).fill(fill),
  sequence: 100_000 + fill,
  timestamp: 2 ** 32 - 1 - fill,
  arrivedMs: fill + 0.25,
  beginsGop: fill % 2 === 0,
});

const numbersOf = ({ sequence, timestamp, arrivedMs, beginsGop }: PlacedPacket) => [sequence, timestamp, arrivedMs, beginsGop];

const append = (kept: KeptPackets, packet: PlacedPacket): void => {
  kept.insert(kept.length, packet);
};

test('whatever is put in and taken out, it is the list of what was put in, and who took something has that for ever', () => {
  const step = fc.oneof(
    { weight: 10, arbitrary: fc.record({ at: fc.nat(), bytes: fc.constantFrom(0, 20, 1200, 40_000, 100_000) }) },
    { weight: 1, arbitrary: fc.record({ from: fc.nat() }) },
    { weight: 1, arbitrary: fc.constant('clear' as const) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: 'max' }), (steps) => {
      const kept = new KeptPackets();
      const model: PlacedPacket[] = [];
      const taken: { readonly was: readonly PlacedPacket[]; readonly is: readonly PlacedPacket[] }[] = [];
      for (const [number, one] of steps.entries()) {
        if (one === 'clear') {
          kept.clear();
          model.length = 0;
        } else if ('from' in one) {
          const index = one.from % (model.length + 1);
          taken.push({ was: model.slice(index), is: kept.from(index) });
        } else {
          const index = one.at % (model.length + 1);
          const packet = placed(number, one.bytes);
          kept.insert(index, packet);
          model.splice(index, 0, placed(number, one.bytes));
          packet.packet.fill(0xff); // it was copied
        }
        expect([kept.length, kept.bytes]).toEqual([model.length, model.reduce((sum, { packet }) => sum + packet.length, 0)]);
      }
      taken.push({ was: [...model], is: kept.from() });
      expect(model.map((_packet, index) => [kept.sequence(index), kept.timestamp(index), kept.arrivedMs(index)])).toEqual(
        model.map(({ sequence, timestamp, arrivedMs }) => [sequence, timestamp, arrivedMs]),
      );
      for (const { was, is } of taken) {
        expect(is.map(numbersOf)).toEqual(was.map(numbersOf));
        expect(is.every(({ packet }, index) => Buffer.compare(packet, was[index]?.packet ?? Buffer.of(0)) === 0)).toBe(true);
      }
    }),
    { numRuns: 50 },
  );
});

test('the same memory is used again, if nobody was given any of it', () => {
  const kept = new KeptPackets();
  const before = process.memoryUsage().arrayBuffers;
  const packet = placed(1, 1000);
  let most = 0;
  for (let times = 0; times < 20; times += 1) {
    for (let count = 0; count < 2000; count += 1) append(kept, packet);
    kept.clear();
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }
  expect(most).toBeGreaterThan(2_000_000);
  expect(most).toBeLessThan(4_000_000);
});

test('tells what packets take, and nothing of those that it cannot tell', () => {
  const kept = new KeptPackets();
  expect([kept.rate(), kept.sequence(0), kept.arrivedMs(-1)]).toEqual([0, 0, 0]);
  append(kept, { ...placed(1, 1000), arrivedMs: 0 });
  expect(kept.rate()).toBe(0);
  append(kept, { ...placed(2, 1000), arrivedMs: 500 });
  append(kept, { ...placed(3, 2000), arrivedMs: 1000 });
  expect([kept.rate(), kept.rate(2)]).toEqual([32_000, 32_000]);
});
