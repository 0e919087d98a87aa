import { expect, test } from 'vitest';
import { Reception } from '../../bench/reception.ts';
import { RtpPattern } from '../../bench/rtp-pattern.ts';

/** Receives sequence numbers, one every 10 ms, with timestamps to match. */
function receive(sequences: readonly number[]): Reception {
  const reception = new Reception(90_000);
  for (const [index, sequence] of sequences.entries()) {
    const packet = Buffer.alloc(12);
    packet.writeUInt16BE(sequence & 0xffff, 2);
    packet.writeUInt32BE(index * 900, 4);
    reception.add(packet, index * 10);
  }
  return reception;
}

test.for([
  ['in order', [5, 6, 7], 0],
  ['with a hole', [5, 6, 9], 2],
  ['out of order', [5, 7, 6, 8], 0],
  ['around the end of the numbers', [65_534, 65_535, 0, 2], 1],
] as const)('packets %s are counted', ([, sequences, lost]) => {
  const reception = receive(sequences);
  expect(reception).toMatchObject({ packets: sequences.length, lost, longestGapMs: 10 });
  expect(reception.jitterMs).toBeCloseTo(0);
});

test('the pattern of the bench has the rate and the packets of a 2 Mbit/s encoder', () => {
  const pattern = new RtpPattern();
  const packets = Array.from({ length: 60 }, () => pattern.video()).flat();
  const bitrate = packets.reduce((sum, { length }) => sum + length * 8, 0) / 2;
  expect(bitrate).toBeGreaterThan(1_900_000);
  expect(bitrate).toBeLessThan(2_200_000);
  expect(packets.length / 2).toBeCloseTo(218, -1);
  expect(packets.map((packet) => packet.readUInt16BE(2))).toEqual(packets.map((_, index) => index + 1));
});
