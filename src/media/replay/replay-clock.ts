import type { ClockMapping } from '../instant/sender-report.ts';
import { timestampStep } from '../rtp-header.ts';
import { ArrivalClock, type Moment } from './arrival-clock.ts';

/** Reports that put the sound further from where it arrives than this, in milliseconds, are of clocks that have nothing to do with each other. */
const farMs = 2_000;

/** What is known of one track's clock. */
class TrackClock {
  readonly arrival: ArrivalClock;
  /** What the publisher said last. */
  reported: Moment | undefined;

  constructor(clockRate: number) {
    this.arrival = new ArrivalClock(clockRate);
  }

  report({ ntpSec, ntpFrac, timestamp }: ClockMapping): void {
    this.reported = { timestamp, ms: (ntpSec + ntpFrac / 2 ** 32) * 1000 };
  }
}

/**
 * The common clock of a picture and a sound that are replayed. The timestamps of the picture are that clock, from the arrival of its first packet
 * on, so its frames keep their distances whatever anybody reports; the sound is put where it belongs by what the publisher reports of both, and
 * by when their packets arrive until it has. Has no clock of its own; all times in milliseconds.
 */
export class ReplayClock {
  readonly picture: TrackClock;
  readonly sound: TrackClock;
  readonly #pictureRate: number;
  readonly #soundRate: number;
  #zero: Moment | undefined;
  /** Of the picture that was shown last, counted from the first. */
  #ticks = 0;
  #timestamp = 0;

  /** Rates in Hz. */
  constructor(rates: { readonly picture: number; readonly sound: number }) {
    this.#pictureRate = rates.picture;
    this.#soundRate = rates.sound;
    this.picture = new TrackClock(rates.picture);
    this.sound = new TrackClock(rates.sound);
  }

  /** When the picture's first packet arrived; undefined before {@link begin}. */
  get beganMs(): number | undefined {
    return this.#zero?.ms;
  }

  /** The picture begins with this packet. */
  begin({ timestamp, arrivedMs }: { readonly timestamp: number; readonly arrivedMs: number }): void {
    this.#zero = { timestamp, ms: arrivedMs };
    this.#timestamp = timestamp;
  }

  /** A picture is shown. */
  advance(timestamp: number): void {
    const step = timestampStep(timestamp, this.#timestamp);
    if (step <= 0) return;
    this.#ticks += step;
    this.#timestamp = timestamp;
  }

  /** When the last picture is shown; undefined before {@link begin}. */
  get pictureMoment(): Moment | undefined {
    return this.#zero === undefined ? undefined : { timestamp: this.#timestamp, ms: this.#timeOf(this.#timestamp, this.#zero) };
  }

  /** When some sound is heard; undefined while nothing is known of it. */
  get soundMoment(): Moment | undefined {
    const arrived = this.#soundBy(this.picture.arrival.moment, this.sound.arrival.moment);
    const reported = this.#soundBy(this.picture.reported, this.sound.reported);
    if (reported === undefined || arrived === undefined) return reported ?? arrived;
    const apartMs = reported.ms - arrived.ms - (timestampStep(reported.timestamp, arrived.timestamp) * 1000) / this.#soundRate;
    return Math.abs(apartMs) < farMs ? reported : arrived;
  }

  /** When the sound of a timestamp is heard; undefined while nothing is known of it. */
  soundTimeOf(timestamp: number): number | undefined {
    const { soundMoment } = this;
    return soundMoment && soundMoment.ms + (timestampStep(timestamp, soundMoment.timestamp) * 1000) / this.#soundRate;
  }

  /** A moment of the sound, where both are on one clock. */
  #soundBy(picture: Moment | undefined, sound: Moment | undefined): Moment | undefined {
    if (this.#zero === undefined || picture === undefined || sound === undefined) return undefined;
    return { timestamp: sound.timestamp, ms: this.#timeOf(picture.timestamp, this.#zero) + sound.ms - picture.ms };
  }

  #timeOf(timestamp: number, zero: Moment): number {
    return zero.ms + ((this.#ticks + timestampStep(timestamp, this.#timestamp)) * 1000) / this.#pictureRate;
  }
}
