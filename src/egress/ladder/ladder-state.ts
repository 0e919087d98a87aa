/** What becomes of a stream's ladder. Sentences are for people. */
export type LadderState =
  /** There is no picture yet. */
  | { readonly name: 'waiting' }
  /** Only the original is shown, and why. */
  | { readonly name: 'none'; readonly reason: string }
  /** `renditions` smaller pictures are made; `reason`: why they are fewer than they could be. */
  | { readonly name: 'running'; readonly renditions: number; readonly reason: string | undefined }
  /** FFmpeg ended; it is started again with the first key frame from `retryAt` on. */
  | { readonly name: 'restarting'; readonly attempt: number; readonly detail: string; readonly retryAt: Date };
