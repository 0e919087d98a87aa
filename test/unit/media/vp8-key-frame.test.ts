import { expect, test } from 'vitest';
import { readVp8KeyFrameSize } from '../../../src/media/vp8-key-frame.ts';
import { rtpPacket } from '../../fixtures/rtp-packet.ts';

const keyFrame = [0x10, 0x02, 0x00, 0x9d, 0x01, 0x2a, 0x00, 0x05, 0xd0, 0x02];

test.for([
  ['a bare descriptor', [0x10]],
  ['a 7-bit picture id', [0x90, 0x80, 0x11]],
  ['a 15-bit picture id, TL0PICIDX and temporal layer', [0x90, 0xe0, 0x81, 0x11, 0x05, 0x20]],
] as const)('the size of a key frame is read behind %s', ([, descriptor]) => {
  expect(readVp8KeyFrameSize(rtpPacket([...descriptor, ...keyFrame]))).toEqual({ width: 1280, height: 720 });
});

test('scaling bits are not part of the size', () => {
  expect(readVp8KeyFrameSize(rtpPacket([0x10, ...keyFrame.slice(0, 7), 0x45, 0xd0, 0x82]))).toEqual({ width: 1280, height: 720 });
});

test.for([
  ['an interframe', [0x10, 0x11, ...keyFrame.slice(1)]],
  ['a later packet of a key frame', [0x00, ...keyFrame]],
  ['a later partition', [0x11, ...keyFrame]],
  ['a frame without the start code', [0x10, ...keyFrame.slice(0, 3), 1, 2, 3, ...keyFrame.slice(6)]],
  ['a truncated frame', [0x10, ...keyFrame.slice(0, 5)]],
  ['nothing', []],
] as const)('%s has no size', ([, payload]) => {
  expect(readVp8KeyFrameSize(rtpPacket(payload))).toBeUndefined();
});
