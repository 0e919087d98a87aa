import type { Fragment, InitSegment } from '../fragment.ts';
import { joinInits, placeFragment } from '../mux.ts';
import { placeCluster } from './webm-cluster.ts';

/** What stands in front of the fragments of a file. */
export function headerOf(video: InitSegment | undefined, audio: InitSegment | undefined): Uint8Array {
  return video?.container === 'webm' ? video.bytes : joinInits(video, audio);
}

/** A file as fragments are written into it. */
export interface FilePlace {
  readonly hasVideo: boolean;
  /** How many fragments it has already. */
  readonly fragments: number;
  /** What counts as 0 in it, on the clock of the run. */
  readonly startMs: number;
}

/** The bytes of a fragment for its place in a file; what is large of them is not copied. */
export function placeInFile(fragment: Fragment, { hasVideo, fragments, startMs }: FilePlace): readonly Uint8Array[] {
  if (fragment.init.container === 'webm') return placeCluster(fragment.bytes, startMs);
  const trackId = fragment.rendition === 'audio' && hasVideo ? 2 : 1;
  return placeFragment(fragment, { trackId, sequence: fragments + 1, zeroMs: startMs });
}
