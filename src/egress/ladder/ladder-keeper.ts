import type { Logger } from 'pino';
import type { FfmpegLauncher } from '../ffmpeg-process.ts';
import type { Fragment } from '../fragment.ts';
import { goodRunMs, restartDelayMs } from '../tap/restart-delay.ts';
import { tapEnding } from '../tap/tap-ending.ts';
import { LadderEncoder, type LadderEncoderEnding } from './ladder-encoder.ts';
import { LadderLag } from './ladder-lag.ts';
import type { LadderRendition } from './ladder-plan.ts';
import type { LadderState } from './ladder-state.ts';

/** What a {@link LadderKeeper} works with. */
export interface LadderKeeperOptions {
  readonly launcher: FfmpegLauncher;
  readonly preset: string;
  readonly niceness: number | undefined;
  /** How long a shorter ladder goes on before a whole one is tried again, in milliseconds; twice as long after each one that failed. Default 5 minutes. */
  readonly wholeAgainMs: number | undefined;
  /** From the smallest up. */
  readonly ladder: readonly LadderRendition[];
  readonly onFragment: (fragment: Fragment) => void;
  readonly onState: (state: LadderState) => void;
  readonly onFault: (fault: LadderFault) => void;
  readonly logger: Logger;
}

const fiveMinutesMs = 5 * 60_000;

/** What ended an encoder that was not meant to end: it could not keep up, or ended by itself. */
export type LadderFault = 'behind' | 'exited';

/**
 * Keeps an encoder going while there are fragments: started with a key frame, again when it ended, with fewer pictures for a time when it cannot
 * keep up.
 */
export class LadderKeeper implements Disposable {
  readonly #options: LadderKeeperOptions;
  #ladder: readonly LadderRendition[];
  #encoder: LadderEncoder | undefined;
  #lag = new LadderLag();
  #attempt = 1;
  #startedAt = 0;
  #retryAt = 0;
  #closed = false;
  /** When the whole ladder is tried again; undefined: it is whole. */
  #wholeAt: number | undefined;
  #wholeAfterMs: number;

  constructor(options: LadderKeeperOptions) {
    this.#options = options;
    this.#ladder = options.ladder;
    this.#wholeAfterMs = options.wholeAgainMs ?? fiveMinutesMs;
  }

  /** Takes what the publisher sends, fragment by fragment. */
  take(fragment: Fragment): void {
    const now = performance.now();
    if (fragment.independent && this.#wholeAt !== undefined && now >= this.#wholeAt) this.#makeWhole();
    if (this.#encoder !== undefined) {
      this.#encoder.write(fragment);
      if (this.#lag.isTooLong(this.#encoder.lagMs, now)) this.#lightenLoad(this.#encoder);
    } else if (fragment.independent && now >= this.#retryAt && this.#ladder.length > 0 && !this.#closed) this.#start(fragment, now);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    this.#encoder?.kill();
    this.#encoder = undefined;
  }

  #start(first: Fragment, now: number): void {
    const { launcher, preset, niceness, onFragment, onState } = this.#options;
    const encoder = new LadderEncoder({
      launcher,
      preset,
      niceness,
      ladder: this.#ladder,
      first,
      onFragment: (fragment) => {
        if (this.#encoder === encoder) onFragment(fragment); // what still comes out of a pipe belongs to nothing
      },
    });
    this.#encoder = encoder;
    this.#lag = new LadderLag();
    this.#startedAt = now;
    onState({ name: 'running', renditions: this.#ladder.length, reason: this.#isLightened ? tooSlow : undefined });
    void this.#hear(encoder);
  }

  async #hear(encoder: LadderEncoder): Promise<void> {
    const ending = await encoder.ended;
    if (this.#encoder === encoder) this.#ended(ending);
  }

  get #isLightened(): boolean {
    return this.#ladder.length < this.#options.ladder.length;
  }

  #makeWhole(): void {
    this.#encoder?.kill();
    this.#encoder = undefined;
    this.#ladder = this.#options.ladder;
    this.#wholeAt = undefined;
    this.#wholeAfterMs *= 2;
  }

  /** The largest picture costs most. */
  #lightenLoad(encoder: LadderEncoder): void {
    const { logger, onState, onFault } = this.#options;
    this.#encoder = undefined;
    encoder.kill();
    onFault('behind');
    logger.warn(
      { renditions: this.#ladder.length, lagMs: Math.round(encoder.lagMs) },
      'ladder cannot keep up, its largest rung is given up',
    );
    this.#ladder = this.#ladder.slice(0, -1);
    this.#wholeAt = performance.now() + this.#wholeAfterMs;
    if (this.#ladder.length === 0) onState({ name: 'none', reason: tooSlow });
    else onState({ name: 'restarting', attempt: 1, detail: tooSlow, retryAt: new Date() });
  }

  #ended({ problem, ...exit }: LadderEncoderEnding): void {
    const { logger, onState, onFault } = this.#options;
    const now = performance.now();
    onFault('exited');
    const ours = problem === undefined ? undefined : ({ cause: 'failed', detail: problem } as const);
    const ending = tapEnding({ exit, ours });
    const detail = 'detail' in ending ? ending.detail : 'it ended by itself';
    const attempt = now - this.#startedAt > goodRunMs ? 1 : this.#attempt;
    const delayMs = restartDelayMs(attempt);
    this.#encoder = undefined;
    this.#attempt = attempt + 1;
    this.#retryAt = now + delayMs;
    logger.warn({ ending, attempt, delayMs }, 'ladder ended, and is started again');
    onState({ name: 'restarting', attempt, detail, retryAt: new Date(Date.now() + delayMs) });
  }
}

const tooSlow = 'This machine is too slow for more: set a shorter egress.transcode.ladder, or a faster egress.transcode.preset.';
