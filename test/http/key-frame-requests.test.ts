import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { type NativeEncoder, NativePlayer, NativePublisher, vp8Frame } from '../fixtures/native-peer.ts';

/** The gateway asks a publisher for a key frame of one encoding this often at most, in milliseconds, whoever wants one. */
const requestEveryMs = 300;

/** Players with payload types of several kinds: some on the origin router, some on edge routers. */
const kinds = [['H264', 'VP8'], ['VP8']] as const;

const encoders = [
  { name: 'answers with the next frame', answersAfter: 1 },
  { name: 'takes a second to answer', answersAfter: 30 },
  { name: 'ignores requests', answersAfter: Infinity },
] as const;

test.for(encoders)('requests of a burst of players and their PLIs are merged for a publisher that $name', async ({ answersAfter }) => {
  await using gateway = await openTestGateway({ workers: 2, evenly: true });
  await using peers = new AsyncDisposableStack();
  const { publisher, audience } = await openStream(gateway, peers, answersAfter);
  const before = publisher.keyFrameRequests;
  const startedAt = performance.now();

  const asking = audience.map((player) => setInterval(() => player.askForKeyFrame(), 15));
  const latecomers = await Promise.all(Array.from({ length: 8 }, async (_, index) => watch(gateway, peers, index)));
  for (const player of latecomers) await expect.poll(() => player.state).toBe('connected');
  await delay(1500);
  for (const timer of asking) clearInterval(timer);

  const tookMs = performance.now() - startedAt;
  const requests = publisher.keyFrameRequests - before;
  expect(requests).toBeGreaterThan(0);
  expect(requests).toBeLessThanOrEqual(1 + Math.ceil(tookMs / requestEveryMs));
});

test('the first request after a quiet time is passed on at once', async () => {
  await using gateway = await openTestGateway();
  await using peers = new AsyncDisposableStack();
  const { publisher, audience } = await openStream(gateway, peers, 1);
  const before = publisher.keyFrameRequests;
  audience[0]?.askForKeyFrame();
  await expect.poll(() => publisher.keyFrameRequests, { interval: 5 }).toBe(before + 1);
});

/** A publisher whose encoder answers a request after so many frames, and two players who have their picture. */
async function openStream(gateway: TestGateway, peers: AsyncDisposableStack, answersAfter: number) {
  const publisher = peers.use(await NativePublisher.open(gateway.whip('show'), { frames: encoder(answersAfter) }));
  const audience = await Promise.all([watch(gateway, peers, 0), watch(gateway, peers, 1)]);
  for (const player of audience) await expect.poll(() => player.videoPackets).toBeGreaterThan(5);
  await delay(2500); // its first frames hold key frames for all who came
  return { publisher, audience };
}

/** Sends key frames by itself at first, and then only on request. */
function encoder(answersAfter: number): NativeEncoder {
  const warmUp = 60;
  let answered = 0;
  let keyFrameAt = warmUp;
  return (index, requests) => {
    if (requests > answered && keyFrameAt < index) {
      answered = requests;
      keyFrameAt = index + answersAfter - 1;
    }
    const key = index < warmUp ? index % 10 === 1 : index === keyFrameAt;
    return { payload: vp8Frame({ key }), timestamp: index * 3000 };
  };
}

async function watch(gateway: TestGateway, peers: AsyncDisposableStack, index: number): Promise<NativePlayer> {
  return peers.use(await NativePlayer.open(gateway.whep('show'), { codecs: kinds[index % kinds.length] ?? kinds[0] }));
}
