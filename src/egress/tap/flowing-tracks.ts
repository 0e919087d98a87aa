import { setTimeout as delay } from 'node:timers/promises';
import type { LiveTrack } from '../../streams/publish-session.ts';

/** How long a new publisher's audio may be behind its video, in milliseconds. */
const audioPatienceMs = 500;

/** Which tracks carry media now. A fresh publisher's audio is waited for a moment. */
export async function whichFlow(tracks: readonly LiveTrack[], interrupted: AbortSignal): Promise<readonly boolean[]> {
  const deadline = performance.now() + audioPatienceMs;
  let now = await Promise.all(tracks.map(flows));
  while (now.includes(false) && performance.now() < deadline && !interrupted.aborted) {
    await delay(50, undefined, { signal: interrupted }).catch(() => undefined); // aborted: the loop ends
    now = await Promise.all(tracks.map(flows));
  }
  return now;
}

/** Whether a track carries media now. */
export async function flows({ incoming }: LiveTrack): Promise<boolean> {
  const stats = await incoming.stats().catch(() => []); // the track has gone
  return stats.some(({ bitrate }) => bitrate > 0);
}
