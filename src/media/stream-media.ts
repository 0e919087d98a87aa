import type { Consumer, Router } from 'mediasoup/types';
import { GatewayError } from '../errors.ts';
import type { LegOrder, LocalLeg, PayloadProfile, StreamMedia } from './engine.ts';
import type { PublisherTransport, SubscriberTransport } from './transport.ts';
import type { ProducerTrack } from './incoming-track.ts';
import type { JoinDesk } from './instant/join-desk.ts';
import { StayRelays } from './instant/stay-relays.ts';
import { Pipe, type PipeEnds } from './pipe.ts';
import type { Presence } from './placement.ts';
import { openLocalLegs } from './replay/local-legs.ts';
import { WebRtcPublisherTransport } from './publisher-transport.ts';
import { covers, originProfile, profileKey } from './router-codecs.ts';
import { type LocalConsumer, type OpenConsumer, type ViewerPlace, WebRtcSubscriberTransport } from './subscriber-transport.ts';
import { ViewerTransports } from './viewer-transports.ts';
import { createWebRtcTransport } from './webrtc-transport.ts';
import type { WorkerPool } from './worker-pool.ts';
import type { WorkerHome } from './worker-process.ts';

/** A router of one stream, on one worker, with one set of payload types. */
interface StreamRouter {
  readonly home: WorkerHome;
  readonly router: Router;
}

/** What an edge router needs to consume a track of its origin router. */
interface PipedConsume extends Pick<PipeEnds, 'origin' | 'listenInfo' | 'listedIn'> {
  readonly open: OpenConsumer;
}

/** A {@link StreamRouter} that viewers share; closed with the last of them. */
class EdgeRouter {
  readonly home: WorkerHome;
  readonly opened: Promise<Router>;
  viewers = 0;
  readonly #profile: PayloadProfile;
  /** The pipe of each track that is watched here; weak, because tracks and edges outlive each other. */
  readonly #pipes = new WeakMap<ProducerTrack, Promise<Pipe>>();

  constructor(home: WorkerHome, profile: PayloadProfile) {
    this.home = home;
    this.#profile = profile;
    this.opened = openRouter(home);
  }

  /** Consumes a track here; one pipe serves all viewers. */
  async consume(track: ProducerTrack, { open, ...by }: PipedConsume): Promise<Consumer> {
    const opening = this.#pipes.get(track) ?? this.#openPipe(track, by);
    const pipe = await opening;
    if (!pipe.closed) return pipe.consume(open);
    if (this.#pipes.get(track) === opening) this.#pipes.delete(track);
    return this.consume(track, { open, ...by });
  }

  close(): void {
    // A router that never opened has told its viewers already.
    this.opened.then((router) => router.close()).catch(() => undefined);
  }

  #openPipe(track: ProducerTrack, by: Omit<PipedConsume, 'open'>): Promise<Pipe> {
    const pipe = this.opened.then(async (edge) => Pipe.open({ track: track.producer, edge, profile: this.#profile, ...by }));
    this.#pipes.set(track, pipe);
    pipe.catch(() => this.#pipes.delete(track)); // the viewers who waited for it are told by the promise itself; the next one tries anew
    return pipe;
  }
}

/** {@link StreamMedia} on mediasoup routers: a star of pipes from the origin router to edge routers (media-notes §1.2). */
export class RoutedStream implements StreamMedia {
  readonly #pool: WorkerPool;
  readonly #joins: JoinDesk;
  readonly #places = new WeakMap<Router, ViewerPlace>();
  readonly #edges = new Map<string, EdgeRouter>();
  #origin: Promise<StreamRouter> | undefined;
  #closed = false;

  constructor(pool: WorkerPool, joins: JoinDesk) {
    this.#pool = pool;
    this.#joins = joins;
  }

  async openPublisher(): Promise<PublisherTransport> {
    const { home, router } = await this.#openOrigin();
    const { release } = this.#pool.placePublisher(home);
    try {
      const transport = await createWebRtcTransport(router, home);
      const place = { router, listenInfo: this.#pool.pipeListenInfo };
      return new WebRtcPublisherTransport(place, transport, { home, released: release, joins: this.#joins });
    } catch (error) {
      release();
      throw error;
    }
  }

  async openSubscriber(profile: PayloadProfile): Promise<SubscriberTransport> {
    if (this.#origin === undefined)
      throw new GatewayError('ERR_MEDIA_UNAVAILABLE', 'The stream has no publisher; try again.', { retryAfterSeconds: 1 });
    const origin = await this.#origin;
    const { home, release } = this.#pool.placeViewer((at) => this.#presence(at, { origin, profile }));
    try {
      if (origin.home === home && covers(originProfile, profile)) {
        const local: LocalConsumer = async (track, open) => this.#atOrigin(origin, track, open);
        return await WebRtcSubscriberTransport.open(local, this.#place(origin, originProfile), release);
      }
      return await this.#openAtEdge(home, profile, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  async openLegs(orders: readonly LegOrder[], { replays }: { readonly replays: boolean }): Promise<readonly LocalLeg[]> {
    try {
      const origin = await this.#origin;
      if (origin === undefined) throw new TypeError('a track has an origin');
      return await openLocalLegs(origin.router, orders, { listenInfo: this.#pool.pipeListenInfo, replays });
    } catch (cause) {
      throw new GatewayError('ERR_MEDIA_UNAVAILABLE', 'The stream cannot be copied to a program now; try again.', {
        cause,
        retryAfterSeconds: 1,
      });
    }
  }

  close(): void {
    this.#closed = true;
    for (const edge of this.#edges.values()) edge.close();
    this.#edges.clear();
    this.#origin?.then(({ router }) => router.close()).catch(() => undefined); // an origin that never opened has told its publisher already
  }

  /** What a worker has of this stream for viewers with these numbers. */
  #presence(home: WorkerHome, { origin, profile }: { readonly origin: StreamRouter; readonly profile: PayloadProfile }): Presence {
    const isOrigin = origin.home === home;
    if ((isOrigin && covers(originProfile, profile)) || this.#edges.has(edgeKey(home, profile))) return 'serves';
    return isOrigin || [...this.#edges.values()].some((edge) => edge.home === home) ? 'near' : 'none';
  }

  async #openAtEdge(home: WorkerHome, profile: PayloadProfile, release: () => void): Promise<SubscriberTransport> {
    const { edge, leave } = this.#joinEdge(home, profile);
    try {
      const router = await edge.opened;
      const local: LocalConsumer = async (track, open) => this.#atEdge(edge, track, open);
      return await WebRtcSubscriberTransport.open(local, this.#place({ home, router }, profile), () => {
        release();
        leave();
      });
    } catch (error) {
      leave();
      throw error;
    }
  }

  #place({ home, router }: StreamRouter, profile: PayloadProfile): ViewerPlace {
    const known = this.#places.get(router);
    if (known !== undefined) return known;
    const watched = { router, profile, listenInfo: this.#pool.pipeListenInfo };
    const place = { ...watched, home, relays: new StayRelays(watched), transports: new ViewerTransports(router, home) };
    this.#places.set(router, place);
    return place;
  }

  #joinEdge(home: WorkerHome, profile: PayloadProfile): { edge: EdgeRouter; leave: () => void } {
    const key = edgeKey(home, profile);
    const edge = this.#edges.get(key) ?? new EdgeRouter(home, profile);
    this.#edges.set(key, edge);
    edge.viewers += 1;
    const leave = (): void => {
      edge.viewers -= 1;
      if (edge.viewers > 0) return;
      edge.close();
      if (this.#edges.get(key) === edge) this.#edges.delete(key);
    };
    return { edge, leave };
  }

  /** Viewers on the origin's own router need no pipe, unless the publisher has meanwhile come back on another worker. */
  async #atOrigin(router: StreamRouter, track: ProducerTrack, open: OpenConsumer): Promise<Consumer> {
    const origin = await this.#origin;
    if (origin?.router === router.router) return open(track.id);
    throw new GatewayError('ERR_MEDIA_UNAVAILABLE', 'The stream has moved to another worker; connect again.', { retryAfterSeconds: 1 });
  }

  async #atEdge(edge: EdgeRouter, track: ProducerTrack, open: OpenConsumer): Promise<Consumer> {
    const origin = await this.#origin;
    if (origin === undefined) throw new GatewayError('ERR_MEDIA_UNAVAILABLE', 'The stream has ended.');
    return edge.consume(track, { origin: origin.router, listenInfo: this.#pool.pipeListenInfo, listedIn: this.#pool.pipes, open });
  }

  /** The origin router stays for the stream's life; only a dead worker makes it move. */
  async #openOrigin(): Promise<StreamRouter> {
    const present = (this.#origin ??= this.#newOrigin());
    const opened = await present.catch(() => undefined); // replaced below, whoever of those who waited comes first
    if (opened !== undefined && !opened.router.closed) return opened;
    if (this.#origin === present) this.#origin = this.#newOrigin();
    return this.#origin;
  }

  async #newOrigin(): Promise<StreamRouter> {
    const home = this.#pool.placeOrigin();
    const router = await openRouter(home);
    if (this.#closed) {
      router.close();
      throw new GatewayError('ERR_MEDIA_UNAVAILABLE', 'The stream has ended; try again.', { retryAfterSeconds: 1 });
    }
    return { home, router };
  }
}

/** Names an edge router of the stream; a worker that replaces a dead one has another pid. */
function edgeKey({ worker }: WorkerHome, profile: PayloadProfile): string {
  return `${worker.pid} ${profileKey(profile)}`;
}

async function openRouter(home: WorkerHome): Promise<Router> {
  try {
    return await home.worker.createRouter();
  } catch (cause) {
    throw new GatewayError('ERR_MEDIA_UNAVAILABLE', 'The media worker could not open a router; try again.', {
      cause,
      retryAfterSeconds: 1,
    });
  }
}
