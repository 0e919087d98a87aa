/** What a player is doing. `reason` is a sentence for people. */
export type PlayerState =
  | { readonly name: 'connecting' }
  /** Nobody publishes at the moment; playback begins by itself. */
  | { readonly name: 'waiting'; readonly reason: string }
  | { readonly name: 'playing' }
  /** The connection was lost; the next attempt is made at `retryAt`, on the clock of `Date.now()`. */
  | { readonly name: 'reconnecting'; readonly reason: string; readonly attempt: number; readonly retryAt: number }
  /** The server's answer was final. */
  | { readonly name: 'failed'; readonly reason: string; readonly code: string; readonly status: number | undefined }
  | { readonly name: 'closed' };
