import { createSocket } from 'node:dgram';
import * as mediasoup from 'mediasoup';
import type { Consumer, Producer, Router, Worker } from 'mediasoup/types';
import { expect, test as base } from 'vitest';
import { Pipe, type PipeEnds } from '../../src/media/pipe.ts';
import { codecLabel, originProfile, routerCodecs } from '../../src/media/router-codecs.ts';
import { vp8Frame } from '../fixtures/native-peer.ts';

const listenInfo = { protocol: 'udp', ip: '127.0.0.1' } as const;
const ssrc = 1234;
const payloadType = 101;
const profile = { audio: { opus: 109 }, video: { VP8: { payloadType: 120, rtx: 124 } } };

/** A VP8 track at an origin router, and an edge router on another worker. */
interface Stage extends Pick<PipeEnds, 'track' | 'origin' | 'edge' | 'profile' | 'listenInfo'> {
  readonly workers: readonly Worker[];
  /** How often the publisher was asked for a key frame. */
  readonly keyFrameRequests: () => number;
  /** The ends of pipes at the origin. */
  readonly near: () => readonly Consumer[];
  /** How many transports, producers and consumers of both routers are open. */
  readonly open: () => number;
  /** How many packets have left the origin through pipes. */
  readonly crossed: () => Promise<number>;
}

/** Frames of a publisher that answers no key-frame request: its key frames come every half second. */
function sendFrames(port: number): () => void {
  const socket = createSocket('udp4');
  let index = 0;
  const timer = setInterval(() => {
    const header = Buffer.from([0x80, 0x80 | payloadType, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    header.writeUInt16BE(index & 0xffff, 2);
    header.writeUInt32BE(index * 1800, 4);
    header.writeUInt32BE(ssrc, 8);
    socket.send(Buffer.concat([header, vp8Frame({ key: index % 25 === 0 })]), port, '127.0.0.1');
    index += 1;
  }, 20);
  return () => {
    clearInterval(timer);
    socket.close();
  };
}

async function produce(origin: Router): Promise<{ readonly track: Producer; readonly port: number }> {
  const inward = await origin.createPlainTransport({ listenInfo, comedia: true, rtcpMux: true });
  origin.updateMediaCodecs(routerCodecs(originProfile, 'VP8'));
  const rtcpFeedback = [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }];
  const track = await inward.produce({
    kind: 'video',
    rtpParameters: { codecs: [{ mimeType: 'video/VP8', clockRate: 90_000, payloadType, rtcpFeedback }], encodings: [{ ssrc }] },
  });
  return { track, port: inward.tuple.localPort };
}

const test = base.extend<{ stage: Stage }>({
  stage: async ({ task: _task }, use) => {
    const workers = await Promise.all([mediasoup.createWorker(), mediasoup.createWorker()]);
    const [origin, edge] = await Promise.all(workers.map(async (worker) => worker.createRouter()));
    if (origin === undefined || edge === undefined) throw new TypeError('there are two workers');
    const { track, port } = await produce(origin);
    let requests = 0;
    track.on('trace', () => (requests += 1));
    await track.enableTraceEvent(['pli']);
    const near: Consumer[] = [];
    const made: { readonly closed: boolean }[] = [];
    origin.observer.on('newtransport', ({ observer }) => observer.on('newconsumer', (consumer) => near.push(consumer)));
    for (const { observer } of [origin, edge]) {
      observer.on('newtransport', (transport) => {
        made.push(transport);
        transport.observer.on('newconsumer', (consumer) => made.push(consumer));
        transport.observer.on('newproducer', (producer) => made.push(producer));
      });
    }
    const stop = sendFrames(port);
    await expect.poll(() => track.score.length).toBeGreaterThan(0);
    const crossed = async (): Promise<number> => {
      const stats = await Promise.all(near.map(async (consumer) => consumer.getStats()));
      return stats.flat().reduce((sum, { packetCount }) => sum + packetCount, 0);
    };
    await use({
      workers,
      track,
      origin,
      edge,
      profile,
      listenInfo,
      keyFrameRequests: () => requests,
      near: () => near,
      open: () => made.filter(({ closed }) => !closed).length,
      crossed,
    });
    stop();
    for (const worker of workers) worker.close();
  },
});

/** A viewer at the edge, paused as viewers are until their DTLS is up; counts what reaches it. */
async function watch(pipe: Pipe, edge: Router): Promise<{ readonly consumer: Consumer; readonly packets: () => number }> {
  const transport = await edge.createDirectTransport();
  const codec = { ...codecLabel('VP8'), preferredPayloadType: 1, rtcpFeedback: [{ type: 'nack', parameter: 'pli' }] };
  const consumer = await pipe.consume(async (producerId) =>
    transport.consume({ producerId, rtpCapabilities: { codecs: [codec], headerExtensions: [] }, paused: true }),
  );
  let count = 0;
  consumer.on('rtp', () => (count += 1));
  return { consumer, packets: () => count };
}

test('a pipe is paused, and asks for no key frame, until somebody at the edge is sent to', async ({ stage }) => {
  const listedIn = new Set<Pipe>();
  const pipe = await Pipe.open({ ...stage, listedIn });
  const { consumer, packets } = await watch(pipe, stage.edge);
  expect(await pipe.traffic()).toEqual({ runs: false, bitrate: 0 });
  expect(stage.near()).toMatchObject([{ paused: true }]);
  expect(await stage.crossed()).toBe(0);
  expect(stage.keyFrameRequests()).toBe(0);

  await consumer.resume();
  await expect.poll(packets).toBeGreaterThan(10);
  expect(stage.keyFrameRequests()).toBeGreaterThan(0);
  await expect.poll(async () => (await pipe.traffic()).bitrate).toBeGreaterThan(10_000);
  expect([...listedIn]).toEqual([pipe]);
  pipe.close();
  expect(listedIn.size).toBe(0);
});

test('a pipe pauses with the last consumer that pauses or closes, and carries on for the next', async ({ stage }) => {
  const pipe = await Pipe.open({ ...stage, idleMs: 60_000 });
  const [first, second] = [await watch(pipe, stage.edge), await watch(pipe, stage.edge)];
  await Promise.all([first.consumer.resume(), second.consumer.resume()]);
  await expect.poll(second.packets).toBeGreaterThan(10);

  await first.consumer.pause();
  const before = second.packets();
  await expect.poll(second.packets).toBeGreaterThan(before + 10);
  second.consumer.close();
  await expect.poll(stage.near).toMatchObject([{ paused: true, closed: false }]);

  await first.consumer.resume();
  const seen = first.packets();
  await expect.poll(first.packets).toBeGreaterThan(seen + 10);
});

test('a pipe closes, and all that belongs to it, a while after its last consumer', async ({ stage }) => {
  const pipe = await Pipe.open({ ...stage, idleMs: 50 });
  const { consumer } = await watch(pipe, stage.edge);
  await consumer.resume();
  consumer.close();
  await expect.poll(() => pipe.closed).toBe(true);
  expect((await stage.origin.dump()).mapProducerIdConsumerIds).toMatchObject([{ values: [] }]);
  expect((await stage.edge.dump()).mapProducerIdConsumerIds).toEqual([]);
});

test('a pipe that a viewer takes while it waits to close stays open', async ({ stage }) => {
  const pipe = await Pipe.open({ ...stage, idleMs: 2_000 });
  const first = await watch(pipe, stage.edge);
  first.consumer.close();
  const second = await watch(pipe, stage.edge);
  await second.consumer.resume();
  await expect.poll(second.packets).toBeGreaterThan(120);
  expect(pipe.closed).toBe(false);
});

test('a consumer that cannot be made does not keep a pipe open', async ({ stage }) => {
  const pipe = await Pipe.open({ ...stage, idleMs: 50 });
  await expect(pipe.consume(async () => Promise.reject(new Error('refused')))).rejects.toThrow('refused');
  await expect.poll(() => pipe.closed).toBe(true);
});

test.for([
  [
    'the track ends',
    ({ track }: Stage): void => {
      track.close();
    },
  ],
  [
    'the origin router closes',
    ({ origin }: Stage): void => {
      origin.close();
    },
  ],
  [
    'the edge router closes',
    ({ edge }: Stage): void => {
      edge.close();
    },
  ],
  [
    'the origin’s worker dies',
    ({ workers: [first] }: Stage): void => {
      process.kill(first?.pid ?? 0, 'SIGKILL');
    },
  ],
  [
    'the edge’s worker dies',
    ({ workers: [, second] }: Stage): void => {
      process.kill(second?.pid ?? 0, 'SIGKILL');
    },
  ],
] as const)('a pipe closes with its viewers when %s', async ([, happen], { stage }) => {
  const pipe = await Pipe.open(stage);
  const { consumer } = await watch(pipe, stage.edge);
  happen(stage);
  await expect.poll(() => pipe.closed).toBe(true);
  await expect.poll(() => consumer.closed).toBe(true);
});

const losses = [
  ['track', ({ track }: Stage): void => track.close()],
  ['origin router', ({ origin }: Stage): void => origin.close()],
  ['edge router', ({ edge }: Stage): void => edge.close()],
] as const;

test.for(losses)('a pipe whose %s closes as it begins to open leaves nothing behind', async ([, lose], { stage }) => {
  const opening = Pipe.open(stage);
  lose(stage);
  await expect(opening).rejects.toThrow(/closed|not found/);
  expect(stage.open()).toBe(0);
});

test.for(losses)('a pipe whose %s closes when it is half open leaves nothing behind', async ([, lose], { stage }) => {
  stage.origin.observer.once('newtransport', ({ observer }) => {
    observer.once('newconsumer', () => {
      setImmediate(lose, stage); // the far end is asked for by then
    });
  });
  await Pipe.open(stage).catch(() => undefined); // whether it opens before it hears of its loss is a matter of luck
  await expect.poll(stage.open).toBe(0);
});
