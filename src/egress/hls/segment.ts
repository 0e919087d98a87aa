import type { InitSegment } from '../fragment.ts';

/** A file that players get: its name is random, so that only who may read a playlist knows it, and its content never changes. */
export interface MediaFile {
  readonly name: string;
  readonly kind: 'audio' | 'video';
  /** Shared with everybody who has these fragments: no copies. */
  readonly chunks: readonly Uint8Array[];
}

/** A part of a segment that players get before its end (LL-HLS). */
export interface Part extends MediaFile {
  readonly durationMs: number;
  /** Begins with a key frame. */
  readonly independent: boolean;
}

/** What one rendition has for one number. */
export interface Segment {
  readonly name: string;
  readonly init: InitFile;
  /** Wall clock of its first sample, in milliseconds since the epoch. */
  readonly startsAt: number;
  readonly parts: readonly Part[];
  readonly durationMs: number;
  /** Nothing is added any more. */
  readonly complete: boolean;
  /** Its parts are for players; otherwise it is one piece. */
  readonly listsParts: boolean;
  /** Where its fragments come from: another rendition's name where that one lends them. */
  readonly source: string;
}

/** An `EXT-X-MAP`. */
export interface InitFile extends MediaFile {
  readonly init: InitSegment;
}

/** What all renditions have for one number, so that numbers and discontinuities agree in all playlists. */
export interface Step {
  readonly number: number;
  /** Clocks or decoders change before it. */
  readonly discontinuity: boolean;
  /** Discontinuities so far, its own included. */
  readonly discontinuities: number;
  readonly segments: ReadonlyMap<string, Segment>;
}
