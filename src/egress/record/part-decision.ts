import type { Fragment, InitSegment } from '../fragment.ts';
import { soundsAlike } from '../tap-sound.ts';

/** What the decision needs to know of the part that is being written. */
export interface OpenPart {
  readonly video: InitSegment | undefined;
  readonly audio: InitSegment | undefined;
  /** On the clock of the run. */
  readonly startMs: number;
  /** Written so far. */
  readonly bytes: number;
}

/** When a part is full; undefined: never. */
export interface PartLimits {
  readonly durationMs: number | undefined;
  readonly bytes: number | undefined;
}

/** What a part is made of, as known when it begins. */
export interface KnownTracks {
  /** The newest of the sound, or what is expected of it; undefined: there is none. */
  readonly audio: InitSegment | undefined;
  /** Whether the run has a picture; without one a part begins with any sound. */
  readonly expectsVideo: boolean;
}

/** What becomes of a fragment: `begin` ends the part that there is, for that cause. */
export type PartDecision =
  | { readonly action: 'append' }
  | { readonly action: 'drop' }
  | { readonly action: 'begin'; readonly cause: 'first' | 'media-changed' | 'part-duration' | 'part-bytes' };

/** Decides on the next fragment in the order of time. A part begins with a key frame, and every track keeps its init throughout. */
export function decidePart(
  fragment: Fragment,
  part: OpenPart | undefined,
  { limits, known }: { readonly limits: PartLimits; readonly known: KnownTracks },
): PartDecision {
  const kind = fragment.rendition === 'audio' ? 'audio' : 'video';
  const mayBegin = kind === 'video' ? fragment.independent : !known.expectsVideo;
  if (part === undefined) return mayBegin ? { action: 'begin', cause: 'first' } : { action: 'drop' };
  const fits = kind === 'video' ? part.video === fragment.init : isSameSound(part.audio, fragment.init) && fragment.startMs >= part.startMs;
  if (!mayBegin) return fits ? { action: 'append' } : { action: 'drop' };
  if (!fits || !isSameSound(part.audio, known.audio)) return { action: 'begin', cause: 'media-changed' };
  if (fragment.startMs - part.startMs >= (limits.durationMs ?? Infinity)) return { action: 'begin', cause: 'part-duration' };
  if (part.bytes >= (limits.bytes ?? Infinity)) return { action: 'begin', cause: 'part-bytes' };
  return { action: 'append' };
}

function isSameSound(one: InitSegment | undefined, other: InitSegment | undefined): boolean {
  return one === other || (one !== undefined && other !== undefined && soundsAlike(one, other));
}
