import type { OutgoingTrack, StreamMedia, SubscriberTransport } from '../media/engine.ts';
import { writeSubscribeAnswer } from '../sdp/answer.ts';
import { consumeCapabilities, type PlannedSection, sectionFor, type SubscribePlan } from '../sdp/subscribe-plan.ts';
import { refuseAborted } from './aborted.ts';
import type { LiveTrack } from './publish-session.ts';
import { Session, type SessionContext, type SessionEnding } from './session.ts';

/** One track of the stream and the section of the player's offer that carries it. */
interface Route {
  readonly track: LiveTrack;
  readonly section: PlannedSection;
}

/** One viewer. */
export class SubscribeSession extends Session {
  readonly #transport: SubscriberTransport;
  readonly #plan: SubscribePlan;
  /** The tracks that are being sent, or about to be. */
  #following: readonly LiveTrack[];
  #outgoing: readonly OutgoingTrack[];
  #reportedMedia = false;

  /**
   * Opens a transport on a router that speaks the player's payload types, and consumes, paused, every track that the player can take.
   *
   * Throws `ERR_MEDIA_UNAVAILABLE`, and `ERR_REQUEST_ABORTED` once `signal` fires; then nothing is left behind.
   */
  static async open(
    context: SessionContext,
    media: StreamMedia,
    { plan, tracks, signal }: { readonly plan: SubscribePlan; readonly tracks: readonly LiveTrack[]; readonly signal: AbortSignal },
  ): Promise<SubscribeSession> {
    await using acquired = new AsyncDisposableStack();
    const transport = acquired.adopt(await media.openSubscriber(plan.profile), (opened) => {
      opened.close();
    });
    refuseAborted(signal);
    const [sent] = await Promise.all([send(transport, routes(plan, tracks)), transport.connect(plan.remote.dtlsParameters)]);
    refuseAborted(signal);
    const session = new SubscribeSession(context, transport, plan, { tracks, sent });
    acquired.move();
    return session;
  }

  private constructor(
    context: SessionContext,
    transport: SubscriberTransport,
    plan: SubscribePlan,
    { tracks, sent }: { readonly tracks: readonly LiveTrack[]; readonly sent: readonly SentTrack[] },
  ) {
    super(context, {
      kind: 'subscribe',
      transport,
      answerText: writeSubscribeAnswer(
        plan,
        transport.local,
        sent.map(({ mid, outgoing }) => ({ mid, rtpParameters: outgoing.rtpParameters })),
      ),
      remoteIce: plan.remote.ice,
      taggedMid: plan.sections[0]?.mid ?? '0',
    });
    this.#transport = transport;
    this.#plan = plan;
    this.#following = tracks;
    this.#outgoing = sent.map(({ outgoing }) => outgoing);
    for (const outgoing of this.#outgoing) this.#awaitMedia(outgoing);
  }

  /**
   * Sends these tracks instead of those of the publisher before, on the same transport with the same mids, so that the player goes on
   * without a new POST (media-notes §1.7).
   *
   * A player that cannot follow is closed, and POSTs anew: one whose SSRCs were named in the answer, one that did not accept the new codec,
   * and one whose section for a new track was rejected. A track that is gone leaves its section silent.
   */
  follow(tracks: readonly LiveTrack[]): void {
    if (this.closed || tracks === this.#following) return;
    this.#following = tracks;
    if (this.#plan.namesSsrcs || tracks.some((track) => this.#missesOut(track))) {
      this.close('media-changed');
      return;
    }
    void this.#switch(tracks).catch((error: unknown) => {
      if (this.closed || this.#following !== tracks) return; // overtaken: the next publisher's tracks are on their way
      this.log.warn({ err: error }, 'viewer cannot follow its stream');
      this.close('failed');
    });
  }

  protected override release(_ending: SessionEnding): void {
    this.#outgoing = [];
  }

  protected override onConnected(): void {
    this.#resume(this.#outgoing);
  }

  async #switch(tracks: readonly LiveTrack[]): Promise<void> {
    for (const outgoing of this.#outgoing) outgoing.close();
    this.#outgoing = [];
    const sent = await send(this.#transport, routes(this.#plan, tracks));
    if (this.closed) return;
    if (this.#following !== tracks) {
      for (const { outgoing } of sent) outgoing.close();
      return;
    }
    this.#outgoing = sent.map(({ outgoing }) => outgoing);
    if (this.connected) this.#resume(this.#outgoing);
  }

  #resume(outgoing: readonly OutgoingTrack[]): void {
    void Promise.all(outgoing.map(async (track) => track.resume())).catch((error: unknown) => {
      if (this.closed) return;
      this.log.warn({ err: error }, 'viewer cannot be sent to');
      this.close('failed');
    });
  }

  #missesOut({ description }: LiveTrack): boolean {
    const offered = this.#plan.offer.sections.some(({ type, rejected }) => type === description.kind && !rejected);
    return offered && sectionFor(this.#plan, description) === undefined;
  }

  #awaitMedia(outgoing: OutgoingTrack): void {
    const isLeading = outgoing.kind === 'video' || !this.#outgoing.some(({ kind }) => kind === 'video');
    if (!isLeading) return;
    outgoing.events.once('firstpacket', () => {
      if (this.#reportedMedia || this.closed) return;
      this.#reportedMedia = true;
      this.reportMedia('first media sent');
    });
  }
}

interface SentTrack {
  readonly mid: string;
  readonly outgoing: OutgoingTrack;
}

function routes(plan: SubscribePlan, tracks: readonly LiveTrack[]): readonly Route[] {
  return tracks.flatMap((track) => {
    const section = sectionFor(plan, track.description);
    return section === undefined ? [] : [{ track, section }];
  });
}

async function send(transport: SubscriberTransport, wanted: readonly Route[]): Promise<readonly SentTrack[]> {
  return Promise.all(
    wanted.map(async ({ track, section }) => ({
      mid: section.mid,
      outgoing: await transport.consume(track.incoming, {
        mid: section.mid,
        rtpCapabilities: consumeCapabilities(section, track.description),
      }),
    })),
  );
}
