import { expect, test } from 'vitest';
import type { PlacedPacket } from '../../../../src/media/instant/gop-cache.ts';
import { Injection } from '../../../../src/media/instant/injection.ts';
import { rtpSequence, rtpTimestamp } from '../../../../src/media/rtp-header.ts';
import { vp8Packet } from './packets.ts';

const frameTicks = 3000;

/** One packet in each frame; the first begins a GOP. */
function gopOf(first: number, count: number): PlacedPacket[] {
  return Array.from({ length: count }, (_, index) => placed(first + index, index === 0));
}

function placed(sequence: number, beginsGop = false): PlacedPacket {
  const timestamp = sequence * frameTicks;
  return { packet: vp8Packet(sequence, timestamp, { key: beginsGop }), sequence, timestamp, arrivedMs: sequence * 33, beginsGop };
}

/** What is injected into a stream whose numbers go on at `begin`. */
function injected(gop: readonly PlacedPacket[], begin: number): { readonly injection: Injection; readonly sent: Buffer[] } {
  const sent: Buffer[] = [];
  const sink = { hasRoom: true, send: (...parts: Uint8Array[]) => void sent.push(Buffer.concat(parts)) };
  const offsets = { sequence: begin - (gop[0]?.sequence ?? 0), timestamp: 500 };
  return { injection: new Injection({ sink, codec: 'VP8', ssrc: 1, payloadType: 96, clockRate: 90_000, offsets }, gop, 0), sent };
}

/** That numbers go on one by one, and no frame has the time of one before. */
function expectInOrder(sent: readonly Buffer[], begin: number): void {
  expect(sent.map(rtpSequence)).toEqual(sent.map((_, index) => begin + index));
  const times = sent.map(rtpTimestamp);
  expect(times).toEqual([...new Set(times)].toSorted((one, other) => one - other));
}

test('a GOP that is replayed again goes on in the numbers and times of what was sent, and live packets follow', () => {
  const gop = gopOf(100, 10);
  const { injection, sent } = injected(gop, 7);
  injection.flush();
  const live = placed(110);
  injection.push(live);
  injection.flush();
  injection.repeat([...gop, live], 400);
  expect(injection.isRepeating).toBe(true);
  injection.flush();
  expect(injection.isRepeating).toBe(false);
  injection.push(placed(111));
  injection.flush();
  expect(sent).toHaveLength(10 + 1 + 11 + 1);
  expectInOrder(sent, 7);
  expect(injection.highest).toBe(7 + 22);
  expect(rtpTimestamp(sent.at(-1) ?? Buffer.alloc(8))).toBe(111 * frameTicks + 500);
});

test('what was still to come of a replay is dropped for the next one, which is paced as the first', () => {
  const gop = gopOf(100, 40);
  const { injection, sent } = injected(gop, 7);
  injection.pump(0);
  const before = sent.length;
  expect(before).toBeGreaterThan(0);
  expect(before).toBeLessThan(40);
  injection.repeat(gop, 5);
  injection.pump(5);
  expect(sent.length).toBeLessThan(before + 40);
  injection.flush();
  expect(sent).toHaveLength(before + 40);
  expectInOrder(sent, 7);
});

test('a late packet of the GOP takes its place in the one that is replayed again', () => {
  const gop = gopOf(100, 10);
  const late = gop[4] ?? placed(104);
  const { injection, sent } = injected(gop.toSpliced(4, 1), 7);
  injection.flush();
  injection.repeat(gop.toSpliced(4, 1), 400);
  injection.flush();
  injection.push(late);
  injection.flush();
  expect(
    sent
      .map(rtpSequence)
      .toSorted((one, other) => one - other)
      .slice(-10),
  ).toEqual(Array.from({ length: 10 }, (_, index) => 17 + index));
});

test('pictures that are shown again have other IDs than before, and so have those that follow', () => {
  const pictures = (first: number): PlacedPacket[] =>
    Array.from({ length: 3 }, (_, index) => withPictureId(placed(first + index, index === 0), 2 ** 15 - 2 + index));
  const shared = pictures(100);
  const before = shared.map(({ packet }) => Uint8Array.from(packet));
  const { injection, sent } = injected(shared, 7);
  injection.flush();
  injection.repeat(shared, 400);
  injection.push(withPictureId(placed(103), 1));
  injection.flush();
  expect(sent.map((packet) => packet.readUInt16BE(14) & 0x7fff)).toEqual([32766, 32767, 0, 1, 2, 3, 4]);
  expect(shared.map(({ packet }) => Uint8Array.from(packet))).toEqual(before);
});

/** The same packet with a picture ID of 15 bits. */
function withPictureId({ packet, ...place }: PlacedPacket, id: number): PlacedPacket {
  const payload = packet.subarray(13);
  const descriptor = [0x90, 0x80, 0x80 | ((id >> 8) & 0x7f), id & 0xff];
  return { ...place, packet: Uint8Array.from([...packet.subarray(0, 12), ...descriptor, ...payload]) };
}

test('before anything was sent there is nothing to be repeated', () => {
  const { injection, sent } = injected(gopOf(100, 3), 7);
  injection.repeat(gopOf(100, 3), 0);
  expect(injection.isRepeating).toBe(false);
  injection.flush();
  expectInOrder(sent, 7);
});

/** The same moments in another encoding, which counts by itself. */
function otherEncoding(gop: readonly PlacedPacket[]): PlacedPacket[] {
  return gop.map(({ sequence, timestamp, beginsGop, arrivedMs }) => {
    const own = { sequence: sequence + 60_000, timestamp: (timestamp + 2 ** 32 - 400_000) % 2 ** 32 };
    return { ...own, packet: vp8Packet(own.sequence, own.timestamp, { key: beginsGop }), arrivedMs, beginsGop };
  });
}

test('another encoding goes on in the numbers and times of what was sent, at its own pace, and live packets follow in true time', () => {
  const gop = gopOf(100, 40);
  const { injection, sent } = injected(gop, 7);
  injection.pump(0);
  const before = sent.length;
  expect(before).toBeLessThan(40);
  injection.change(otherEncoding(gop), 300_000, 10);
  const [live] = otherEncoding([placed(140)]);
  injection.pump(10);
  injection.pump(20);
  expect(injection.isLive).toBe(false);
  injection.flush();
  if (live !== undefined) injection.push(live);
  injection.flush();
  expect(sent).toHaveLength(before + 40 + 1);
  expectInOrder(sent, 7);
  expect(rtpTimestamp(sent.at(-1) ?? Buffer.alloc(8))).toBe(140 * frameTicks + 500);
});

test('a player that is behind with another encoding is sent the next GOP instead of the rest of the one before', () => {
  const gop = gopOf(100, 40);
  const { injection, sent } = injected(gop, 7);
  injection.pump(0);
  injection.change(otherEncoding(gop), 300_000, 10);
  injection.pump(10);
  const before = sent.length;
  expect(injection.isLive).toBe(false);
  const next = otherEncoding(gopOf(140, 3));
  for (const packet of next) injection.push(packet);
  injection.flush();
  expect(sent).toHaveLength(before + 3);
  expectInOrder(sent, 7);
  expect(rtpTimestamp(sent.at(-1) ?? Buffer.alloc(8))).toBe(142 * frameTicks + 500);
});

test('a publisher’s clock is told in the times that another encoding got', () => {
  const gop = gopOf(100, 10);
  const { injection, sent } = injected(gop, 100);
  injection.flush();
  const small = otherEncoding(gop);
  injection.change(small, 300_000, 4000);
  injection.tell({ ntpSec: 1, ntpFrac: 0, timestamp: small.at(-1)?.timestamp ?? 0, arrivedMs: 4000 }, 4000);
  expect(sent.at(-1)?.readUInt32BE(16)).toBe(109 * frameTicks + 500);
});

test('what there is no room for waits, and no pace is lost with it', () => {
  const gop = gopOf(100, 3);
  let room = 1;
  const sent: Uint8Array[] = [];
  const send = (header: Uint8Array): void => {
    room -= 1;
    sent.push(header);
  };
  const sink = {
    get hasRoom() {
      return room > 0;
    },
    send,
  };
  const injection = new Injection({ sink, codec: 'VP8', ssrc: 1, payloadType: 96, clockRate: 90_000 }, gop, 0);
  expect(injection.hasBegun).toBe(false);
  for (const nowMs of [0, 100, 200]) injection.pump(nowMs);
  expect(injection.hasBegun).toBe(true);
  expect(sent).toHaveLength(1);
  room = 2;
  injection.pump(300);
  expect(sent).toHaveLength(3);
  expect(injection.isLive).toBe(true);
});
