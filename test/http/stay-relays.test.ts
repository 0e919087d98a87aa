import * as mediasoup from 'mediasoup';
import type { Consumer } from 'mediasoup/types';
import { expect, test } from 'vitest';
import type { RelaySource } from '../../src/media/instant/relay-source.ts';
import { StayRelays } from '../../src/media/instant/stay-relays.ts';
import { codecLabel } from '../../src/media/router-codecs.ts';

const profile = { audio: { opus: 109 }, video: { VP8: { payloadType: 120, rtx: 124 } } };
const silence: RelaySource = {
  presentGop: () => [],
  follow: () => ({ [Symbol.dispose]: () => undefined }),
  askForKeyFrame: () => undefined,
};

test('a player that comes in the very moment in which the last one leaves is served', async () => {
  await using opened = new AsyncDisposableStack();
  const worker = opened.adopt(await mediasoup.createWorker(), (one) => {
    one.close();
  });
  const router = await worker.createRouter();
  const transport = await router.createDirectTransport();
  const open = async (producerId: string): Promise<Consumer> => {
    const codec = { ...codecLabel('VP8'), preferredPayloadType: 1, rtcpFeedback: [] };
    return transport.consume({ producerId, rtpCapabilities: { codecs: [codec], headerExtensions: [] }, paused: true });
  };
  const relays = new StayRelays({ router, profile, listenInfo: { protocol: 'udp', ip: '127.0.0.1' } });
  const join = async () => relays.consume('VP8', { source: silence, open });

  for (const moments of Array(12).keys()) {
    const last = await join();
    const coming = join();
    for (const _moment of Array(moments).keys()) await Promise.resolve();
    last.consumer.close();
    const { relay, consumer } = await coming;
    expect([relay.closed, consumer.closed]).toEqual([false, false]);
    consumer.close();
    expect(relay.closed).toBe(true);
  }
});
