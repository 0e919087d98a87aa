import type { TapPlan } from './tap-plan.ts';

/** What of a tap's argument list is not in its plan. */
export interface TapArgumentOptions {
  /** Length of a fragment between key frames, in milliseconds. Default 200. */
  readonly fragmentMs?: number;
  /** Bit rate of AAC, in bit/s. Default 128 000. */
  readonly audioBitrate?: number;
  /** Between key frames of video that is encoded anew, in seconds. Default 2. */
  readonly keyFrameSeconds?: number;
}

/** The first of the pipes that FFmpeg writes to; one for each rendition. */
const firstPipe = 3;

/** The argument list of a tap's FFmpeg: RTP by a description on standard input, one output on each pipe, all on the one input's clock. */
export function tapArguments(plan: TapPlan, options: TapArgumentOptions = {}): string[] {
  return [...input, ...(plan.container === 'webm' ? webmOutput(plan) : mp4Outputs(plan, options))].flat();
}

const input: readonly string[][] = [
  ['-hide_banner', '-nostats'],
  ['-loglevel', 'warning'],
  ['-fpsprobesize', '0'], // the first output comes 0.7 s to 1.5 s sooner
  ['-analyzeduration', '15000000'], // ends as soon as all is known: this is for encodings whose key frames come far apart
  ['-probesize', '50000000'],
  ['-buffer_size', '4194304'], // of a socket; the kernel caps it at net.core.rmem_max
  ['-protocol_whitelist', 'pipe,udp,rtp'],
  ['-f', 'sdp'],
  ['-localaddr', '127.0.0.1'], // nobody else can send to it
  ['-i', 'pipe:0'],
];

const aac: readonly string[][] = [
  ['-c:a', 'aac'],
  ['-ar', '48000'],
  ['-ac', '2'],
  ['-af', 'aresample=async=1000'], // fills what is missing, so that sound stays with the picture
];

function mp4Outputs({ renditions, transcodes }: TapPlan, options: TapArgumentOptions): string[][] {
  const { fragmentMs = 200, audioBitrate = 128_000, keyFrameSeconds = 2 } = options;
  const muxer = [
    ['-f', 'mp4'],
    ['-movflags', '+empty_moov+default_base_moof+frag_keyframe+frag_discont+skip_trailer'], // frag_discont: true decode times
    ['-frag_duration', `${fragmentMs * 1000}`],
    ['-flush_packets', '1'],
  ];
  const videoCodec = transcodes ? h264Encoder(keyFrameSeconds) : [['-c:v', 'copy']];
  return renditions.flatMap(({ kind }, index) => [
    ...(kind === 'video' ? [['-map', `0:v:${index}`], ...videoCodec] : [['-map', '0:a:0'], ...aac, ['-b:a', `${audioBitrate}`]]),
    ...muxer,
    [`pipe:${firstPipe + index}`],
  ]);
}

function h264Encoder(keyFrameSeconds: number): string[][] {
  return [
    ['-c:v', 'libx264'],
    ['-preset', 'veryfast'],
    ['-tune', 'zerolatency'],
    ['-pix_fmt', 'yuv420p'],
    ['-r', '30'], // RTP tells no frame rate, and FFmpeg would fill in as many frames as its clock has ticks
    ['-x264-params', 'repeat-headers=1'], // parameter sets with each key frame, as publishers send them
    ['-force_key_frames', `expr:gte(t,n_forced*${keyFrameSeconds})`],
  ];
}

function webmOutput({ legs }: TapPlan): string[][] {
  return [
    ...legs.map(({ kind }) => ['-map', `0:${kind === 'video' ? 'v' : 'a'}:0`]),
    ['-c', 'copy'],
    ['-f', 'webm'],
    ['-live', '1'],
    ['-cluster_time_limit', '400'], // what a crash loses of a recording at most, beside what is on its way
    ['-flush_packets', '1'],
    [`pipe:${firstPipe}`],
  ];
}
