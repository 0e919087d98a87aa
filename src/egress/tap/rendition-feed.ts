import type { LocalLeg } from '../../media/engine.ts';
import type { Fragment, Rendition } from '../fragment.ts';
import type { RenditionFacts } from './tap-watch.ts';

/** How many looks at packet counts are remembered. */
const keptLooks = 8;

/** Of how many fragments it is remembered how long they let wait. */
const keptGaps = 8;

/** Follows one rendition of a run from its RTP leg to its fragments, and keeps what a `TapJudge` wants to know. Times are of `performance.now()`. */
export class RenditionFeed {
  readonly rendition: Rendition;
  readonly leg: LocalLeg;
  #resumedAt: number | undefined;
  #packets = 0;
  #packetsAt: number[] = [];
  #keyFrameSentAt: number | undefined;
  #fragmentAt: number | undefined;
  #keyFragmentAt: number | undefined;
  #gaps: readonly number[] = [];
  #clock: { readonly mediaMs: number; readonly at: number } | undefined;
  #jumpMs = 0;

  constructor(rendition: Rendition, leg: LocalLeg) {
    this.rendition = rendition;
    this.leg = leg;
  }

  get hasKeyFrame(): boolean {
    return this.#keyFrameSentAt !== undefined;
  }

  /** Undefined before its packets were let through. */
  get facts(): RenditionFacts | undefined {
    if (this.#resumedAt === undefined) return undefined;
    return {
      name: this.rendition.name,
      kind: this.rendition.kind,
      resumedAt: this.#resumedAt,
      packetsAt: this.#packetsAt,
      keyFrameSentAt: this.#keyFrameSentAt,
      fragmentAt: this.#fragmentAt,
      keyFragmentAt: this.#keyFragmentAt,
      gapMs: Math.max(0, ...this.#gaps),
      jumpMs: this.#jumpMs,
    };
  }

  /** Since its last fragment; undefined before the first. */
  ageMs(now: number): number | undefined {
    return this.#fragmentAt === undefined ? undefined : now - this.#fragmentAt;
  }

  /** The wall clock at the run's 0, as the rendition's first fragment tells when it comes. */
  zeroAt({ startMs, durationMs }: Fragment): Date {
    const { since } = this.leg;
    return new Date(since === undefined ? Date.now() - startMs - durationMs : since.getTime() - startMs);
  }

  async resume(now: number): Promise<void> {
    this.#resumedAt = now;
    await this.leg.resume();
  }

  keyFrameSent(now: number): void {
    this.#keyFrameSentAt = now;
  }

  /** Looks whether packets were sent since the last look. */
  async look(now: number): Promise<void> {
    const packets = await this.leg.packets();
    if (packets > this.#packets) this.#packetsAt = [...this.#packetsAt.slice(1 - keptLooks), now];
    this.#packets = packets;
  }

  took({ startMs, durationMs, independent }: Fragment, now: number): void {
    const before = this.#fragmentAt ?? this.#keyFrameSentAt;
    if (before !== undefined) this.#gaps = [...this.#gaps.slice(1 - keptGaps), now - before];
    this.#fragmentAt = now;
    if (independent) this.#keyFragmentAt = now;
    const mediaMs = startMs + durationMs;
    if (this.#clock !== undefined) {
      this.#jumpMs = Math.max(this.#jumpMs, Math.abs(mediaMs - this.#clock.mediaMs - (now - this.#clock.at)));
    }
    this.#clock = { mediaMs, at: now };
  }
}
