import { expect, test } from 'vitest';
import { plainVp9 } from '../../../src/media/vp9-plain.ts';
import { rtpPacket } from '../../fixtures/rtp-packet.ts';

const frame = [0x82, 0x49, 0x83, 0x42];

test.for([
  ['a key frame with its structure, as Chromium sends it', [0x9b, 0x81, 0x02, 0x18, 0x02, 0x80, 0x01, 0x68, 0x01, 0x04, 0x01], 0x08],
  ['an interframe in flexible mode', [0xdd, 0x81, 0x02, 0x02], 0x0c],
  ['the middle of a frame', [0x91, 0x81, 0x02], 0x00],
  ['the end of one with temporal layers', [0xa4, 0x81, 0x02, 0x40, 0x07], 0x04],
  ['one that is plain already', [0x0c], 0x0c],
] as const)('%s has one byte before its frame', ([, descriptor, flags]) => {
  const packet = rtpPacket([...descriptor, ...frame]);
  const header = Uint8Array.from(packet.subarray(0, 12));
  const plain = plainVp9(packet);
  if (!(plain instanceof Uint8Array)) throw new TypeError('it is VP9');
  expect([...plain.subarray(12)]).toEqual([flags, ...frame]);
  expect(plain.subarray(1, 12)).toEqual(header.subarray(1));
});

test('header extensions, sources and padding go', () => {
  const payload = [0xdd, 0x81, 0x02, 0x02, ...frame];
  const header = [0xb1, 0xe2, 0x01, 0x02, 0, 0, 0, 1, 0, 0, 0, 2];
  const packet = Uint8Array.from([...header, 0, 0, 0, 9, 0xbe, 0xde, 0, 1, 0x10, 0xff, 0, 0, ...payload, 0, 0, 3]);
  expect(plainVp9(packet)).toEqual(Uint8Array.from([0x80, ...header.slice(1), 0x0c, ...frame]));
});

test('a higher spatial layer is told, and what is too short is nothing', () => {
  expect(plainVp9(rtpPacket([0xa8, 0x81, 0x02, 0x02, 0x07, ...frame]))).toBe('several layers');
  expect(plainVp9(rtpPacket([0x9b, 0x81]))).toBeUndefined();
  expect(plainVp9(new Uint8Array(12))).toBeUndefined();
});
