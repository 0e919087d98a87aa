import { randomInt } from 'node:crypto';
import type { Consumer, Router, TransportListenInfo } from 'mediasoup/types';
import type { PayloadProfile } from '../engine.ts';
import { madeOn } from '../made-on.ts';
import { codecLabel, routerCodecs } from '../router-codecs.ts';
import type { GopFeed } from './gop-feed.ts';
import type { PacketSink } from './injection.ts';

/** A router where a track is watched, and the numbers that it must use. */
export interface WatchPlace {
  readonly router: Router;
  readonly profile: PayloadProfile;
  /** Where transports for our own packets listen. */
  readonly listenInfo: TransportListenInfo;
}

/** A viewer's consumer of a producer of ours. */
export interface InjectedConsumer {
  readonly consumer: Consumer;
  readonly sink: PacketSink;
  readonly ssrc: number;
  /** What was sent is not sent again, whoever asks for it; the next packet must come after that, and begin a key frame. */
  forget(): Promise<void>;
  /** Closes both, and lets go of the feed. */
  close(): void;
}

/** The number of our packets on their way to the worker, which gives them the router's. */
export const injectedPayloadType = 96;

/** Opens a producer that we feed, beside a viewer, and lets `open` consume it. Rejects when a worker is gone; then nothing is left behind. */
export async function openInjectedConsumer(
  feed: GopFeed,
  place: WatchPlace,
  open: (producerId: string) => Promise<Consumer>,
): Promise<InjectedConsumer> {
  using held = new DisposableStack();
  held.use(feed.use());
  const { router, profile } = place;
  const socket = await feed.injector(place);
  const { transport } = socket;
  const ssrc = randomInt(1, 2 ** 32 - 1);
  const { kind: _kind, ...codec } = codecLabel(feed.codec);
  // The router's numbers count at the very moment of produce(), so nothing may be awaited between these two.
  router.updateMediaCodecs(routerCodecs(profile, feed.codec));
  const producing = transport.produce({
    kind: 'video',
    rtpParameters: { codecs: [{ ...codec, payloadType: injectedPayloadType }], encodings: [{ ssrc }], headerExtensions: [] },
  });
  const producer = held.adopt(await madeOn(transport, producing), (made) => {
    made.close();
  });
  const consumer = held.adopt(await open(producer.id), (made) => {
    made.close();
  });
  const kept = held.move();
  return {
    consumer,
    ssrc,
    sink: {
      get hasRoom() {
        return socket.hasRoom;
      },
      send: (...parts) => {
        if (!producer.closed) socket.send(...parts);
      },
    },
    forget: async () => {
      if (consumer.closed) return;
      // One after the other, as a worker takes them. Closed meanwhile: nothing is sent any more.
      await Promise.allSettled([consumer.pause(), consumer.resume()]);
    },
    close: () => {
      kept.dispose();
    },
  };
}
