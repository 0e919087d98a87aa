import { setTimeout as delay } from 'node:timers/promises';
import type { StreamMedia } from '../media/engine.ts';
import type { IncomingTrack } from '../media/track.ts';
import type { PublisherTransport } from '../media/transport.ts';
import { writePublishAnswer } from '../sdp/answer.ts';
import type { TrackDescription } from '../sdp/model.ts';
import type { PublishPlan } from '../sdp/publish-plan.ts';
import { refuseAborted } from './aborted.ts';
import { ascendingOrder } from './encoding-order.ts';
import { IngestWatch, type IngestReport } from './ingest-watch.ts';
import { GopKeeping } from './instant-join.ts';
import { LayerFeed } from './layer-feed.ts';
import type { SessionEnding } from './registry-events.ts';
import { Session, type SessionContext } from './session.ts';

/** A track of a live stream: what is known of it, and where its media comes in. */
export interface LiveTrack {
  readonly description: TrackDescription;
  readonly incoming: IncomingTrack;
  /** Its layers, of video. */
  readonly layers: LayerFeed;
}

/** Longest wait for an H264 stream's first SPS after its publisher's first packet, in milliseconds (design.md §4). */
const spsTimeoutMs = 2000;

/** One publisher. */
export class PublishSession extends Session {
  readonly #transport: PublisherTransport;
  readonly #keeping: GopKeeping;
  #tracks: readonly LiveTrack[];
  readonly #ended = new AbortController();
  #watch: IngestWatch | undefined;

  /**
   * Opens a transport, starts DTLS and receives every planned track, all at once.
   *
   * Throws `ERR_MEDIA_UNAVAILABLE`, and `ERR_REQUEST_ABORTED` once `signal` fires; then nothing is left behind.
   */
  static async open(context: SessionContext, media: StreamMedia, plan: PublishPlan, signal: AbortSignal): Promise<PublishSession> {
    await using acquired = new AsyncDisposableStack();
    const transport = acquired.adopt(await media.openPublisher(), (opened) => {
      opened.close();
    });
    refuseAborted(signal);
    const { maxBitrate } = context;
    const [tracks] = await Promise.all([
      receive(transport, plan),
      transport.connect(plan.remote.dtlsParameters),
      maxBitrate === undefined ? undefined : transport.limitBitrate(maxBitrate),
    ]);
    refuseAborted(signal);
    const session = new PublishSession(context, transport, plan, tracks);
    acquired.move();
    return session;
  }

  private constructor(context: SessionContext, transport: PublisherTransport, plan: PublishPlan, tracks: readonly LiveTrack[]) {
    super(context, {
      kind: 'publish',
      transport,
      answerText: writePublishAnswer(plan, transport.local),
      remote: plan.remote,
      taggedMid: plan.tracks[0]?.mid ?? '0',
    });
    this.#transport = transport;
    this.#tracks = tracks;
    const { originUser } = plan.offer;
    const { instantJoin: mode, awaitsHls } = context;
    this.#keeping = new GopKeeping({ mode, forgets: !awaitsHls, userAgent: this.userAgent, originUser }, performance.now());
    this.#keepGops();
  }

  /**
   * Waits for the first RTP packet, and with H264 for the first SPS (at most 2 s longer), and gives the tracks as they really are.
   *
   * Undefined when the session ends before.
   */
  async live(): Promise<readonly LiveTrack[] | undefined> {
    if (!(await this.#firstPacket())) return undefined;
    this.reportMedia('first media received');
    const tracks = await Promise.all(this.#tracks.map((track) => this.#measured(track)));
    if (this.closed) return undefined;
    const onReport = (report: IngestReport): void => {
      this.#keeping.learn(report);
      this.#keepGops();
    };
    this.#watch = new IngestWatch(tracks, { log: this.log, onReport });
    return tracks;
  }

  /** How the media that arrives does; undefined before it does. */
  get ingest(): IngestReport | undefined {
    return this.#watch?.report;
  }

  /** Whether it is taken to send key frames by its own interval, whoever asks for one. */
  get isDeaf(): boolean {
    return this.#keeping.isDeaf;
  }

  /**
   * Waits until the encodings of simulcast are measured. If their sizes contradict the order that was guessed from the offer, receives them
   * anew in the right one and gives the tracks as they are then.
   *
   * Undefined when there is nothing to correct, and when the session ends before. Throws `ERR_MEDIA_UNAVAILABLE`.
   */
  async corrected(tracks: readonly LiveTrack[]): Promise<readonly LiveTrack[] | undefined> {
    const corrected = await Promise.all(tracks.map(async (track) => this.#inOrder(track)));
    if (this.closed || corrected.every((track, index) => track === tracks[index])) return undefined;
    this.#watch?.follow(corrected);
    this.#tracks = corrected;
    this.#keepGops();
    return corrected;
  }

  /** Somebody watches, or comes to do so, or has just left; `goesOn`: somebody still does. */
  watched(goesOn: boolean): void {
    this.#keeping.watched(goesOn, performance.now());
    this.#keepGops();
  }

  override async signOfLife(): Promise<string> {
    return String((await this.#transport.totals()).rtpBytesReceived);
  }

  protected override release(_ending: SessionEnding): void {
    this.#ended.abort();
    this.#watch?.stop();
  }

  protected override onConnected(): void {
    // Media starts by itself.
  }

  /** Keeps what newcomers need to see the stream at once, where that pays; or stops to. */
  #keepGops(): void {
    const wanted = this.#keeping.decide(performance.now());
    for (const { incoming } of this.#tracks) incoming.keepGop(wanted);
  }

  async #inOrder(track: LiveTrack): Promise<LiveTrack> {
    const sizes = await track.incoming.encodingSizes;
    const order = sizes === undefined ? undefined : ascendingOrder(sizes);
    track.layers.sized(order === undefined ? (sizes ?? []) : []);
    if (order === undefined || this.closed) return track;
    const rids = order.flatMap((index) => track.description.rids[index] ?? []);
    this.log.info({ rids, sizes }, 'simulcast encodings put in order of size');
    const incoming = await this.#transport.reorder(track.incoming, order);
    const layers = new LayerFeed(rids);
    layers.sized(order.map((index) => sizes?.[index]));
    return { description: { ...track.description, rids }, incoming, layers };
  }

  async #firstPacket(): Promise<boolean> {
    const { signal } = this.#ended;
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        resolve(false);
      });
      for (const { incoming } of this.#tracks) {
        incoming.events.once('firstpacket', () => {
          resolve(true);
        });
      }
    });
  }

  async #measured(track: LiveTrack): Promise<LiveTrack> {
    if (track.description.codec !== 'H264') return track;
    const raced = new AbortController();
    const signal = AbortSignal.any([this.#ended.signal, raced.signal]);
    const timeout = delay(spsTimeoutMs, undefined, { signal }).catch(() => undefined); // ended: the caller finds out itself
    const profile = await Promise.race([track.incoming.h264Profile, timeout]);
    raced.abort();
    if (profile === undefined) return track;
    return { ...track, description: { ...track.description, fmtp: { ...track.description.fmtp, 'profile-level-id': profile } } };
  }
}

async function receive(transport: PublisherTransport, plan: PublishPlan): Promise<readonly LiveTrack[]> {
  return Promise.all(
    plan.tracks.map(async ({ description, rtpParameters }) => ({
      description,
      incoming: await transport.produce({ kind: description.kind, rtpParameters }),
      layers: new LayerFeed(description.rids),
    })),
  );
}
