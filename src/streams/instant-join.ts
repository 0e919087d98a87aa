/** Whether newcomers see a stream at once: where it pays (`auto`), for every publisher, or for none. */
export type InstantJoinMode = 'auto' | 'always' | 'never';

/** Who a publisher says that it is. */
export interface PublisherName {
  readonly userAgent: string;
  /** User name of the offer's `o=` line. */
  readonly originUser: string;
}

/** What a publisher was seen to do. */
export interface KeyFrameHabits {
  /** Time between the key frames that come by themselves, in milliseconds; undefined while it is not known, and when none come. */
  readonly gopMs: number | undefined;
  /** Whether it sends key frames on request; undefined until that is certain. */
  readonly obeysKeyFrameRequests: boolean | undefined;
}

/** What is known of a publisher's key frames and of its viewers. */
export interface Publishing extends PublisherName, KeyFrameHabits {
  /** How long nobody has watched, in milliseconds, counted from its beginning at the most; 0 while somebody does. */
  readonly unwatchedMs: number;
}

/** A newcomer waits for half of it on average: less than this, in milliseconds, is not worth the cost. */
const shortGopMs = 500;

/** Of a publisher that may or may not obey, key frames this far apart, in milliseconds, are far. */
const longGopMs = 1500;

/** Where nobody has watched for so long, in milliseconds, the next viewer may wait for a key frame, and those after it will not. */
const forgottenMs = 300_000;

/**
 * Whether to keep a stream's GOP for newcomers, which costs 1–2 % of a core: where there may be some, and they would have to wait for a key
 * frame, because the encoder ignores requests or its key frames are far apart.
 *
 * OBS, FFmpeg and what else is built on libdatachannel ignore requests, and are known by their names; others by what they did so far.
 */
export function keepsGop(mode: InstantJoinMode, publishing: Publishing): boolean {
  if (mode !== 'auto') return mode === 'always';
  return publishing.unwatchedMs < forgottenMs && makesWait(publishing);
}

/** Whether newcomers have to wait for a key frame of this publisher, because it is taken to send them by its own interval only. */
function makesWait({ userAgent, originUser, gopMs, obeysKeyFrameRequests }: PublisherName & KeyFrameHabits): boolean {
  if (obeysKeyFrameRequests === true || (gopMs !== undefined && gopMs < shortGopMs)) return false;
  return obeysKeyFrameRequests === false || isKnownDeaf(userAgent, originUser) || (gopMs !== undefined && gopMs >= longGopMs);
}

/** What a {@link GopKeeping} is made from. */
export interface GopKeepingOptions extends PublisherName {
  readonly mode: InstantJoinMode;
  /** Whether it gives up what nobody has watched for long. Not where HLS is on demand: its first viewer must not wait either. */
  readonly forgets: boolean;
}

/** What is known of one publisher so far, for {@link keepsGop}. Has no clock: the time comes with each call, in milliseconds. */
export class GopKeeping {
  readonly #mode: InstantJoinMode;
  readonly #name: PublisherName;
  readonly #forgets: boolean;
  #habits: KeyFrameHabits = { gopMs: undefined, obeysKeyFrameRequests: undefined };
  #isWatched = false;
  #lastWatchedMs: number;

  constructor({ mode, forgets, ...name }: GopKeepingOptions, nowMs: number) {
    this.#mode = mode;
    this.#forgets = forgets;
    this.#name = name;
    this.#lastWatchedMs = nowMs;
  }

  /** Whether the publisher is taken to send key frames by its own interval, whoever asks for one. */
  get isDeaf(): boolean {
    return makesWait({ ...this.#name, ...this.#habits });
  }

  /** What the publisher does was looked at again. */
  learn({ gopMs, obeysKeyFrameRequests }: KeyFrameHabits): void {
    this.#habits = { gopMs, obeysKeyFrameRequests };
  }

  /** Somebody watches, or comes to do so, or has just left; `goesOn`: somebody still does. */
  watched(goesOn: boolean, nowMs: number): void {
    this.#isWatched = goesOn;
    this.#lastWatchedMs = nowMs;
  }

  /** Whether to keep its GOP now. */
  decide(nowMs: number): boolean {
    const unwatchedMs = this.#isWatched || !this.#forgets ? 0 : nowMs - this.#lastWatchedMs;
    return keepsGop(this.#mode, { ...this.#name, ...this.#habits, unwatchedMs });
  }
}

/** `rtc` is libdatachannel's name in the `o=` line. */
function isKnownDeaf(userAgent: string, originUser: string): boolean {
  return /\b(?:OBS|Lavf|FFmpeg|libdatachannel)\b/i.test(userAgent) || /^(?:rtc|FFmpeg)$/i.test(originUser);
}
