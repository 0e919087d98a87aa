import { expect, test } from 'vitest';
import { beginsKeyFrame } from '../../../../src/media/instant/key-frame.ts';
import { rtpPacket } from '../../../fixtures/rtp-packet.ts';

const sps = [0x67, 0x42, 0xc0, 0x1f];

test.for([
  ['H264', 'a parameter set alone', sps, true],
  ['H264', 'a STAP-A with a parameter set first', [0x78, 0, 4, ...sps, 0, 1, 0x65], true],
  ['H264', 'a STAP-A with a parameter set after a delimiter', [0x78, 0, 2, 0x09, 0x10, 0, 4, ...sps], true],
  ['H264', 'the first fragment of a parameter set', [0x7c, 0x87, 0x42], true],
  ['H264', 'a later fragment of a parameter set', [0x7c, 0x07, 0x42], false],
  ['H264', 'a STAP-A without parameter set', [0x78, 0, 2, 0x09, 0x10, 0, 2, 0x41, 0x9a], false],
  ['H264', 'a STAP-A that is cut off', [0x78, 0, 9, 0x09], false],
  ['H264', 'the first fragment of an IDR slice: its parameter set came before', [0x7c, 0x85, 0x88], false],
  ['H264', 'a slice', [0x41, 0x9a, 2, 4], false],
  ['VP8', 'a key frame', [0x10, 0x10], true],
  ['VP8', 'a key frame with picture id of two bytes, TL0PICIDX and TID', [0x90, 0xe0, 0x80, 1, 2, 0x20, 0x10], true],
  ['VP8', 'another frame', [0x10, 0x11], false],
  ['VP8', 'a later packet of a key frame', [0x00, 0x10], false],
  ['VP8', 'another partition', [0x11, 0x10], false],
  ['VP8', 'a descriptor without frame', [0x90, 0x80, 0x05], false],
] as const)('%s: %s', ([codec, , payload, begins]) => {
  expect(beginsKeyFrame(codec, rtpPacket(payload))).toBe(begins);
});

test('a packet without payload begins nothing', () => {
  expect(beginsKeyFrame('VP8', rtpPacket([], { padding: 4 }))).toBe(false);
});
