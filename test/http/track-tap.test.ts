import { createSocket } from 'node:dgram';
import * as mediasoup from 'mediasoup';
import { expect, test } from 'vitest';
import { originProfile, routerCodecs } from '../../src/media/router-codecs.ts';
import { rtpTimestamp } from '../../src/media/rtp-header.ts';
import { TrackTap } from '../../src/media/track-tap.ts';
import { vp8Frame } from '../fixtures/native-peer.ts';

const listenInfo = { protocol: 'udp', ip: '127.0.0.1' } as const;
/** Between packets, which their timestamps number. */
const ticks = 450;
const track = { ssrc: 1234, payloadType: 101 } as const;

/** One frame in one packet, of 1.2 kB. */
function packetOf(sequence: number): Buffer {
  const packet = Buffer.alloc(1200);
  packet.set([0x80, 0x80 | track.payloadType]);
  packet.writeUInt16BE(sequence & 0xffff, 2);
  packet.writeUInt32BE(sequence * ticks, 4);
  packet.writeUInt32BE(track.ssrc, 8);
  packet.set(vp8Frame({ key: sequence % 50 === 0 }), 12);
  return packet;
}

test('a tap misses nothing when Node stands still and the socket overflows', { timeout: 30_000 }, async () => {
  await using held = new AsyncDisposableStack();
  const worker = held.adopt(await mediasoup.createWorker(), (one) => {
    one.close();
  });
  const router = await worker.createRouter();
  const inward = await router.createPlainTransport({
    listenInfo: { ...listenInfo, recvBufferSize: 4_194_304 },
    comedia: true,
    rtcpMux: true,
  });
  router.updateMediaCodecs(routerCodecs(originProfile, 'VP8'));
  const producer = await inward.produce({
    kind: 'video',
    rtpParameters: {
      codecs: [{ mimeType: 'video/VP8', clockRate: 90_000, payloadType: track.payloadType, rtcpFeedback: [{ type: 'nack' }] }],
      encodings: [{ ssrc: track.ssrc }],
    },
  });
  const socket = held.adopt(createSocket('udp4'), (one) => {
    one.close();
  });
  let sent = 0;
  const send = (): void => {
    socket.send(packetOf(sent), inward.tuple.localPort, '127.0.0.1');
    sent += 1;
  };
  const arrived: number[] = [];
  const tap = new TrackTap({ router, listenInfo: { ...listenInfo, recvBufferSize: 32_768 } }, producer);
  held.use(tap.read({ packet: (packet) => void arrived.push(rtpTimestamp(packet) / ticks) }));
  held.adopt(setInterval(send, 10), clearInterval);
  await expect.poll(() => arrived.length).toBeGreaterThan(10);

  const pause = new Int32Array(new SharedArrayBuffer(4));
  for (let index = 0; index < 150; index += 1) {
    send();
    Atomics.wait(pause, 0, 0, 1);
  }
  const last = sent;
  const first = Math.min(...arrived);
  const numbers = Array.from({ length: last - first }, (_, index) => first + index);
  await expect.poll(() => arrived.filter((sequence) => sequence < last).toSorted((a, b) => a - b)).toEqual(numbers);
  expect(arrived).not.toEqual(arrived.toSorted((a, b) => a - b)); // else the socket has lost nothing
});
