import { execa } from 'execa';
import { writeLocalDescription } from '../../sdp/local-description.ts';

/** What an FFmpeg can do for egress. */
export interface FfmpegAbilities {
  /** Path of the program. */
  readonly path: string;
  /** As it says: `5.1.9-0+deb12u1`, `n7.1`, `N-12345-g…`. */
  readonly version: string;
  /** It has an AAC encoder and an Opus decoder; without them there is no sound but in WebM. */
  readonly makesAac: boolean;
  /** It has libx264, for what is encoded anew. */
  readonly encodesH264: boolean;
  /** It takes AV1 out of RTP, and decodes it. */
  readonly readsAv1: boolean;
}

/** Why there is no FFmpeg for egress: a sentence. */
export interface NoFfmpeg {
  readonly problem: string;
}

const oldest = { major: 5, minor: 1 };

/** Longest time that any of the questions may take, in milliseconds. */
const timeoutMs = 10_000;

/** Asks a program what it can do; takes some 0.2 s. */
export async function probeFfmpeg(path: string, signal: AbortSignal): Promise<FfmpegAbilities | NoFfmpeg> {
  const ask = async (args: readonly string[], input = ''): Promise<string> => {
    const { all } = await execa(path, args, {
      input,
      all: true,
      reject: false,
      timeout: timeoutMs,
      cancelSignal: signal,
      extendEnv: false,
    });
    return all;
  };
  const versionText = await ask(['-version']);
  const version = readVersion(versionText);
  if (version === undefined) return { problem: `${path} is not FFmpeg, or does not run.` };
  if (isTooOld(version)) return { problem: `${path} is FFmpeg ${version}; egress needs 5.1 or newer.` };
  const [encoders, decoders, sdp] = await Promise.all([
    ask(['-hide_banner', '-encoders']),
    ask(['-hide_banner', '-decoders']),
    ask(selfTest, av1Description),
  ]);
  const makesAac = hasCoder(encoders, 'aac') && (hasCoder(decoders, 'libopus') || hasCoder(decoders, 'opus'));
  return {
    path,
    version,
    makesAac,
    encodesH264: hasCoder(encoders, 'libx264'),
    readsAv1: /codec set to: (lib)?\w*av1/.test(sdp) && /^ V\S+ (libdav1d|libaom-av1) /m.test(decoders),
  };
}

/** The version that `ffmpeg -version` tells; undefined when it is something else. */
export function readVersion(text: string): string | undefined {
  return /^ffmpeg version (\S+)/.exec(text)?.[1];
}

/** Whether a version is older than what egress needs; builds without a number are taken for new. */
export function isTooOld(version: string): boolean {
  const [, major, minor] = /^n?(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) < oldest.major || (Number(major) === oldest.major && Number(minor) < oldest.minor);
}

/** Whether a list of `-encoders` or `-decoders` has one of this name. */
export function hasCoder(list: string, name: string): boolean {
  return new RegExp(`^ [A-Z.]{6} ${name} `, 'm').test(list);
}

/** Reads a description with AV1 and ends at once, because nothing may be received; before that it tells what it makes of it. */
const selfTest = ['-hide_banner', '-loglevel', 'debug', '-protocol_whitelist', 'pipe', '-f', 'sdp', '-i', 'pipe:0'];

const av1Description = writeLocalDescription([{ kind: 'video', codec: 'AV1', payloadType: 45, port: 9, fmtp: {} }]);
