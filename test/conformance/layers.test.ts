import { expect } from 'vitest';
import { LayeredPublisher, vp8KeyFrame, vp9Layer } from '../fixtures/native-layers.ts';
import { NativePlayer } from '../fixtures/native-peer.ts';
import { totalsOf } from '../fixtures/registry-totals.ts';
import { readOffer } from '../http/configured-gateway.ts';
import { post, publish, send, soon } from './client.ts';
import { row } from './row.ts';

const rids = ['a', 'b', 'c'] as const;
const pictures = [vp8KeyFrame(160, 90), vp8KeyFrame(320, 180), vp8KeyFrame(640, 360)];

/** Sends a frame of each layer, every 20 ms; `loses` tells which packets never leave. Dispose of it to stop. */
function stream(publisher: LayeredPublisher, loses: (rid: string, sequence: number) => boolean = () => false): Disposable {
  let sequence = 0;
  const timer = setInterval(() => {
    if (!publisher.isOpen) return;
    sequence += 1;
    for (const [index, rid] of rids.entries()) {
      const payload = pictures[index] ?? Buffer.alloc(0);
      if (!loses(rid, sequence)) publisher.send({ rid, ssrc: 1000 + index, sequence, payload });
    }
  }, 20);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

row('M06', async ({ gateway }) => {
  await using publisher = await LayeredPublisher.open(`${gateway.url}/whip/show`, { codec: 'VP8', rids });
  expect(publisher.session.answerText).toContain('a=simulcast:recv a;b;c\r\n');
  using _sending = stream(publisher);
  await expect.poll(() => gateway.registry.counts().live, soon).toBe(1);
  await using player = await NativePlayer.open(`${gateway.url}/whep/show`);
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(30);
  expect(gateway.registry.reports()[0]?.tracks[0]?.rids).toEqual([...rids]);
});

row('M03', 'layers arrive', async ({ gateway }) => {
  await using publisher = await LayeredPublisher.open(`${gateway.url}/whip/show`, { codec: 'VP8', rids });
  using _sending = stream(publisher);
  const received = async () => (await totalsOf(gateway.registry)).rtpPacketsReceived;
  await expect.poll(received, soon).toBeGreaterThan(90);
});

for (const lost of rids) {
  row('M08', `layer ${lost} of ${rids.join(', ')}, lowest first`, async ({ gateway }) => {
    await using publisher = await LayeredPublisher.open(`${gateway.url}/whip/show`, { codec: 'VP8', rids });
    let dropping = false;
    // As OBS: half of the packets are lost, and NACKs for them are not answered.
    using _sending = stream(publisher, (rid, sequence) => dropping && rid === lost && sequence % 2 === 0);
    await expect.poll(() => gateway.registry.counts().live, soon).toBe(1);
    await using player = await NativePlayer.open(`${gateway.url}/whep/show`);
    await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(30);
    dropping = true;
    for (let second = 0; second < 3; second += 1) {
      const before = player.videoPackets;
      await expect.poll(() => player.videoPackets, { timeout: 2000, interval: 20 }).toBeGreaterThan(before + 20);
    }
  });
}

row('M07', async ({ gateway }) => {
  await using publisher = await LayeredPublisher.open(`${gateway.url}/whip/show`, { codec: 'VP9', rids: [] });
  let picture = 0;
  let sequence = 0;
  const timer = setInterval(() => {
    if (!publisher.isOpen) return;
    picture += 1;
    for (const spatial of [0, 1, 2])
      publisher.send({ ssrc: 1000, sequence: (sequence += 1), payload: vp9Layer(picture, spatial), marker: spatial === 2 });
  }, 20);
  using _sending: Disposable = { [Symbol.dispose]: () => clearInterval(timer) };
  await expect.poll(() => gateway.registry.counts().live, soon).toBe(1);
  const reply = await post(`${gateway.url}/whep/show`, readOffer('chromium-whep'));
  expect(reply.status).toBe(201);
  const [worker] = await gateway.engine.workers();
  const { rtpPacketsReceived } = await totalsOf(gateway.registry);
  await expect.poll(async () => (await totalsOf(gateway.registry)).rtpPacketsReceived, soon).toBeGreaterThan(rtpPacketsReceived + 60);
  expect((await send('GET', publisher.session.location)).status).toBe(204);
  expect((await gateway.engine.workers())[0]?.pid).toBe(worker?.pid);
  expect((await publish(gateway, readOffer('chromium-vp9svc-L3T3_KEY'))).answer).not.toContain('a=simulcast');
});
