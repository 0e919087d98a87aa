import { joinInits, placeFragment } from '../mux.ts';
import type { Fragment, TapRun } from '../fragment.ts';
import { endOf } from './gop-memory.ts';
import type { PushMeter } from './push-meter.ts';
import { fits, type PushPlan } from './push-plan.ts';
import { PushProcess, type PushOptions, type PushResult } from './push-process.ts';
import type { RenditionSwitch } from './rendition-switch.ts';

/** What a {@link Push} begins with. */
export interface PushBeginning extends Omit<PushOptions, 'hasVideo'> {
  readonly run: TapRun;
  readonly plan: PushPlan;
  /** Chose the plan's picture, and chooses what follows. */
  readonly choice: RenditionSwitch;
  readonly meter: PushMeter;
}

/** One connection to a target: the fragments of a run, and of the runs that follow it if they can be told on. */
export class Push {
  readonly #process: PushProcess;
  readonly #plan: PushPlan;
  readonly #meter: PushMeter;
  /** Wall clock of the connection's time 0, in milliseconds. */
  readonly #originMs: number;
  #choice: RenditionSwitch | undefined;
  /** The connection's time 0 on the clock of the run, in milliseconds. */
  #zeroMs: number;
  #sequence = 0;
  /** Where the next fragment of a following run may begin at the earliest, on the connection's clock, in milliseconds. */
  #endMs = 0;

  constructor({ run, plan, choice, meter, ...options }: PushBeginning) {
    this.#plan = plan;
    this.#choice = choice;
    this.#meter = meter;
    this.#zeroMs = startOf(plan);
    this.#originMs = run.startedAt.getTime() + this.#zeroMs;
    this.#process = new PushProcess({ ...options, hasVideo: plan.video !== undefined });
    this.#process.write([joinInits(plan.video, plan.audio)]);
    this.#write(plan.fragments);
  }

  /** Resolves when the connection has ended; undefined: as it was asked to. Never rejects. */
  get ended(): Promise<PushResult> {
    return this.#process.ended;
  }

  /** The rendition that is pushed; undefined where there is no picture, or while no run is. */
  get rendition(): string | undefined {
    return this.#choice?.current;
  }

  /** Whether it takes media. */
  get isOpen(): boolean {
    return this.#process.isOpen;
  }

  /** Whether the server wants the stream. */
  get isAccepted(): boolean {
    return this.#process.isAccepted;
  }

  get backlogBytes(): number {
    return this.#process.backlogBytes;
  }

  /** Pushes what follows from a fragment of the run; false: this connection cannot carry it, another one can. */
  take(fragment: Fragment): boolean {
    if (this.#choice === undefined) return true; // not told of the run yet
    if (!fits(this.#plan, fragment)) return false;
    this.#write(fragment.rendition === 'audio' ? [fragment] : this.#choice.take(fragment));
    return true;
  }

  /** The run is over; the connection stays open, for another one may follow. */
  pause(): void {
    this.#choice = undefined;
  }

  /** Goes on with another run, after a hole as long as it was; false: this connection cannot carry it. */
  resume({ run, plan, choice }: Pick<PushBeginning, 'run' | 'plan' | 'choice'>): boolean {
    const hasSameTracks =
      (plan.audio === undefined) === (this.#plan.audio === undefined) && (plan.video === undefined) === (this.#plan.video === undefined);
    if (!hasSameTracks || !plan.fragments.every((fragment) => fits(this.#plan, fragment))) return false;
    this.#choice = choice;
    this.#zeroMs = Math.min(this.#originMs - run.startedAt.getTime(), startOf(plan) - this.#endMs);
    this.#meter.restart();
    this.#write(plan.fragments);
    return true;
  }

  /** Ends the connection after what was handed over. Resolves when it has. */
  async finish(): Promise<void> {
    return this.#process.finish();
  }

  #write(fragments: readonly Fragment[]): void {
    if (fragments.length === 0) return;
    this.#process.write(
      fragments.flatMap((fragment) => {
        if (fragment.rendition !== 'audio') this.#meter.pushes(fragment);
        this.#endMs = Math.max(this.#endMs, endOf(fragment) - this.#zeroMs);
        const trackId = fragment.rendition === 'audio' && this.#plan.video !== undefined ? 2 : 1;
        return placeFragment(fragment, { trackId, sequence: (this.#sequence += 1), zeroMs: this.#zeroMs });
      }),
    );
  }
}

function startOf({ fragments }: PushPlan): number {
  return Math.min(...fragments.map(({ startMs }) => startMs));
}
