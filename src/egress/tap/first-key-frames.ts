import { setTimeout as delay } from 'node:timers/promises';
import type { RenditionFeed } from './rendition-feed.ts';

/** Between two requests for the first key frame, in milliseconds. */
const firstRequestMs = 500;

/** How long all encodings may take to show their first key frame before the audio is let through without them, in milliseconds. */
const keyFrameMs = 5_000;

/** Waits until each of these encodings has shown a key frame, and asks for those that are missing; or until one has and that took too long. */
export async function untilKeyFrames(encodings: readonly RenditionFeed[], signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + keyFrameMs;
  let nextRequest = performance.now() + firstRequestMs;
  while (!signal.aborted && encodings.some(({ hasKeyFrame }) => !hasKeyFrame)) {
    await delay(5, undefined, { signal }).catch(() => undefined); // aborted: the loop ends
    const now = performance.now();
    if (now > deadline && encodings.some(({ hasKeyFrame }) => hasKeyFrame)) return;
    if (now < nextRequest) continue;
    nextRequest = now + firstRequestMs;
    await Promise.all(encodings.filter(({ hasKeyFrame }) => !hasKeyFrame).map(async ({ leg }) => leg.requestKeyFrame()));
  }
}
