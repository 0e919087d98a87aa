/** The first of the pipes that FFmpeg writes to; one for each rendition. */
export const firstPipe = 3;

/** Units per second of every clock of video. */
const timescale = 90_000;

/** Tells FFmpeg to write a rendition to its pipe, as fragments that `RenditionParser` reads. `fragmentMs`: their length between key frames. */
export function fragmentOutput(index: number, fragmentMs = 200): string[][] {
  return [
    ['-f', 'mp4'],
    ['-movflags', '+empty_moov+default_base_moof+frag_keyframe+frag_discont+skip_trailer'], // frag_discont: true decode times
    ['-avoid_negative_ts', 'make_non_negative', '-use_editlist', '0'], // or each output would begin at 0, and sound be late by what AAC puts before it
    ['-frag_duration', `${fragmentMs * 1000}`],
    ['-flush_packets', '1'],
    [`pipe:${firstPipe + index}`],
  ];
}

/** How x264 encodes. */
export interface H264EncoderOptions {
  readonly preset: string;
  /** Where key frames are, as FFmpeg takes it: `source`, or `expr:…`. There are no others. */
  readonly keyFrames: string;
  /** The most that it may take, in bit/s; simple pictures take less. Undefined: what looks good. */
  readonly bitrate: number | undefined;
  /** Of the original: x264 shares its bits out by it, and names the level. Frames are neither dropped nor repeated for it. */
  readonly framesPerSecond: number;
}

/** Tells FFmpeg to encode video as H264, live: every frame at once, with the time that it came with. */
export function h264Encoder({ preset, keyFrames, bitrate, framesPerSecond }: H264EncoderOptions): string[][] {
  return [
    ['-fps_mode', 'vfr'], // RTP tells no frame rate: FFmpeg would fill in as many frames as the clock has ticks
    ['-enc_time_base', `1:${timescale}`],
    ['-c:v', 'libx264'],
    ['-preset', preset],
    ['-tune', 'zerolatency'],
    ['-pix_fmt', 'yuv420p'],
    ['-crf', '23'],
    ...(bitrate === undefined ? [] : [['-maxrate', `${bitrate}`], ['-bufsize', `${bitrate}`]]), // prettier-ignore
    ['-force_key_frames', keyFrames],
    // parameter sets with each key frame, as publishers send them
    ['-x264-params', `repeat-headers=1:keyint=infinite:scenecut=0:fps=${framesPerSecond}`],
    ['-video_track_timescale', `${timescale}`],
  ];
}
