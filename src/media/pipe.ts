import type { Consumer, PipeTransport, Producer, Router, TransportListenInfo } from 'mediasoup/types';
import type { PayloadProfile } from './engine.ts';
import { codecOf, routerCodecs } from './router-codecs.ts';

/** What a {@link Pipe} joins. */
export interface PipeEnds {
  /** The track, on its origin router. */
  readonly track: Producer;
  readonly origin: Router;
  readonly edge: Router;
  /** The numbers of the edge router. */
  readonly profile: PayloadProfile;
  readonly listenInfo: TransportListenInfo;
  /** How long a pipe that nobody uses is kept for the next viewer, in milliseconds. Default 5000. */
  readonly idleMs?: number;
  /** Where the pipe is listed while it is open. */
  readonly listedIn?: Set<Pipe>;
}

/** What crosses a pipe now. */
export interface PipeTraffic {
  /** False: nobody is being sent to, and nothing crosses it. */
  readonly runs: boolean;
  /** In bit/s. */
  readonly bitrate: number;
}

interface Closable {
  close(): void;
}

/**
 * Brings one track from its origin router to an edge router, on a pair of PipeTransports of its own.
 *
 * Packets cross it only while somebody at the edge is being sent them, and it closes soon after the last consumer there has gone. It starts
 * paused: mediasoup's own `pipeToRouter` asks the publisher for a key frame at once, before the viewer's DTLS is up, and the request that
 * counts has to wait for the next. A simulcast track crosses with all its encodings, watched or not: mediasoup cannot leave one out.
 */
export class Pipe {
  /** The track's stand-in on the edge router. */
  readonly producerId: string;
  readonly #near: Consumer;
  readonly #transports: readonly PipeTransport[];
  readonly #idleMs: number;
  readonly #listedIn: Set<Pipe> | undefined;
  readonly #sentTo = new Set<Consumer>();
  #users = 0;
  #idle: NodeJS.Timeout | undefined;
  #closed = false;

  /** Throws what mediasoup throws when the track or a worker is gone; then nothing is left behind. */
  static async open({ track, origin, edge, profile, listenInfo, idleMs = 5000, listedIn }: PipeEnds): Promise<Pipe> {
    await using opened = new AsyncDisposableStack();
    const owned = async <T extends Closable>(asked: Promise<T>): Promise<T> => {
      opened.defer(async () => closeOnceThere(asked));
      return asked;
    };
    const options = { listenInfo, enableSctp: false };
    const [near, far] = await Promise.all([owned(origin.createPipeTransport(options)), owned(edge.createPipeTransport(options))]);
    const consumer = await owned(near.consume({ producerId: track.id }));
    const { kind, rtpParameters } = consumer;
    // The router's numbers count at the very moment of produce(), so nothing may be awaited between these two.
    edge.updateMediaCodecs(routerCodecs(profile, codecOf(rtpParameters.codecs[0]?.mimeType ?? '')));
    const producing = owned(far.produce({ kind, rtpParameters }));
    // In this order: a worker takes one request after the other, and a consumer on a connected transport would ask for a key frame.
    const [producer] = await Promise.all([producing, consumer.pause(), connect(near, far), connect(far, near)]);
    if ([near, far, consumer, producer].some(({ closed }) => closed)) throw new Error('what was to be piped has closed meanwhile');
    opened.move();
    return new Pipe(consumer, producer, { transports: [near, far], idleMs, listedIn });
  }

  private constructor(
    near: Consumer,
    far: Producer,
    {
      transports,
      idleMs,
      listedIn,
    }: { readonly transports: readonly PipeTransport[]; readonly idleMs: number; readonly listedIn: Set<Pipe> | undefined },
  ) {
    this.producerId = far.id;
    this.#near = near;
    this.#transports = transports;
    this.#idleMs = idleMs;
    this.#listedIn = listedIn;
    listedIn?.add(this);
    const close = (): void => {
      this.close();
    };
    near.observer.once('close', close);
    for (const { observer } of transports) observer.once('close', close);
    this.#closeWhenIdle();
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Lets `open` make a consumer of the track at the edge, and counts it until it closes. */
  async consume(open: (producerId: string) => Promise<Consumer>): Promise<Consumer> {
    this.#users += 1;
    clearTimeout(this.#idle);
    try {
      const consumer = await open(this.producerId);
      this.#follow(consumer);
      return consumer;
    } catch (error) {
      this.#leave();
      throw error;
    }
  }

  /** Asks the origin's worker, if anything crosses. */
  async traffic(): Promise<PipeTraffic> {
    if (this.#sentTo.size === 0) return { runs: false, bitrate: 0 };
    const stats = await this.#near.getStats();
    return { runs: true, bitrate: stats.reduce((sum, { type, bitrate }) => sum + (type === 'outbound-rtp' ? bitrate : 0), 0) };
  }

  /** Closes both ends, and the consumers at the edge with them. Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#idle);
    this.#listedIn?.delete(this);
    for (const transport of this.#transports) transport.close();
  }

  #follow(consumer: Consumer): void {
    if (consumer.closed) {
      this.#leave();
      return;
    }
    const { observer } = consumer;
    observer.on('resume', () => {
      this.#sendTo(consumer);
    });
    observer.on('pause', () => {
      this.#stopSendingTo(consumer);
    });
    observer.once('close', () => {
      this.#stopSendingTo(consumer);
      this.#leave();
    });
    if (!consumer.paused) this.#sendTo(consumer);
  }

  #sendTo(consumer: Consumer): void {
    this.#sentTo.add(consumer);
    if (this.#sentTo.size === 1) this.#ask(this.#near.resume());
  }

  #stopSendingTo(consumer: Consumer): void {
    if (this.#sentTo.delete(consumer) && this.#sentTo.size === 0 && !this.#closed) this.#ask(this.#near.pause());
  }

  #leave(): void {
    this.#users -= 1;
    if (this.#users === 0) this.#closeWhenIdle();
  }

  #closeWhenIdle(): void {
    if (this.#closed) return;
    this.#idle = setTimeout(() => {
      this.close();
    }, this.#idleMs);
  }

  /** A worker that cannot be asked has died, and its transports close the pipe. */
  #ask(request: Promise<void>): void {
    request.catch(() => undefined);
  }
}

/** What mediasoup makes on something that has closed meanwhile is nobody's child, and stays for ever unless it is closed itself. */
async function closeOnceThere(asked: Promise<Closable>): Promise<void> {
  const made = await asked.catch(() => undefined); // never made
  made?.close();
}

async function connect(from: PipeTransport, to: PipeTransport): Promise<void> {
  const { localAddress: ip, localPort: port } = to.tuple;
  return from.connect({ ip, port });
}
