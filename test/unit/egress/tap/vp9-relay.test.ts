import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { boundPorts } from '../../../../src/egress/tap/bound-ports.ts';
import { PortPairs } from '../../../../src/egress/tap/port-pairs.ts';
import { Vp9Relay } from '../../../../src/egress/tap/vp9-relay.ts';
import { rtpPacket } from '../../../fixtures/rtp-packet.ts';

/** A socket on 127.0.0.1 that keeps what it gets. */
async function listen(port: number) {
  const socket = createSocket('udp4');
  onTestFinished(() => {
    socket.close();
  });
  const heard: Buffer[] = [];
  socket.on('message', (packet) => heard.push(packet));
  socket.bind(port, '127.0.0.1');
  await once(socket, 'listening');
  return { socket, heard };
}

/** Below those that the system gives away (32768 and more). */
async function leasePairs() {
  const pairs = new PortPairs(Math.random() / 4);
  const bound = (await boundPorts()) ?? new Set();
  return [pairs.lease(bound).port, pairs.lease(bound).port] as const;
}

test('VP9 goes on plain, RTCP as it is, and higher layers are told once', async () => {
  const [from, to] = await leasePairs();
  const [rtp, rtcp] = [await listen(to), await listen(to + 1)];
  let told = 0;
  using _relay = await Vp9Relay.open({ from, to, onLayers: () => (told += 1) });
  const higher = rtpPacket([0xa8, 0x81, 0x02, 0x02, 0x07, 1, 2]);
  for (const packet of [higher, higher, rtpPacket([0xdd, 0x81, 0x02, 0x02, 1, 2, 3])]) rtp.socket.send(packet, from, '127.0.0.1');
  rtcp.socket.send(Buffer.from('report'), from + 1, '127.0.0.1');
  await expect.poll(() => [rtp.heard, rtcp.heard].map(({ length }) => length)).toEqual([1, 1]);
  expect([...(rtp.heard[0]?.subarray(12) ?? [])]).toEqual([0x0c, 1, 2, 3]);
  expect(rtcp.heard[0]?.toString()).toBe('report');
  expect(told).toBe(1);
});

test('a port that is taken is an error, and the other one is free again', async () => {
  const [from, to] = await leasePairs();
  await listen(from + 1);
  await expect(Vp9Relay.open({ from, to, onLayers: () => undefined })).rejects.toThrow('EADDRINUSE');
  await listen(from);
});
