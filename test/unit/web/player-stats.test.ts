import { expect, test } from 'vitest';
import { describePlayback, type PlaybackContext } from '../../../src/web/player-stats.ts';
import type { StatsEntry } from '../../../src/web/stats-report.ts';

const first: PlaybackContext = { at: 5000, firstFrameMs: 320, before: undefined };

const report = (share: number): readonly StatsEntry[] => [
  { id: 'T', type: 'transport', selectedCandidatePairId: 'P' },
  { id: 'P', type: 'candidate-pair', localCandidateId: 'L', currentRoundTripTime: 0.025 },
  { id: 'L', type: 'local-candidate', protocol: 'udp' },
  { id: 'CV', type: 'codec', mimeType: 'video/VP8' },
  { id: 'CA', type: 'codec', mimeType: 'audio/opus' },
  {
    type: 'inbound-rtp',
    kind: 'audio',
    codecId: 'CA',
    bytesReceived: 1000 * share,
    packetsReceived: 50 * share,
    packetsLost: 0,
    jitter: 0.001,
  },
  {
    type: 'inbound-rtp',
    kind: 'video',
    codecId: 'CV',
    bytesReceived: 99_000 * share,
    packetsReceived: 140 * share,
    packetsLost: 10 * share,
    jitter: 0.004,
    framesDecoded: 30 * share,
    framesPerSecond: 30,
    frameWidth: 1280,
    frameHeight: 720,
  },
];

test('a first report says everything but rates', () => {
  expect(describePlayback(report(1), first)).toEqual({
    at: 5000,
    firstFrameMs: 320,
    videoCodec: 'VP8',
    audioCodec: 'opus',
    width: 1280,
    height: 720,
    framesPerSecond: 30,
    framesDecoded: 30,
    bitsPerSecond: undefined,
    audioBytesReceived: 1000,
    videoBytesReceived: 99_000,
    packetsReceived: 190,
    packetsLost: 10,
    lossRatio: 0.05,
    jitterMs: 4,
    roundTripMs: 25,
    protocol: 'udp',
  });
});

test('with an earlier one there are rates, of what is new', () => {
  const before = describePlayback(report(1), first);
  expect(describePlayback(report(3), { at: 7000, firstFrameMs: 320, before })).toMatchObject({ bitsPerSecond: 800_000, lossRatio: 0.05 });
});

test('a browser that says nothing yet makes zeros and unknowns', () => {
  const stats = describePlayback([], { at: 1, firstFrameMs: undefined, before: undefined });
  expect(stats).toMatchObject({ framesDecoded: 0, packetsReceived: 0, packetsLost: 0, videoCodec: undefined, jitterMs: undefined });
});

test('without video the jitter is that of the sound, and packets that came twice are no loss below zero', () => {
  const sound: StatsEntry = { type: 'inbound-rtp', kind: 'audio', jitter: 0.002, packetsReceived: 5, packetsLost: -2 };
  expect(describePlayback([sound], first)).toMatchObject({ jitterMs: 2, packetsLost: 0, lossRatio: 0 });
});
