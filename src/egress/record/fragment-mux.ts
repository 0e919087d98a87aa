import type { Fragment, InitSegment } from '../fragment.ts';
import { joinInits, placeFragment } from '../mux.ts';
import type { RecordedAudio } from './recording.ts';
import { placeCluster } from './webm-cluster.ts';

/** What stands in front of the fragments of a file. */
export function headerOf(video: InitSegment | undefined, audio: InitSegment | undefined): Uint8Array {
  return video?.container === 'webm' ? video.bytes : joinInits(video, audio);
}

/** The sound of a file: that of its own track, or what a WebM header says. */
export function soundOf(video: InitSegment | undefined, audio: InitSegment | undefined): RecordedAudio | undefined {
  if (audio !== undefined) return { codec: audio.codec, sampleRate: audio.sampleRate, channels: audio.channels };
  if (video?.container !== 'webm' || !Buffer.from(video.bytes).includes('A_OPUS')) return undefined;
  return { codec: 'opus', sampleRate: 48_000, channels: undefined };
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
