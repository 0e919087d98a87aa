import type { RunEnding } from '../fragment.ts';

/** What a stream's tap does now. */
export type TapState =
  /** FFmpeg has been started; `attempt` counts from 1 since the last good run. */
  | { readonly name: 'starting'; readonly since: Date; readonly attempt: number }
  /** Fragments come. */
  | { readonly name: 'running'; readonly since: Date; readonly runId: number }
  /** For a publisher, or for media from it: `reason` is a sentence. */
  | { readonly name: 'waiting'; readonly since: Date; readonly reason: string }
  | { readonly name: 'restarting'; readonly since: Date; readonly attempt: number; readonly ending: RunEnding; readonly retryAt: Date }
  /** Nobody needs it. */
  | { readonly name: 'stopped'; readonly since: Date }
  /** It cannot be made of what the publisher sends, or without FFmpeg: another publisher may mend it. */
  | { readonly name: 'failed'; readonly since: Date; readonly ending: RunEnding };
