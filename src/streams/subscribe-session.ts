import type { StreamMedia } from '../media/engine.ts';
import type { OutgoingTrack } from '../media/track.ts';
import type { SubscriberTransport } from '../media/transport.ts';
import { type AnswerablePlan, withoutOffer } from '../sdp/answerable-plan.ts';
import { writeSubscribeAnswer } from '../sdp/answer.ts';
import { counterOfferProfile, planCounterAnswer, writeCounterOffer } from '../sdp/counter-offer.ts';
import type { TrackDescription } from '../sdp/model.ts';
import type { PlannedSection, SubscribePlan } from '../sdp/subscribe-plan.ts';
import { refuseAborted } from './aborted.ts';
import { LayerDirector } from './layer-director.ts';
import type { LiveTrack } from './publish-session.ts';
import type { SessionEnding } from './registry-events.ts';
import { Session, type SessionContext } from './session.ts';
import { ViewerNews } from './viewer-news.ts';
import { ViewerPath } from './viewer-path.ts';
import { carryOn, missesOut, type SentTrack, sendTracks, signOfLife } from './viewer-tracks.ts';

/** How long a counter-offer waits for its answer, in milliseconds (WHEP §4.3.2). */
const counterOfferTimeoutMs = 30_000;

/** One viewer. */
export class SubscribeSession extends Session {
  /** Chooses the layers of its video. */
  readonly layers: LayerDirector;
  /** Tells its player what happens. */
  readonly news: ViewerNews;
  readonly #transport: SubscriberTransport;
  /** Undefined until the player has answered our counter-offer. */
  #plan: SubscribePlan | undefined;
  /** The tracks that are being sent, or about to be; none while the stream is idle. */
  #following: readonly LiveTrack[];
  /** What the stream had when it was last live. */
  #known: readonly TrackDescription[];
  #sent: readonly SentTrack[] = [];
  readonly #path: ViewerPath;
  #reportedMedia = false;

  /**
   * Opens a transport on a router that speaks the player's payload types, and consumes, paused, every track that the player can take.
   *
   * Throws `ERR_MEDIA_UNAVAILABLE`, and `ERR_REQUEST_ABORTED` once `signal` fires; then nothing is left behind.
   */
  static async open(
    context: SessionContext,
    media: StreamMedia,
    { plan, tracks, signal }: { readonly plan: AnswerablePlan; readonly tracks: readonly LiveTrack[]; readonly signal: AbortSignal },
  ): Promise<SubscribeSession> {
    await using acquired = new AsyncDisposableStack();
    const kept = withoutOffer(plan);
    const transport = acquired.adopt(await media.openSubscriber(kept.profile), (opened) => {
      opened.close();
    });
    refuseAborted(signal);
    const [sent] = await Promise.all([sendTracks(transport, kept, tracks), transport.connect(kept.remote.dtlsParameters)]);
    refuseAborted(signal);
    const senders = sent.map(({ mid, outgoing }) => ({ mid, rtpParameters: outgoing.rtpParameters }));
    const answerText = writeSubscribeAnswer(plan, transport.local, senders);
    const session = new SubscribeSession(context, transport, { plan: kept, tracks, sent, answerText });
    acquired.move();
    return session;
  }

  /**
   * Opens a transport and offers the stream with our own numbers, for a player that asked for it (WHEP §4.3.2). Media follows its answer.
   *
   * Throws as {@link open} does.
   */
  static async offer(
    context: SessionContext,
    media: StreamMedia,
    { tracks, signal }: { readonly tracks: readonly LiveTrack[]; readonly signal: AbortSignal },
  ): Promise<SubscribeSession> {
    const transport = await media.openSubscriber(counterOfferProfile);
    try {
      refuseAborted(signal);
      const descriptions = tracks.map(({ description }) => description);
      const answerText = writeCounterOffer(descriptions, transport.local);
      return new SubscribeSession(context, transport, { plan: undefined, tracks, sent: [], answerText });
    } catch (error) {
      transport.close();
      throw error;
    }
  }

  private constructor(
    context: SessionContext,
    transport: SubscriberTransport,
    parts: {
      readonly plan: SubscribePlan | undefined;
      readonly tracks: readonly LiveTrack[];
      readonly sent: readonly SentTrack[];
      readonly answerText: string;
    },
  ) {
    const { plan, tracks, sent, answerText } = parts;
    super(context, {
      kind: 'subscribe',
      transport,
      answerText,
      remote: plan?.remote,
      taggedMid: plan?.sections[0]?.mid ?? '0',
      ...(plan === undefined ? { connectTimeoutMs: counterOfferTimeoutMs } : {}),
    });
    this.#transport = transport;
    this.#plan = plan;
    this.#following = tracks;
    this.#known = tracks.map(({ description }) => description);
    this.layers = new LayerDirector(this.log);
    this.#path = new ViewerPath({
      director: this.layers,
      estimator: transport,
      log: this.log,
      onSwitch: (layerSwitch) => this.reportSwitch(layerSwitch),
      onFreeze: (sign) => this.reportFreeze(sign),
    });
    this.news = new ViewerNews(this.layers, () => this.#video?.index);
    this.news.live();
    this.#send(sent);
  }

  override get awaitsAnswer(): boolean {
    return this.#plan === undefined;
  }

  /** What its network is thought to carry, in bit/s; undefined where its player gives no feedback to tell by. */
  get estimate(): number | undefined {
    return this.#transport.estimate;
  }

  /**
   * Whether `mediaId` names the video section of this session: by its place among the sections of the player's SDP, or by its mid.
   *
   * @see WHEP core extensions, video layer selection
   */
  isVideo(mediaId: string): boolean {
    const video = this.#video;
    return video !== undefined && (mediaId === String(video.index) || mediaId === video.mid);
  }

  /**
   * Takes the player's answer to our offer and begins to send.
   *
   * Throws as `planCounterAnswer` does, with the offer still pending; `ERR_ANSWER_UNEXPECTED` for a second answer.
   */
  override async accept(answerText: string): Promise<void> {
    if (this.#plan !== undefined) return super.accept(answerText);
    const plan = planCounterAnswer(answerText, { tracks: this.#known, userAgent: this.userAgent });
    this.#plan = plan;
    this.peerAnswered(plan.remote);
    await this.#transport.connect(plan.remote.dtlsParameters);
    this.#startSwitch(plan, this.#following);
  }

  /**
   * Sends these tracks instead of those of the publisher before, on the same transport with the same mids, so that the player goes on
   * without a new POST (media-notes §1.7).
   *
   * A player that cannot follow is closed, and POSTs anew: one whose SSRCs were named in the answer, unless its tracks are relayed; one that did
   * not accept the new codec; and one whose section for a new track was rejected. A track that is gone leaves its section silent.
   */
  follow(tracks: readonly LiveTrack[]): void {
    if (this.closed || tracks === this.#following) return;
    this.news.live();
    this.#following = tracks;
    this.#known = tracks.map(({ description }) => description);
    const plan = this.#plan;
    if (plan === undefined) return;
    const canFollow = !tracks.some((track) => missesOut(plan, track));
    if (canFollow && !plan.namesSsrcs) return this.#startSwitch(plan, tracks);
    const carried = canFollow ? carryOn(this.#sent, plan, tracks) : undefined;
    if (carried === undefined) this.close('media-changed');
    else this.#send(carried);
  }

  /** The publisher is gone; the transport stays, for the one who may come back. */
  idle(): void {
    this.news.idle();
    this.#following = [];
  }

  override async signOfLife(): Promise<string> {
    return signOfLife(this.#sent);
  }

  protected override release(ending: SessionEnding): void {
    this.#send([]);
    this.news.ended(ending);
  }

  protected override onConnected(): void {
    this.#resume(this.#outgoing);
  }

  get #video(): PlannedSection | undefined {
    return this.#plan?.sections.find(({ kind }) => kind === 'video');
  }

  #startSwitch(plan: SubscribePlan, tracks: readonly LiveTrack[]): void {
    void this.#switch(plan, tracks).catch((error: unknown) => {
      if (this.closed || this.#following !== tracks) return; // overtaken: the next publisher's tracks are on their way
      this.log.warn({ err: error }, 'viewer cannot follow its stream');
      this.close('failed');
    });
  }

  async #switch(plan: SubscribePlan, tracks: readonly LiveTrack[]): Promise<void> {
    for (const outgoing of this.#outgoing) outgoing.close();
    this.#send([]);
    const sent = await sendTracks(this.#transport, plan, tracks);
    if (this.closed) return;
    if (this.#following !== tracks) {
      for (const { outgoing } of sent) outgoing.close();
      return;
    }
    this.#send(sent);
    if (this.connected) this.#resume(this.#outgoing);
  }

  /** These tracks are what the viewer gets from now on. */
  #send(sent: readonly SentTrack[]): void {
    this.#sent = sent;
    const video = sent.find(({ outgoing }) => outgoing.kind === 'video');
    this.layers.follow(video === undefined ? undefined : { feed: video.track.layers, ...video });
    this.#path.follow(video?.track.description.layered === true ? video.outgoing : undefined, {
      takesPadding: this.#plan?.takesPadding === true,
    });
    this.#awaitMedia(this.#outgoing);
  }

  get #outgoing(): readonly OutgoingTrack[] {
    return this.#sent.map(({ outgoing }) => outgoing);
  }

  #resume(outgoing: readonly OutgoingTrack[]): void {
    void Promise.all(outgoing.map(async (track) => track.resume())).catch((error: unknown) => {
      if (this.closed) return;
      this.log.warn({ err: error }, 'viewer cannot be sent to');
      this.close('failed');
    });
  }

  /** Reports the first media once: of the video track, if there is one. */
  #awaitMedia(outgoing: readonly OutgoingTrack[]): void {
    const leading = outgoing.find(({ kind }) => kind === 'video') ?? outgoing[0];
    leading?.events.once('firstpacket', () => {
      if (this.#reportedMedia || this.closed) return;
      this.#reportedMedia = true;
      this.reportMedia('first media sent');
    });
  }
}
