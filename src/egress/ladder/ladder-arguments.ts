import type { EncodedPicture } from '../fragment.ts';
import { fragmentOutput, h264Encoder, type H264EncoderOptions } from '../output-arguments.ts';

/** What of the argument list is not in the pictures. */
export type LadderArgumentOptions = Pick<H264EncoderOptions, 'preset' | 'framesPerSecond'>;

/**
 * The argument list of the FFmpeg that makes a ladder: fragments of the original on standard input, decoded once, and every smaller picture
 * on a pipe of its own. All keep the clock and the key frames of the original.
 */
export function ladderArguments(pictures: readonly EncodedPicture[], options: LadderArgumentOptions): string[] {
  return [...input, ...pictures.flatMap((picture, index) => output(picture, index, options))].flat();
}

const input: readonly string[][] = [
  ['-hide_banner', '-nostats'],
  ['-loglevel', 'warning'],
  ['-copyts'], // or the first frame would be at 0
  ['-fpsprobesize', '0'],
  ['-thread_type', 'slice'], // frames in parallel would be frames behind
  ['-f', 'mp4'],
  ['-i', 'pipe:0'],
];

function output({ width, height, bitrate }: EncodedPicture, index: number, options: LadderArgumentOptions): string[][] {
  return [
    ['-map', '0:v:0'],
    ['-vf', fitInto(width, height)],
    ...h264Encoder({ ...options, bitrate, keyFrames: 'source' }),
    ...fragmentOutput(index),
  ];
}

/** An encoder cannot change its size: an original that changes its own is fitted into it until there is another encoder. */
function fitInto(width: number, height: number): string {
  return `scale=${width}:${height}:force_original_aspect_ratio=decrease,pad=${width}:${height}:-1:-1,setsar=1`;
}
