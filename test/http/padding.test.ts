import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import * as mediasoup from 'mediasoup';
import type { PlainTransport, Router } from 'mediasoup/types';
import { expect, test as base } from 'vitest';
import type { MediaEngine } from '../../src/media/engine.ts';
import type { SubscriberTransport } from '../../src/media/transport.ts';
import { Padding, paddingCapabilities, paddingPayloadType } from '../../src/media/padding.ts';
import { openTestGateway } from '../fixtures/gateway.ts';
import { NativePlayer, NativePublisher, payloadTypes } from '../fixtures/native-peer.ts';

const soon = { interval: 20 };

interface Viewer {
  readonly router: Router;
  readonly transport: PlainTransport;
  readonly padding: Padding;
  /** RTP packets that came. */
  readonly packets: Buffer[];
}

const isRtp = (packet: Buffer): boolean => packet.readUInt8(1) < 192 || packet.readUInt8(1) > 223;
const ssrcOf = (packet: Buffer): number => packet.readUInt32BE(8);

async function listen(packets: Buffer[]): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('message', (packet) => {
    if (isRtp(packet)) packets.push(packet);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** A viewer of whom we see every packet. */
const test = base.extend<{ viewer: Viewer }>({
  viewer: async ({ task: _task }, use) => {
    const worker = await mediasoup.createWorker();
    const router = await worker.createRouter();
    const transport = await router.createPlainTransport({ listenInfo: { protocol: 'udp', ip: '127.0.0.1' }, rtcpMux: true });
    const packets: Buffer[] = [];
    const socket = await listen(packets);
    await transport.connect({ ip: '127.0.0.1', port: socket.address().port });
    const open = async (producerId: string) => transport.consume({ producerId, rtpCapabilities: paddingCapabilities, paused: true });
    await use({ router, transport, packets, padding: new Padding({ router, open }) });
    socket.close();
    worker.close();
  },
});

test('what is asked for is sent, with a number that nobody offers, until it is no longer wanted', async ({
  viewer: { padding, packets },
}) => {
  await padding.send(800_000);
  await expect.poll(() => packets.length, soon).toBeGreaterThan(30);
  expect(new Set(packets.map((packet) => packet.readUInt8(1) & 0x7f))).toEqual(new Set([paddingPayloadType]));
  await padding.send(0);
  const sent = packets.length;
  const later = Date.now() + 300;
  await expect.poll(() => Date.now(), soon).toBeGreaterThan(later);
  expect(packets.length).toBeLessThanOrEqual(sent + 1);
});

test('there is as much of it as is asked for', async ({ viewer: { padding, packets } }) => {
  await padding.send(400_000);
  await expect.poll(() => packets.length, soon).toBeGreaterThan(0);
  const [before, startMs] = [packets.length, performance.now()];
  await expect.poll(() => packets.length, soon).toBeGreaterThan(before + 50);
  const bits = packets.slice(before).reduce((sum, { length }) => sum + 8 * length, 0);
  // A busy machine sends less than it should, and forgets it; it never sends more.
  expect((bits * 1000) / (performance.now() - startMs)).toBeLessThan(440_000);
  await padding.send(0);
});

test('it goes on with the same SSRC and the next sequence number, so that no player has to remember more of it', async ({
  viewer: { padding, packets },
}) => {
  await padding.send(800_000);
  await expect.poll(() => packets.length, soon).toBeGreaterThan(5);
  await padding.send(0);
  const sent = packets.length;
  await padding.send(800_000);
  await expect.poll(() => packets.length, soon).toBeGreaterThan(sent + 5);
  expect(new Set(packets.map(ssrcOf)).size).toBe(1);
  const sequences = packets.map((packet) => packet.readUInt16BE(2));
  expect(sequences).toEqual(sequences.map((_none, index) => ((sequences[0] ?? 0) + index) % 0x10000));
  await padding.send(0);
});

test('nothing is made while none is wanted, and nothing stays when the viewer goes, also while it opens', async ({
  viewer: { padding, router, transport },
}) => {
  const made: { readonly closed: boolean }[] = [];
  router.observer.on('newtransport', (opened) => made.push(opened));
  await padding.send(0);
  expect(made).toEqual([]);
  await padding.send(100_000);
  expect(made.map(({ closed }) => closed)).toEqual([false]);
  transport.close();
  await expect.poll(() => made.map(({ closed }) => closed), soon).toEqual([true]);
  const late = new Padding({ router, open: async () => Promise.reject(new Error('gone')) });
  await expect(late.send(100_000)).rejects.toThrow('gone');
  await expect.poll(() => made.map(({ closed }) => closed), soon).toEqual([true, true]);
});

test('changes that overtake each other end with the last one', async ({ viewer: { padding, packets } }) => {
  await Promise.all([padding.send(800_000), padding.send(0), padding.send(400_000), padding.send(0)]);
  const sent = packets.length;
  const later = Date.now() + 300;
  await expect.poll(() => Date.now(), soon).toBeGreaterThan(later);
  expect(packets.length).toBeLessThanOrEqual(sent + 1);
  await Promise.all([padding.send(0), padding.send(800_000)]);
  await expect.poll(() => packets.length, soon).toBeGreaterThan(sent + 5);
  padding.close();
  padding.close();
});

/** Puts aside what viewers get their media from. */
function keeping(transports: SubscriberTransport[]): (engine: MediaEngine) => MediaEngine {
  return (engine) => {
    const openStream = engine.openStream.bind(engine);
    engine.openStream = () => {
      const media = openStream();
      const openSubscriber = media.openSubscriber.bind(media);
      media.openSubscriber = async (profile) => {
        const transport = await openSubscriber(profile);
        transports.push(transport);
        return transport;
      };
      return media;
    };
    return engine;
  };
}

test('libdatachannel drops it unseen', async () => {
  const transports: SubscriberTransport[] = [];
  await using gateway = await openTestGateway({ wrapEngine: keeping(transports) });
  await using _publisher = await NativePublisher.open(gateway.whip('show'));
  await using player = await NativePlayer.open(gateway.whep('show'), { codecs: ['VP8'] });
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(30);
  const bytes = async (): Promise<number> => (await transports[0]?.totals())?.rtpBytesSent ?? 0;
  const [before, sent] = [player.videoPackets, await bytes()];
  await transports[0]?.pad(600_000);
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(before + 90);
  expect((await bytes()) - sent).toBeGreaterThan(100_000);
  expect([...player.packets.keys()].toSorted((a, b) => a - b)).toEqual([payloadTypes.VP8, payloadTypes.opus]);
  const steps = player.video.slice(1).map(({ sequence }, index) => (sequence - (player.video[index]?.sequence ?? 0)) & 0xffff);
  expect(new Set(steps)).toEqual(new Set([1]));
  expect(player.states).toEqual(['connected']);
});
