import type { PlacedPacket } from './gop-cache.ts';
import type { Follower } from './gop-feed.ts';

/** Where a relay gets its packets. */
export interface RelaySource {
  /** What came of its present GOP so far; nothing where none is kept. */
  presentGop(): readonly PlacedPacket[];
  /** Passes packets on until the result is disposed of. */
  follow(follower: Follower): Disposable;
  askForKeyFrame(): void;
}
