import { afterEach, expect, test, vi } from 'vitest';
import { GopFeed } from '../../src/media/instant/gop-feed.ts';
import { WebRtcPublisherTransport } from '../../src/media/publisher-transport.ts';
import { DeafPublisher } from '../fixtures/deaf-publisher.ts';
import { openTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { NativePlayer } from '../fixtures/native-peer.ts';
import { totalsOf } from '../fixtures/registry-totals.ts';

type Moment = (gateway: TestGateway, act: () => unknown) => void;

const patience = { timeout: 20_000, interval: 20 };

/** With the first viewer. */
const moments: Readonly<Record<string, Moment>> = {
  'as a viewer’s tracks are opened': (_gateway, act) => {
    vi.spyOn(GopFeed.prototype, 'injector').mockImplementationOnce(async function (this: GopFeed, place) {
      const opening = this.injector(place);
      act();
      return opening;
    });
  },
  'before a viewer has connected': ({ registry }, act) => {
    registry.observer.on('opened', ({ kind }) => {
      if (kind === 'subscribe') act();
    });
  },
  'while a viewer is shown the present one': ({ registry }, act) => {
    registry.observer.on('media', ({ kind }) => {
      if (kind === 'subscribe') act();
    });
  },
};

afterEach(() => {
  vi.restoreAllMocks();
});

test.for(Object.entries(moments))(
  'a stream whose pictures are no longer kept from the moment %s is seen all the same',
  { timeout: 60_000 },
  async ([, when]) => {
    await using gateway = await openTestGateway();
    const produce = vi.spyOn(WebRtcPublisherTransport.prototype, 'produce');
    await using publisher = await DeafPublisher.open(gateway.whip('show'), { gopFrames: 60, audio: false });
    await expect.poll(() => publisher.keyFrames.length, patience).toBeGreaterThan(1);
    let joined = 0;
    gateway.engine.observer.on('instantjoin', () => (joined += 1));
    when(gateway, () => {
      for (const { type, value } of produce.mock.settledResults) if (type === 'fulfilled') value.keepGop(false);
    });

    await using _player = await NativePlayer.open(gateway.whep('show'), { codecs: ['H264'], userAgent: 'Mozilla/5.0' });
    await expect.poll(() => joined, patience).toBe(1);
    const sentBytes = async (): Promise<number> => (await totalsOf(gateway.registry)).rtpBytesSent;
    const before = await sentBytes();
    await expect.poll(sentBytes, patience).toBeGreaterThan(before + 500_000);
  },
);
