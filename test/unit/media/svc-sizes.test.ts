import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readAv1Sizes } from '../../../src/media/av1-sizes.ts';
import { rtpExtension } from '../../../src/media/rtp-payload.ts';
import { readVp9Sizes } from '../../../src/media/vp9-sizes.ts';
import { rtpPacket } from '../../fixtures/rtp-packet.ts';

/** How packets of Chromium 156 begin, which sends 960×540 in three sizes, or 640×360 and 320×180 in one. */
const chromium = {
  vp9L3T3:
    '9062423d529e75c306a18165bede000410310000000000000042f81723510000bed204105000f0008701e0010e03c0021c83498342000ef008781df810d840e0907063',
  vp9L1:
    '906217297996e4f02cf7e0a5bede000417000000000000000042321d005100009bedd21002800168824983420027f016740e38241c18a200026050661fd0ff0fe8',
  av1L3T3:
    '902d4ab5b81210910c9977e51000001d01013100000000000000040356a24805020000075fc1004b80081485214eafffaaaa863cf0430c10c302afc0aaa0063c00430010c002a000a80006000040001d954926e082b04a0941b820ac1282503157f974000ca864330e222222eca8655304224230eca8775300ef008601df010d03bf021b281c08008707238191c04860e4',
  av1L1:
    '90ad39bc739ceb251c77b744bede000410310000000000000042788301510000280b08000000043cfecc01a0083010428002082084000900b44ee58840287eaaabf0',
} as const;

const layers = [
  { width: 240, height: 135 },
  { width: 480, height: 270 },
  { width: 960, height: 540 },
];

/** mediasoup's number of the dependency descriptor. */
const descriptorId = 7;

test.for([
  ['the scalability structure of VP9', () => readVp9Sizes(bytes(chromium.vp9L3T3)), layers],
  ['the scalability structure of VP9 with one layer', () => readVp9Sizes(bytes(chromium.vp9L1)), [{ width: 640, height: 360 }]],
  ['the dependency structure of AV1', () => readAv1Sizes(bytes(chromium.av1L3T3), descriptorId), layers],
  ['the sequence header of AV1', () => readAv1Sizes(bytes(chromium.av1L1), descriptorId), [{ width: 320, height: 180 }]],
] as const)('sizes are read from %s', ([, read, expected]) => {
  expect(read()).toEqual(expected);
});

const keyFrame = [0x82, 0x49, 0x83, 0x42, 0x00, 0x27, 0xf0, 0x16, 0x74, 0x0e];

test.for([
  ['a 7-bit picture id', [0x88, 0x05]],
  ['a 15-bit picture id and layer indices', [0xa8, 0x80, 0x05, 0x10, 0x07]],
  ['layer indices of the flexible mode', [0xb8, 0x05, 0x10]],
  ['a structure without sizes', [0x8a, 0x05, 0x08, 0x01, 0x04, 0x01]],
  ['nothing', [0x08]],
])('behind %s the header of a VP9 key frame tells the size', ([, descriptor]) => {
  expect(readVp9Sizes(rtpPacket([...(descriptor as number[]), ...keyFrame]))).toEqual([{ width: 640, height: 360 }]);
});

test.for([
  ['an interframe', [0xc8, 0x05, ...keyFrame]],
  ['a later packet of a key frame', [0x80, 0x05, ...keyFrame]],
  ['a larger layer of a key picture', [0xa8, 0x05, 0x02, 0x07, ...keyFrame]],
  ['a frame without the sync code', [0x88, 0x05, 0x82, 0x49, 0x83, 0x43, ...keyFrame.slice(4)]],
  ['a truncated frame', [0x88, 0x05, ...keyFrame.slice(0, 6)]],
  ['a truncated structure', [0x8a, 0x05, 0x50, 0x00, 0xf0]],
  ['nothing', []],
])('%s of VP9 tells no size', ([, payload]) => {
  expect(readVp9Sizes(rtpPacket(payload as number[]))).toBeUndefined();
});

test('packets of AV1 that begin no sequence tell no size', () => {
  expect(readAv1Sizes(rtpPacket([0x10, 0x30, 0x01]), descriptorId)).toBeUndefined(); // a frame
  expect(readAv1Sizes(rtpPacket([0x90, 0x0a]), descriptorId)).toBeUndefined(); // the rest of an OBU
  expect(readAv1Sizes(bytes(chromium.av1L1.slice(0, 80)), descriptorId)).toBeUndefined();
});

test('header extensions are found in both forms', () => {
  expect(rtpExtension(bytes(chromium.vp9L3T3), 1)).toEqual(Uint8Array.of(0x31));
  expect(rtpExtension(bytes(chromium.av1L3T3), 1)).toEqual(Uint8Array.of(0x31));
  expect(rtpExtension(bytes(chromium.av1L3T3), 7)?.length).toBe(0x5f);
  expect(rtpExtension(bytes(chromium.vp9L3T3), 7)).toBeUndefined();
  expect(rtpExtension(rtpPacket([1]), 1)).toBeUndefined();
});

test('whatever arrives is read without harm', () => {
  const property = fc.property(fc.uint8Array({ maxLength: 200 }), readHarmlessly);
  expect(fc.check(property, { numRuns: 2000 }).failed).toBe(false);
});

test('a damaged packet of a browser is read without harm', () => {
  const property = fc.property(fc.constantFrom(...Object.values(chromium)), fc.nat(), fc.nat(255), (hex, position, value) => {
    const packet = bytes(hex);
    packet[position % packet.length] = value;
    readHarmlessly(packet);
  });
  expect(fc.check(property, { numRuns: 2000 }).failed).toBe(false);
});

function readHarmlessly(packet: Uint8Array): void {
  readVp9Sizes(packet);
  readAv1Sizes(packet, descriptorId);
}

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
