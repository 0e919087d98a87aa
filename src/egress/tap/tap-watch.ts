/** What is known of one rendition of a running tap. All times in milliseconds on one clock; undefined: not yet. */
export interface RenditionFacts {
  readonly name: string;
  readonly kind: 'audio' | 'video';
  /** When its packets were let through. */
  readonly resumedAt: number;
  /** Packets were seen to be sent to it at these times, at most the last few. */
  readonly packetsAt: readonly number[];
  /** When the worker last sent a key frame to it. */
  readonly keyFrameSentAt: number | undefined;
  readonly fragmentAt: number | undefined;
  readonly keyFragmentAt: number | undefined;
  /** The longest that one of the last few fragments has let wait for itself; 0 before the first. */
  readonly gapMs: number;
  /** How far its clock has left the wall clock between two fragments, at most. */
  readonly jumpMs: number;
}

/** How long a first fragment may take after the first key frame. */
const firstFragmentMs = 3_000;

/** How long fragments may stay away while packets come. */
const fragmentMs = 2_000;

/** How many looks must have seen packets in that time: a still picture sends few. */
const busyLooks = 3;

/** How long a key frame that was sent may take to come out. */
const keyFragmentMs = 3_000;

/** How many times as long as those before a fragment may take, and how long at most: of a publisher slower than real time they fill slowly. */
const slowerTimes = 2;
const slowestMs = 8_000;

/** How long a problem must last, in milliseconds: less than from one look to the next. */
const lastingMs = 400;

/** A clock that jumps further is ruined: FFmpeg has mistaken a new stream for the old one. */
const maxJumpMs = 5_000;

/** What is wrong with a run; undefined: nothing that is known. FFmpeg's own report of its progress is not asked: it goes on while nothing comes out. */
export function judgeTap(renditions: readonly RenditionFacts[], now: number): string | undefined {
  for (const rendition of renditions) {
    const problem = judge(rendition, now);
    if (problem !== undefined) return `${rendition.name}: ${problem}`;
  }
  return undefined;
}

function judge(
  { kind, resumedAt, packetsAt, keyFrameSentAt, fragmentAt, keyFragmentAt, gapMs, jumpMs }: RenditionFacts,
  now: number,
): string | undefined {
  if (jumpMs > maxJumpMs) return `its clock jumped by ${Math.round(jumpMs / 1000)} s`;
  const begun = kind === 'audio' ? (packetsAt.length > 0 ? resumedAt : undefined) : keyFrameSentAt;
  if (fragmentAt === undefined) {
    return begun !== undefined && now - begun > firstFragmentMs && isBusy(packetsAt, now - firstFragmentMs)
      ? 'nothing came out'
      : undefined;
  }
  const slowMs = Math.min(slowestMs, slowerTimes * gapMs);
  if (now - fragmentAt > Math.max(fragmentMs, slowMs) && isBusy(packetsAt, now - fragmentMs)) return 'packets go in, nothing comes out';
  const patienceMs = Math.max(keyFragmentMs, slowMs);
  const isLate = keyFrameSentAt !== undefined && (keyFragmentAt ?? 0) < keyFrameSentAt && now - keyFrameSentAt > patienceMs;
  return kind === 'video' && isLate ? 'key frames go in, none comes out' : undefined;
}

function isBusy(packetsAt: readonly number[], since: number): boolean {
  return packetsAt.filter((at) => at > since).length >= busyLooks;
}

/**
 * Judges a run look by look. What is wrong must still be so at the next look: after Node, or the whole machine, stood still, the first one finds
 * that nothing has come out for long, and what FFmpeg wrote meanwhile lies unread in its pipes.
 */
export class TapJudge {
  #wrongSince: number | undefined;

  /** What is wrong with the run at the moment `now`; undefined: nothing, or not for long enough. */
  look(renditions: readonly RenditionFacts[], now: number): string | undefined {
    const problem = judgeTap(renditions, now);
    this.#wrongSince = problem === undefined ? undefined : (this.#wrongSince ?? now);
    return this.#wrongSince !== undefined && now - this.#wrongSince >= lastingMs ? problem : undefined;
  }
}
