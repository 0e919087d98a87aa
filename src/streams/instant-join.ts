/** Whether newcomers see a stream at once: where it pays (`auto`), for every publisher, or for none. */
export type InstantJoinMode = 'auto' | 'always' | 'never';

/** What is known of a publisher's key frames. */
export interface PublisherHabits {
  readonly userAgent: string;
  /** User name of the offer's `o=` line. */
  readonly originUser: string;
  /** Time between the key frames that come by themselves, in milliseconds; undefined while it is not known, and when none come. */
  readonly gopMs: number | undefined;
  /** Whether it sends key frames on request; undefined until that is certain. */
  readonly obeysKeyFrameRequests: boolean | undefined;
}

/** A newcomer waits for half of it on average: less than this, in milliseconds, is not worth the cost. */
const shortGopMs = 500;

/** Of a publisher that may or may not obey, key frames this far apart, in milliseconds, are far. */
const longGopMs = 1500;

/**
 * Whether to keep a stream's GOP for newcomers, which costs 1–2 % of a core: where they would have to wait for a key frame, because the encoder
 * ignores requests or its key frames are far apart.
 *
 * OBS, FFmpeg and what else is built on libdatachannel ignore requests, and are known by their names; others by what they did so far.
 */
export function keepsGop(mode: InstantJoinMode, { userAgent, originUser, gopMs, obeysKeyFrameRequests }: PublisherHabits): boolean {
  if (mode !== 'auto') return mode === 'always';
  if (obeysKeyFrameRequests === true || (gopMs !== undefined && gopMs < shortGopMs)) return false;
  return obeysKeyFrameRequests === false || isKnownDeaf(userAgent, originUser) || (gopMs !== undefined && gopMs >= longGopMs);
}

/** `rtc` is libdatachannel's name in the `o=` line. */
function isKnownDeaf(userAgent: string, originUser: string): boolean {
  return /\b(?:OBS|Lavf|FFmpeg|libdatachannel)\b/i.test(userAgent) || /^(?:rtc|FFmpeg)$/i.test(originUser);
}
