import { firstPipe, fragmentOutput, h264Encoder } from '../output-arguments.ts';
import type { TapPlan } from './tap-plan.ts';

/** What of a tap's argument list is not in its plan. */
export interface TapArgumentOptions {
  /** Length of a fragment between key frames, in milliseconds. Default 200. */
  readonly fragmentMs?: number;
  /** Bit rate of AAC, in bit/s. Default 128 000. */
  readonly audioBitrate?: number;
  /** Between key frames of video that is encoded anew, in seconds. Default 2. */
  readonly keyFrameSeconds?: number;
  /** Of x264, where video is encoded anew. Default `veryfast`. */
  readonly preset?: string;
  /** What comes may have been kept, see `LegOptions`. Default false. */
  readonly replays?: boolean;
}

/** The argument list of a tap's FFmpeg: RTP by a description on standard input, one output on each pipe, all on the one input's clock. */
export function tapArguments(plan: TapPlan, options: TapArgumentOptions = {}): string[] {
  const times = options.replays === true ? [asTheyAre] : [];
  return [...times, ...input, ...(plan.container === 'webm' ? webmOutput(plan) : mp4Outputs(plan, options))].flat();
}

/**
 * The first picture has time 0, and the sound, whose place is known from its first packet on, begins a few milliseconds later. FFmpeg overlooks
 * the time of a first picture, takes that of the sound for the beginning, and would move all pictures but the first by the difference.
 */
const asTheyAre = ['-copyts'];

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

/** Room before the first picture for what an AAC encoder puts in front of the sound (21 ms), in seconds: there are no times before 0. */
const leadIn: readonly string[][] = [['-output_ts_offset', '0.1']];

function mp4Outputs({ renditions, transcodes }: TapPlan, options: TapArgumentOptions): string[][] {
  const { fragmentMs, audioBitrate = 128_000, keyFrameSeconds = 2, preset = 'veryfast' } = options;
  const keyFrames = `expr:gte(t,n_forced*${keyFrameSeconds})`;
  const videoCodec = transcodes ? h264Encoder({ preset, keyFrames, bitrate: undefined, framesPerSecond: 30 }) : [['-c:v', 'copy']];
  return renditions.flatMap(({ kind }, index) => [
    ...(kind === 'video' ? [['-map', `0:v:${index}`], ...videoCodec] : [['-map', '0:a:0'], ...aac, ['-b:a', `${audioBitrate}`]]),
    ...leadIn,
    ...fragmentOutput(index, fragmentMs),
  ]);
}

function webmOutput({ legs }: TapPlan): string[][] {
  return [
    ...legs.map(({ kind }) => ['-map', `0:${kind === 'video' ? 'v' : 'a'}:0`]),
    ['-c', 'copy'],
    ['-f', 'webm'],
    ['-live', '1'],
    ['-max_interleave_delta', '400000'], // the picture waits no longer for sound that is muted; FFmpeg's default is 10 s
    ['-cluster_time_limit', '400'], // what a crash loses of a recording at most, beside what is on its way
    ['-flush_packets', '1'],
    [`pipe:${firstPipe}`],
  ];
}
