import { setTimeout as delay } from 'node:timers/promises';
import * as mediasoup from 'mediasoup';
import { expect, test } from 'vitest';
import { originProfile, routerCodecs } from '../../src/media/router-codecs.ts';
import { RtpSocket } from '../../src/media/rtp-socket.ts';
import { vp8Packet } from '../unit/media/instant/packets.ts';

const stream = { ssrc: 1234, payloadType: 101, packetBytes: 1200 } as const;

/** Many more than any buffer holds. */
const plenty = 20_000;

test('a worker that stands still loses nothing of what it is sent as far as there is room', { timeout: 30_000 }, async () => {
  await using opened = new AsyncDisposableStack();
  const worker = opened.adopt(await mediasoup.createWorker(), (one) => {
    one.close();
  });
  const router = await worker.createRouter();
  const socket = await RtpSocket.open(router, { protocol: 'udp', ip: '127.0.0.1' });
  router.updateMediaCodecs(routerCodecs(originProfile, 'VP8'));
  const producer = await socket.transport.produce({
    kind: 'video',
    rtpParameters: { codecs: [{ mimeType: 'video/VP8', clockRate: 90_000, payloadType: 101 }], encodings: [{ ssrc: stream.ssrc }] },
  });
  let sent = 0;
  const fill = (): void => {
    for (; socket.hasRoom && sent < plenty; sent += 1) socket.send(packet(sent));
  };
  const received = async (): Promise<number> => (await producer.getStats())[0]?.packetCount ?? 0;

  process.kill(worker.pid, 'SIGSTOP');
  opened.defer(() => void process.kill(worker.pid, 'SIGCONT'));
  for (let looks = 0; looks < 20; looks += 1) {
    fill();
    await delay(2);
  }
  expect(sent).toBeGreaterThan(20);
  expect(sent).toBeLessThan(plenty);
  const whileStopped = sent;
  process.kill(worker.pid, 'SIGCONT');
  await expect.poll(received).toBe(whileStopped);
  await expect.poll(() => socket.hasRoom).toBe(true);
  fill();
  await expect.poll(received).toBe(sent);
  expect(sent).toBeGreaterThan(whileStopped);
});

function packet(sequence: number): Uint8Array {
  const made = Buffer.from(vp8Packet(sequence, sequence * 3000, { key: sequence === 0, bytes: stream.packetBytes }));
  made.writeUInt8(stream.payloadType, 1);
  made.writeUInt32BE(stream.ssrc, 8);
  return made;
}
