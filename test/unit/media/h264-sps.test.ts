import { expect, test } from 'vitest';
import { readSequenceParameters } from '../../../src/media/h264-sps.ts';
import { rtpPacket } from '../../fixtures/rtp-packet.ts';

/** Written by x264 through FFmpeg: `-profile:v … -f lavfi -i testsrc=size=…`. */
const real = {
  baseline: '6742c00bd901419f9f0110000003001000000300a0f142a480',
  main: '674d401feca02802dd80880000030008000003005078c18cb0',
  high: '67640028acd940780227e5c044000003000400000300283c60c658',
  high444: '67f40016919b281b07bc5f80880000030008000003005078b16cb0',
} as const;

test.for([
  ['baseline', '42c00b', { width: 320, height: 180 }],
  ['main', '4d401f', { width: 1280, height: 720 }],
  ['high', '640028', { width: 1920, height: 1080 }],
  ['high444', 'f40016', { width: 854, height: 480 }],
] as const)('profile and cropped size of a real %s SPS are read', ([name, profileLevelId, size]) => {
  expect(readSequenceParameters(rtpPacket(Buffer.from(real[name], 'hex')))).toEqual({ profileLevelId, size });
});

const sps = [...Buffer.from(real.high, 'hex')];
const pps = [0x68, 0xee];
const idr = [0x65, 0x88];

test.for([
  ['a STAP-A that begins with it', rtpPacket([24, 0, sps.length, ...sps, 0, 2, ...pps])],
  ['a STAP-A that has it later', rtpPacket([24, 0, 2, ...pps, 0, sps.length, ...sps])],
  ['the first fragment of an FU-A', rtpPacket([0x7c, 0x87, ...sps.slice(1)])],
  ['a packet with CSRCs, a header extension and padding', rtpPacket(sps, { csrcs: 2, extensionWords: 3, padding: 4 })],
] as const)('an SPS is found in %s', ([, packet]) => {
  expect(readSequenceParameters(packet)).toEqual({ profileLevelId: '640028', size: { width: 1920, height: 1080 } });
});

test('an SPS of which the packet holds only the beginning still tells the profile', () => {
  expect(readSequenceParameters(rtpPacket([0x7c, 0x87, 0x64, 0x0c, 0x1f, 0xac]))).toEqual({ profileLevelId: '640c1f', size: undefined });
});

test.for([
  ['a slice', rtpPacket(idr)],
  ['a later fragment', rtpPacket([0x7c, 0x07, 0x64, 0x0c, 0x1f])],
  ['a STAP-A without one', rtpPacket([24, 0, 2, ...pps, 0, 2, ...idr])],
  ['a STAP-A that lies about its sizes', rtpPacket([24, 0xff, 0xff, 0x68])],
  ['a truncated SPS', rtpPacket([0x67, 0x64])],
  ['a header without payload', rtpPacket([])],
  ['less than a header', Uint8Array.from([0x80, 1, 2])],
  ['nothing', new Uint8Array()],
] as const)('%s holds no SPS', ([, packet]) => {
  expect(readSequenceParameters(packet)).toBeUndefined();
});
