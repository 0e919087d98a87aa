import type { EncodedPicture, Rendition, TapRun } from '../fragment.ts';

/** One rung as operators write it. */
export interface LadderRung {
  /** Pixels of the shorter side: `480p` is 480 of them, in upright pictures too. */
  readonly lines: number;
  /** The most that it may take, in bit/s. */
  readonly bitrate: number;
}

/** The largest rung that is made, as a share of the original: a larger one would cost much and look the same. */
const largestShare = 0.8;

/** A smaller picture of a ladder. */
export type LadderRendition = Rendition & { readonly encoded: EncodedPicture };

/**
 * What is encoded of an original of this size, from the smallest up: never anything larger, the sides in its proportions. A rung has the same
 * name whichever others there are, so that players stay with it when the original changes its size.
 */
export function planLadder(
  { width, height }: { readonly width: number; readonly height: number },
  rungs: readonly LadderRung[],
): readonly LadderRendition[] {
  const shorter = Math.min(width, height);
  return rungs
    .toSorted((one, other) => one.lines - other.lines)
    .map(({ lines, bitrate }, index) => ({ lines, bitrate, name: videoName(index) }))
    .filter(({ lines }) => lines <= shorter * largestShare)
    .map(({ lines, bitrate, name }) => {
      const encoded = { width: even((width * lines) / shorter), height: even((height * lines) / shorter), bitrate };
      return { name, kind: 'video', rid: undefined, encoded };
    });
}

/** Whether a run is one for a ladder: one picture as H264. Several encodings are a ladder already. */
export function takesLadder({ renditions }: TapRun): boolean {
  const videos = renditions.filter(({ kind }) => kind === 'video');
  return videos.length === 1 && videos.every(({ name }) => name !== 'webm');
}

/** The same run with the smaller pictures below its own one, which is called `original`. */
export function withLadder(run: TapRun, ladder: readonly LadderRendition[], original: string): TapRun {
  const own = run.renditions.map((rendition) => (rendition.kind === 'video' ? { ...rendition, name: original } : rendition));
  return { ...run, renditions: [...ladder, ...own] };
}

/** What the original is called beside such a ladder: after every rung, be it made or not. */
export function originalName(rungs: readonly LadderRung[]): string {
  return videoName(rungs.length);
}

/** Renditions are sorted by their names, from the smallest up. */
function videoName(index: number): string {
  return `video-${index}`;
}

function even(pixels: number): number {
  return Math.max(2, Math.round(pixels / 2) * 2);
}
