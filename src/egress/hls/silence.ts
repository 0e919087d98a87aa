import type { Fragment, InitSegment } from '../fragment.ts';
import { writeFragment } from '../fragment-writer.ts';

/** Samples of an AAC frame. */
const frameSamples = 1024;

/** What FFmpeg's AAC encoder makes of silence (`anullsrc`, AAC-LC), by the number of channels; the same at every sample rate. */
const silentFrames: ReadonlyMap<number, Uint8Array> = new Map([
  [1, Buffer.from('01182007', 'hex')],
  [2, Buffer.from('211004608c1c', 'hex')],
]);

/** Least length of a whole fragment of silence, in milliseconds: what a tap's own have. */
const fragmentMs = 200;

/** Length of a whole fragment of silence, in milliseconds. */
export function silentFragmentMs({ timescale }: InitSegment): number {
  return (framesIn(timescale) * frameSamples * 1000) / timescale;
}

/**
 * Silence between two times of a run, in whole AAC frames: it ends up to a frame before `untilMs`.
 *
 * Empty where the time is shorter than a frame, or where we have no silent frame for such audio.
 */
export function silence(init: InitSegment, fromMs: number, untilMs: number): readonly Fragment[] {
  const frame = silentFrames.get(init.channels ?? 2);
  if (frame === undefined || init.codec !== 'mp4a.40.2') return [];
  const frameMs = (frameSamples * 1000) / init.timescale;
  const total = Math.floor((untilMs - fromMs) / frameMs + 1e-6);
  const most = framesIn(init.timescale);
  const fragments: Fragment[] = [];
  for (let done = 0; done < total; done += most) {
    const frames = Math.min(most, total - done);
    const startMs = fromMs + done * frameMs;
    fragments.push({
      rendition: 'audio',
      init,
      startMs,
      durationMs: frames * frameMs,
      independent: true,
      frames,
      bytes: writeFragment({
        decodeTime: Math.round((startMs * init.timescale) / 1000),
        samples: Array.from({ length: frames }, () => ({ bytes: frame, duration: frameSamples })),
      }),
    });
  }
  return fragments;
}

/** Frames of a whole fragment. */
function framesIn(timescale: number): number {
  return Math.ceil((fragmentMs * timescale) / 1000 / frameSamples);
}
