import { expect, test } from 'vitest';
import { emptyPacket, rewritten, rewrittenParts } from '../../../../src/media/instant/rtp-rewriter.ts';
import { rtpPacket } from '../../../fixtures/rtp-packet.ts';

test('a packet keeps its marker and its payload, and nothing else', () => {
  const packet = rtpPacket([1, 2, 3], { csrcs: 2, extensionWords: 3, padding: 4 });
  packet[1] = 0x80 | 108;
  const copy = rewritten(packet, { ssrc: 0xdeadbeef, payloadType: 96, sequence: 65_536 + 7, timestamp: 2 ** 32 + 5 });
  expect(copy?.toString('hex')).toBe('80e0000700000005deadbeef010203');
});

test('in parts it is the same, with the payload of the packet itself', () => {
  const packet = rtpPacket([1, 2, 3], { extensionWords: 1 });
  const header = { ssrc: 1, payloadType: 96, sequence: 2, timestamp: 3 };
  const parts = rewrittenParts(packet, header);
  expect(parts && Buffer.concat(parts)).toEqual(rewritten(packet, header));
  expect(parts?.[1].buffer).toBe(packet.buffer);
  expect(rewritten(packet, header)?.buffer).not.toBe(packet.buffer);
});

test('a packet of padding only is left out', () => {
  expect(rewritten(rtpPacket([], { padding: 8 }), { ssrc: 1, payloadType: 96, sequence: 1, timestamp: 1 })).toBeUndefined();
});

test('an empty packet keeps the place of one that is left out', () => {
  const packet = emptyPacket({ ssrc: 0xdeadbeef, payloadType: 96, sequence: 65_536 + 7, timestamp: 5 });
  expect(packet.toString('hex')).toBe('8060000700000005deadbeef');
});
