import { expect, test } from 'vitest';
import { senderReport } from '../../../../src/media/instant/sender-report.ts';

const mapping = { ntpSec: 3_900_000_000, ntpFrac: 0xc0000000, timestamp: 2 ** 32 - 45_000, arrivedMs: 1000 };

test('says what the publisher said, as of now', () => {
  const report = senderReport(mapping, { ssrc: 7, packets: 5, octets: 600, clockRate: 90_000 }, 1500);
  expect([report.length, report[0], report[1], report.readUInt16BE(2), report.readUInt32BE(4)]).toEqual([28, 0x80, 200, 6, 7]);
  expect([report.readUInt32BE(8), report.readUInt32BE(12) >>> 24]).toEqual([3_900_000_001, 0x40]);
  expect([report.readUInt32BE(16), report.readUInt32BE(20), report.readUInt32BE(24)]).toEqual([0, 5, 600]);
});

test('moves the timestamp as far as the packets', () => {
  const report = senderReport(mapping, { ssrc: 7, packets: 0, octets: 0, clockRate: 90_000, timestampOffset: -1000 }, 1500);
  expect(report.readUInt32BE(16)).toBe(2 ** 32 - 1000);
});
