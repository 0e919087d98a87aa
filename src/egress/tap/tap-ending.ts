import type { RunEnding } from '../fragment.ts';
import type { FfmpegExit } from '../ffmpeg-process.ts';

/** What is known when a tap's FFmpeg has ended. */
export interface TapEndingFacts {
  readonly exit: FfmpegExit;
  /** Why we ended it; undefined: it ended by itself. */
  readonly ours: RunEnding | undefined;
}

/** Sentences of FFmpeg that say what was wrong, and what we say instead. */
const knownWords: readonly (readonly [RegExp, string])[] = [
  [/bind failed|Address already in use/, 'a UDP port was taken'],
  [/dimensions not set|unspecified size/, 'no key frame came in time'],
  [/unknown codec|codec not currently supported/i, 'FFmpeg does not know the codec'],
  [/Unknown encoder|Encoder .* not found/i, 'FFmpeg lacks an encoder'],
  [/Cannot allocate memory|Out of memory/i, 'there was not enough memory'],
];

/** Why a run ended: the cause that came first counts. Exit code 0 is FFmpeg's own end after 20 s without a packet. */
export function tapEnding({ exit, ours }: TapEndingFacts): RunEnding {
  if (ours !== undefined) return ours;
  if (exit.exitCode === 0) return { cause: 'publisher-gone' };
  const known = knownWords.find(([pattern]) => pattern.test(exit.lastWords))?.[1];
  const signalled = exit.signal === undefined ? undefined : `it was ended by ${exit.signal}`;
  return { cause: 'exited', exitCode: exit.exitCode, detail: known ?? signalled ?? (lastLine(exit.lastWords) || 'it gave no reason') };
}

/** Whether a new pair of ports mends it. */
export function isPortTaken(ending: RunEnding): boolean {
  return ending.cause === 'exited' && ending.detail === knownWords[0]?.[1];
}

function lastLine(text: string): string {
  return text.trim().split(/\r?\n/).at(-1)?.trim().slice(0, 200) ?? '';
}
