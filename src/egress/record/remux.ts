import { execa } from 'execa';
import type { Container } from './recording.ts';

/** FFmpeg's names of containers. */
const formatOf: Readonly<Record<Container, string>> = { mp4: 'mp4', webm: 'webm', mkv: 'matroska' };

/** A rewrite that takes longer has hung, in milliseconds. */
const timeoutMs = 600_000;

/** What is rewritten into what. */
export interface RemuxPlan {
  /** Path of FFmpeg. */
  readonly ffmpeg: string;
  readonly from: string;
  readonly to: string;
  readonly container: Container;
}

/** The arguments of FFmpeg that copy a recording into another file, with its index in front. */
function remuxArguments({ from, to, container }: Omit<RemuxPlan, 'ffmpeg'>): readonly string[] {
  return [
    ...['-nostdin', '-hide_banner', '-v', 'error', '-y'],
    ...['-i', `file:${from}`],
    ...['-map', '0', '-c', 'copy'],
    ...(container === 'mp4' ? ['-movflags', '+faststart'] : []),
    ...(container === 'webm' ? ['-cues_to_front', '1'] : []),
    ...['-f', formatOf[container], `file:${to}`],
  ];
}

/** Rewrites a recording. Resolves to what went wrong; undefined: nothing did. */
export async function remux(plan: RemuxPlan, cancelSignal: AbortSignal): Promise<string | undefined> {
  const { failed, stderr, shortMessage } = await execa(plan.ffmpeg, remuxArguments(plan), {
    cancelSignal,
    timeout: timeoutMs,
    forceKillAfterDelay: 1_000,
    reject: false,
    stdin: 'ignore',
    stdout: 'ignore',
    maxBuffer: 10_000,
  });
  if (!failed) return undefined;
  return stderr.split('\n', 1)[0] || shortMessage || 'FFmpeg failed';
}
