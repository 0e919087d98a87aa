import type { Patience } from './change-signal.ts';
import type { Segment } from './segment.ts';

/** What a player may ask a media playlist to wait for (draft-pantos-hls-rfc8216bis §6.2.5.2). */
export interface Awaited {
  readonly number: number;
  /** Undefined: the whole segment. */
  readonly part: number | undefined;
}

/** The newest that a playlist has. */
export interface Newest {
  readonly number: number;
  readonly segment: Segment;
}

/**
 * How long a part is, in milliseconds: a tap's fragments of 200 ms are so long, up to a frame more, and none may be shorter than 85 % of it.
 */
export const partMs = 235;

/** How long a request waits for the next segment, in target durations (draft-pantos-hls-rfc8216bis §6.2.5.2). */
const waitTargets = 3;

/**
 * How long it waits for the next part: hls.js gives up after 0.8 target durations (3 parts at least), and calls it an error; an answer
 * without news lets it ask again in peace while a publisher is away.
 */
const waitForPart = { targets: 0.8, parts: 3, lessMs: 150 };

/** How many segments ahead a player may ask for. */
const furthest = 2;

/** How long a reload of a playlist may wait for what is awaited, in milliseconds. */
export function reloadWaitMs({ part }: Awaited, targetMs: number): Patience['timeoutMs'] {
  if (part === undefined) return waitTargets * targetMs;
  return Math.max(waitForPart.targets * targetMs, waitForPart.parts * partMs) - waitForPart.lessMs;
}

/** Whether what is awaited is too far in the future to be waited for. */
export function isTooFar({ number }: Awaited, newest: Newest): boolean {
  return number > newest.number + furthest;
}

/** Whether a playlist has what is awaited. */
export function hasCome({ number, part }: Awaited, newest: Newest): boolean {
  if (newest.number !== number) return newest.number > number;
  return newest.segment.complete || (part !== undefined && newest.segment.parts.length > part);
}
