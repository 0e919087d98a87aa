import type { Fragment } from '../fragment.ts';
import { readMoof } from '../moof.ts';
import { writeFragment } from '../fragment-writer.ts';

/** The key frame that a fragment begins with, shown from `fromMs` until `untilMs`: what a rendition shows while its video pauses. */
export function stillPicture(keyFragment: Fragment, fromMs: number, untilMs: number): Fragment {
  const { init, rendition, bytes } = keyFragment;
  const { dataOffset, firstFrameBytes } = readMoof(bytes);
  const units = (milliseconds: number): number => Math.round((milliseconds * init.timescale) / 1000);
  const decodeTime = units(fromMs);
  const picture = bytes.subarray(dataOffset, dataOffset + firstFrameBytes);
  return {
    rendition,
    init,
    startMs: fromMs,
    durationMs: untilMs - fromMs,
    independent: true,
    frames: 1,
    bytes: writeFragment({ decodeTime, samples: [{ bytes: picture, duration: units(untilMs) - decodeTime }] }),
  };
}
