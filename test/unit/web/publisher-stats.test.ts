import { expect, test } from 'vitest';
import { describePublishing } from '../../../src/web/publisher-stats.ts';
import type { StatsEntry } from '../../../src/web/stats-report.ts';

const encoding = (rid: string, frameWidth: number, bytesSent: number, more: StatsEntry = {}): StatsEntry => ({
  type: 'outbound-rtp',
  kind: 'video',
  codecId: 'CV',
  rid,
  frameWidth,
  frameHeight: (frameWidth * 9) / 16,
  framesPerSecond: 30,
  bytesSent,
  packetsSent: bytesSent / 1000,
  qualityLimitationReason: 'none',
  ...more,
});

/** Three sizes, the largest of which is held back. */
const report = (seconds: number): readonly StatsEntry[] => [
  { type: 'candidate-pair', nominated: true, localCandidateId: 'L', currentRoundTripTime: 0.04 },
  { id: 'L', type: 'local-candidate', protocol: 'tcp' },
  { id: 'CV', type: 'codec', mimeType: 'video/H264' },
  { id: 'CA', type: 'codec', mimeType: 'audio/opus' },
  { type: 'outbound-rtp', kind: 'audio', codecId: 'CA', bytesSent: 10_000 * seconds, packetsSent: 50 * seconds },
  encoding('h', 1280, 0, { active: false, qualityLimitationReason: 'bandwidth' }),
  encoding('l', 320, 20_000 * seconds),
  encoding('m', 640, 70_000 * seconds),
  { type: 'remote-inbound-rtp', kind: 'audio', packetsLost: seconds },
  { type: 'remote-inbound-rtp', kind: 'video', packetsLost: 6 * seconds },
];

test('a simulcast is described by the largest size that is being sent, and by each, smallest first', () => {
  const stats = describePublishing(report(1), 1000, undefined);
  expect(stats).toMatchObject({
    videoCodec: 'H264',
    audioCodec: 'opus',
    width: 640,
    height: 360,
    framesPerSecond: 30,
    bytesSent: 100_000,
    packetsSent: 140,
    packetsLost: 7,
    lossRatio: 0.05,
    bitsPerSecond: undefined,
    roundTripMs: 40,
    protocol: 'tcp',
  });
  expect(stats.encodings.map(({ rid, active, limitation }) => [rid, active, limitation])).toEqual([
    ['l', true, 'none'],
    ['m', true, 'none'],
    ['h', false, 'bandwidth'],
  ]);
});

test('with an earlier description there are rates, of everything and of each size', () => {
  const stats = describePublishing(report(3), 3000, describePublishing(report(1), 1000, undefined));
  expect(stats.bitsPerSecond).toBe(800_000);
  expect(stats.encodings.map(({ bitsPerSecond }) => bitsPerSecond)).toEqual([160_000, 560_000, 0]);
});

test('a size of which nothing was sent since is not active', () => {
  const before = describePublishing([encoding('l', 320, 1000)], 1000, undefined);
  expect(describePublishing([encoding('l', 320, 1000)], 3000, before).encodings).toMatchObject([{ active: false, bitsPerSecond: 0 }]);
});

test('a browser that says nothing yet makes zeros and unknowns', () => {
  expect(describePublishing([], 1, undefined)).toMatchObject({
    encodings: [],
    bytesSent: 0,
    packetsLost: 0,
    width: undefined,
    lossRatio: undefined,
  });
});
