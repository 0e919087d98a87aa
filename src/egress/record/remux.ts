import { GatewayError } from '../../errors.ts';
import { type FfmpegLauncher, FfmpegProcess } from '../ffmpeg-process.ts';
import type { Container } from './recording.ts';

/** FFmpeg's names of containers. */
const formatOf: Readonly<Record<Container, string>> = { mp4: 'mp4', webm: 'webm', mkv: 'matroska' };

/** A rewrite that takes longer has hung, in milliseconds. */
const timeoutMs = 600_000;

/** What is rewritten into what. */
export interface RemuxPlan {
  /** Rejects with `GatewayError` where there is no FFmpeg. */
  readonly launcher: () => Promise<FfmpegLauncher>;
  readonly from: string;
  readonly to: string;
  readonly container: Container;
}

/** The arguments of FFmpeg that copy a recording into another file, with its index in front. */
function remuxArguments({ from, to, container }: Omit<RemuxPlan, 'launcher'>): readonly string[] {
  return [
    ...['-nostdin', '-hide_banner', '-v', 'error', '-y'],
    ...['-i', `file:${from}`],
    ...['-map', '0', '-c', 'copy'],
    ...(container === 'mp4' ? ['-movflags', '+faststart'] : []),
    ...(container === 'webm' ? ['-cues_to_front', '1'] : []),
    ...['-f', formatOf[container], `file:${to}`],
  ];
}

/** Rewrites a recording. Resolves to what went wrong; undefined: nothing did. FFmpeg ends with this process, whatever happens to it. */
export async function remux({ launcher, ...files }: RemuxPlan, cancelSignal: AbortSignal): Promise<string | undefined> {
  try {
    const process = new FfmpegProcess(await launcher(), remuxArguments(files), { input: '', outputs: 0 });
    const over = AbortSignal.any([cancelSignal, AbortSignal.timeout(timeoutMs)]);
    const kill = (): void => {
      process.kill();
    };
    over.addEventListener('abort', kill);
    if (over.aborted) kill();
    const { exitCode, lastWords } = await process.ended;
    over.removeEventListener('abort', kill);
    return exitCode === 0 ? undefined : lastWords.split('\n', 1)[0] || 'FFmpeg failed';
  } catch (error) {
    if (error instanceof GatewayError) return error.message;
    throw error;
  }
}
