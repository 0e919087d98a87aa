import { EventEmitter } from 'node:events';
import type { LocalLeg, LocalLegEvents } from '../engine.ts';
import type { ProducerTrack } from '../incoming-track.ts';
import type { PlacedPacket } from '../instant/gop-cache.ts';
import type { Follower } from '../instant/gop-feed.ts';
import type { ClockMapping } from '../instant/sender-report.ts';
import type { PlainLeg } from '../local-leg.ts';
import { ProgramFeed } from './program-feed.ts';
import type { ReplayClock } from './replay-clock.ts';

/** What a {@link ReplayedLeg} is made of. */
export interface ReplayedLegOptions {
  readonly track: ProducerTrack;
  /** Takes its place where nothing can be replayed. */
  readonly plain: PlainLeg;
  /** RTP and RTCP go to this UDP port of 127.0.0.1. */
  readonly port: number;
  /** Of the picture and the sound that belong together. Resume the picture first: the sound is replayed if the picture is. */
  readonly clock: ReplayClock;
}

/** How often the program is told of the clock, in milliseconds. */
const reportEveryMs = 1000;

/**
 * A {@link LocalLeg} that begins in the past: with the key frame before, and the sound since then, where these are kept. Node sends them, and
 * everything that follows. Where no GOP is kept when it is resumed, it is an ordinary leg.
 */
export class ReplayedLeg implements LocalLeg {
  readonly events = new EventEmitter<LocalLegEvents>();
  readonly kind: 'audio' | 'video';
  readonly payloadType: number;
  readonly #options: ReplayedLegOptions;
  readonly #feed: ProgramFeed;
  readonly #held = new DisposableStack();
  #since: Date | undefined;
  #isReplay = false;
  #hasReported = false;

  /** Opens it, paused. Closes `plain` if it cannot. */
  static async open(options: ReplayedLegOptions): Promise<ReplayedLeg> {
    const { track, plain, port } = options;
    try {
      const feed = await ProgramFeed.open({ port, payloadType: plain.payloadType, clockRate: track.clockRate });
      return new ReplayedLeg(options, feed);
    } catch (error) {
      plain.close();
      throw error;
    }
  }

  private constructor(options: ReplayedLegOptions, feed: ProgramFeed) {
    const { plain } = options;
    this.kind = plain.kind;
    this.payloadType = plain.payloadType;
    this.#options = options;
    this.#feed = this.#held.use(feed);
    this.#held.defer(() => {
      plain.close();
    });
    feed.events.on('sent', (placed) => {
      this.#onSent(placed);
    });
    plain.events.on('keyframe', () => this.events.emit('keyframe'));
    plain.events.once('ended', () => {
      this.#end();
    });
  }

  get since(): Date | undefined {
    return this.#since;
  }

  async resume(): Promise<void> {
    if (this.#held.disposed) return;
    this.#isReplay = this.kind === 'video' ? this.#replayPicture() : this.#replaySound();
    if (this.#isReplay) this.#options.plain.close();
    else {
      this.#feed[Symbol.dispose]();
      await this.#options.plain.resume();
    }
  }

  async requestKeyFrame(): Promise<void> {
    if (this.#isReplay) this.#options.track.askForKeyFrame();
    else await this.#options.plain.requestKeyFrame();
  }

  async packets(): Promise<number> {
    return this.#isReplay ? this.#feed.taken : this.#options.plain.packets();
  }

  close(): void {
    this.#held.dispose();
  }

  #replayPicture(): boolean {
    const { track, clock } = this.#options;
    const { gops } = track;
    const gop = gops?.gop(0);
    const first = gop?.[0];
    if (gops === undefined || gop === undefined || first === undefined) return false;
    clock.begin(first);
    for (const placed of gop) clock.picture.arrival.hear(placed);
    this.#hear(gops.lastReport(0));
    this.#begin(gop, first.arrivedMs);
    this.#follow((follower) => gops.follow(0, follower), first.sequence);
    return true;
  }

  #replaySound(): boolean {
    const { track, clock } = this.#options;
    const { beganMs } = clock;
    if (beganMs === undefined) return false;
    const kept = track.sound?.packets ?? [];
    for (const placed of kept) clock.sound.arrival.hear(placed);
    this.#hear(track.sound?.report);
    const begin = kept.findIndex(({ timestamp }) => (clock.soundTimeOf(timestamp) ?? -Infinity) >= beganMs);
    const shown = begin === -1 ? [] : kept.slice(begin);
    const [first] = shown;
    if (first !== undefined) this.#begin(shown, clock.soundTimeOf(first.timestamp) ?? first.arrivedMs);
    this.#follow((follower) => track.follow(follower), first?.sequence ?? -Infinity);
    return true;
  }

  #begin(packets: readonly PlacedPacket[], beganMs: number): void {
    this.#since = new Date(Date.now() - (performance.now() - beganMs));
    this.#report();
    this.#feed.push(...packets);
  }

  /** Goes on with what comes behind the packet `first`. */
  #follow(follow: (follower: Follower) => Disposable, first: number): void {
    const following = follow({
      packet: (placed) => {
        if (placed.sequence <= first) return;
        this.#clock.arrival.hear(placed);
        if (!this.#hasReported) this.#report();
        this.#feed.push(placed);
      },
      clock: (mapping) => {
        this.#hear(mapping);
      },
      ended: () => {
        this.#end();
      },
    });
    this.#held.use(following);
    const timer = setInterval(() => {
      this.#report();
    }, reportEveryMs);
    this.#held.defer(() => {
      clearInterval(timer);
    });
  }

  get #clock(): ReplayClock['picture'] {
    const { clock } = this.#options;
    return this.kind === 'video' ? clock.picture : clock.sound;
  }

  #hear(mapping: ClockMapping | undefined): void {
    if (mapping !== undefined) this.#clock.report(mapping);
  }

  /** Before the first packet, so that the program has one clock for picture and sound from the beginning; and again and again. */
  #report(): void {
    const { clock } = this.#options;
    const moment = this.kind === 'video' ? clock.pictureMoment : clock.soundMoment;
    if (moment === undefined) return;
    this.#feed.report(moment);
    this.#hasReported = true;
  }

  #onSent({ timestamp, beginsGop }: PlacedPacket): void {
    if (this.kind === 'video') this.#options.clock.advance(timestamp);
    if (beginsGop) this.events.emit('keyframe');
  }

  #end(): void {
    if (this.#held.disposed) return;
    this.close();
    this.events.emit('ended');
  }
}
