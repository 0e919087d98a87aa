import type { VideoObservation } from './ingest-health.ts';
import { cameUnasked, requestAnswers, sinceKeyFrameMs } from './key-frame-habits.ts';

/** How often every packet is looked at for a moment, in milliseconds. */
const glanceEveryMs = 30_000;

/** Shortest and longest time between two measurements of the picture, in milliseconds; the time doubles while nothing changes. */
const measureEveryMs = { shortest: 5000, longest: 60_000 } as const;

/** Key frames this far apart make us ask for one, to learn whether the encoder answers, in milliseconds. */
const suspiciousGopMs = 4200;

/** Requests before we believe that an encoder that left some of them unanswered does not listen. */
const enoughRequests = 3;

/** Whether it is time to glance at packets again. */
export function wantsGlance(lastMs: number | undefined, nowMs: number): boolean {
  return lastMs === undefined || nowMs - lastMs >= glanceEveryMs;
}

/** When the picture was measured, and what came of it. */
export interface Measurements {
  readonly lastMs: number | undefined;
  /** Measurements in a row that found nothing new. */
  readonly unchanged: number;
}

/**
 * Whether to measure the picture, which asks the publisher for a key frame.
 *
 * - Once at the start.
 * - After a key frame that nobody asked for: encoders send one when the size changes (and many at regular times, so ever less often).
 * - When no key frame came for long: an encoder that sends them on request needs no shorter GOP, one that ignores requests does.
 */
export function wantsMeasurement(video: VideoObservation, { lastMs, unchanged }: Measurements, nowMs: number): boolean {
  if (video.samples.at(-1)?.packets === 0) return false;
  if (lastMs === undefined) return true;
  const waitMs = Math.min(measureEveryMs.longest, measureEveryMs.shortest * 2 ** unchanged);
  if (nowMs - lastMs >= waitMs && cameUnasked(video, lastMs)) return true;
  const answers = requestAnswers(video, nowMs);
  const isKnown = answers.obeys || (answers.ignores && answers.asked >= enoughRequests);
  return !isKnown && nowMs - lastMs >= measureEveryMs.shortest && sinceKeyFrameMs(video, nowMs) > suspiciousGopMs;
}
