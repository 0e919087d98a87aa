import { execa } from 'execa';
import type { Fragment } from '../fragment.ts';

/** Of the picture in pixels; the width follows. */
const height = 180;

const timeoutMs = 5_000;

/** The argument list: one key frame of what is on standard input, as a small JPEG on standard output. */
function thumbnailArguments(container: 'mp4' | 'webm'): string[] {
  return [
    ['-hide_banner', '-nostats'],
    ['-loglevel', 'error'],
    ['-threads', '1'],
    ['-skip_frame', 'nokey'],
    ['-f', container === 'webm' ? 'matroska' : 'mp4'],
    ['-i', 'pipe:0'],
    ['-frames:v', '1'],
    ['-vf', `scale=-2:${height}`],
    ['-q:v', '5'],
    ['-f', 'image2pipe'],
    ['-c:v', 'mjpeg'],
    ['pipe:1'],
  ].flat();
}

/** Decodes the key frame at the beginning of a fragment; undefined when FFmpeg cannot. It ends with its input, so none is left behind. */
export async function renderThumbnail(ffmpeg: string, { init, bytes }: Fragment): Promise<Uint8Array | undefined> {
  const { failed, stdout } = await execa(ffmpeg, thumbnailArguments(init.container), {
    input: Buffer.concat([init.bytes, bytes]),
    encoding: 'buffer',
    timeout: timeoutMs,
    forceKillAfterDelay: 500,
    reject: false,
    extendEnv: false,
  });
  return failed || stdout.length === 0 ? undefined : stdout;
}
