import type { Logger } from 'pino';
import type { FfmpegLauncher } from '../ffmpeg-process.ts';
import type { Fragment, RunEnding, TapRun } from '../fragment.ts';
import type { FragmentReader } from '../fragment-hub.ts';
import { type LadderFault, LadderKeeper } from './ladder-keeper.ts';
import { type LadderRung, originalName, planLadder, takesLadder, withLadder } from './ladder-plan.ts';
import type { LadderState } from './ladder-state.ts';
import { SizeWatch } from './size-watch.ts';

/** How ladders are made. */
export interface LadderSettings {
  readonly rungs: readonly LadderRung[];
  /** Of x264. */
  readonly preset: string;
  /** How far encoders yield to other processes. Default 5. */
  readonly niceness?: number;
  /** See `LadderKeeperOptions`. */
  readonly wholeAgainMs?: number;
}

/** What a {@link Ladder} works with. */
export interface LadderOptions {
  /** Who gets the original and the smaller pictures. */
  readonly reader: FragmentReader;
  readonly settings: LadderSettings;
  /** What encodes, or why there is no such thing. Asked when a run begins. */
  readonly encoder: () => FfmpegLauncher | string;
  readonly logger: Logger;
  readonly onState: (state: LadderState) => void;
  readonly onFault: (fault: LadderFault) => void;
}

/** How a run of the tap is shown. */
interface Shown {
  readonly run: TapRun;
  /** What is encoded anew, of a run that has one picture. */
  readonly climb: Climb | undefined;
}

interface Climb {
  /** What the rendition of the original is called by the tap, and here. */
  readonly from: string;
  readonly to: string;
  readonly sizes: SizeWatch;
  readonly keeper: LadderKeeper;
}

/** How long sound waits for the first picture, in milliseconds. */
const pictureWaitMs = 5_000;

/**
 * Stands between a tap and one reader, and adds smaller pictures to runs of one encoding: made by an FFmpeg of its own from the fragments, so
 * that the original, and whoever else takes it from the tap, never waits for an encoder. A run is shown when the size of its picture is known.
 */
export class Ladder implements FragmentReader, Disposable {
  readonly #options: LadderOptions;
  #run: TapRun | undefined;
  /** Of the present run, before its first picture. */
  #early: Fragment[] = [];
  #shown: Shown | undefined;
  #ids = 0;

  constructor(options: LadderOptions) {
    this.#options = options;
  }

  runStarted(run: TapRun): void {
    this.#run = run;
    const encoder = this.#options.encoder();
    if (typeof encoder === 'string') this.#showAsIs(run, encoder);
    else if (!takesLadder(run)) this.#showAsIs(run, 'The publisher sends no single picture as H264.');
  }

  fragment(run: TapRun, fragment: Fragment): void {
    if (run !== this.#run) return;
    if (this.#shown === undefined) this.#wait(run, fragment);
    else this.#pass(run, this.#shown, fragment);
  }

  runEnded(run: TapRun, ending: RunEnding): void {
    if (run !== this.#run) return;
    this.#run = undefined;
    this.#early = [];
    this.#endShown(ending);
    this.#options.onState({ name: 'waiting' });
  }

  ended(): void {
    this[Symbol.dispose]();
    this.#options.reader.ended();
  }

  /** Ends FFmpeg; the reader hears no more. */
  [Symbol.dispose](): void {
    this.#shown?.climb?.keeper[Symbol.dispose]();
    this.#shown = undefined;
    this.#run = undefined;
    this.#early = [];
  }

  #wait(run: TapRun, fragment: Fragment): void {
    this.#early.push(fragment);
    if (fragment.init.size !== undefined && fragment.independent) this.#climb(run, fragment);
    else if (fragment.startMs - (this.#early[0]?.startMs ?? 0) > pictureWaitMs) this.#showAsIs(run, 'There was no picture when it began.');
    const shown = this.#shown;
    if (shown !== undefined) for (const early of this.#early.splice(0)) this.#pass(run, shown, early);
  }

  #pass(run: TapRun, { run: shownRun, climb }: Shown, fragment: Fragment): void {
    const { reader } = this.#options;
    if (climb?.from !== fragment.rendition) return reader.fragment(shownRun, fragment);
    if (!climb.sizes.isOutgrownBy(fragment)) return this.#passOriginal(shownRun, climb, fragment);
    this.#endShown({ cause: 'publisher-changed' });
    this.#climb(run, fragment);
    if (this.#shown !== undefined) this.#pass(run, this.#shown, fragment);
  }

  #passOriginal(run: TapRun, { to, keeper }: Climb, fragment: Fragment): void {
    this.#options.reader.fragment(run, { ...fragment, rendition: to });
    keeper.take(fragment);
  }

  /** Begins to show a run with what is smaller than its picture is in this fragment. */
  #climb(tapRun: TapRun, { init: { size }, rendition, startMs }: Fragment): void {
    const { settings, reader, onState, encoder } = this.#options;
    const launcher = encoder();
    if (size === undefined || typeof launcher === 'string') throw new TypeError('only a picture that can be encoded');
    const ladder = planLadder(size, settings.rungs);
    const original = originalName(settings.rungs);
    const run = this.#numbered({ ...withLadder(tapRun, ladder, original), beginsMs: startMs });
    const keeper = new LadderKeeper({
      ...this.#options,
      launcher,
      preset: settings.preset,
      niceness: settings.niceness,
      wholeAgainMs: settings.wholeAgainMs,
      ladder,
      onFragment: (fragment) => reader.fragment(run, fragment),
    });
    this.#shown = { run, climb: { from: rendition, to: original, sizes: new SizeWatch(size), keeper } };
    if (ladder.length === 0) onState({ name: 'none', reason: `The original (${size.width}x${size.height}) is too small for any rung.` });
    reader.runStarted(run);
  }

  #showAsIs(tapRun: TapRun, reason: string): void {
    const run = this.#numbered(tapRun);
    this.#shown = { run, climb: undefined };
    this.#options.onState({ name: 'none', reason });
    this.#options.reader.runStarted(run);
  }

  /** There may be several of ours to one of the tap's. */
  #numbered(run: TapRun): TapRun {
    this.#ids += 1;
    return { ...run, id: this.#ids };
  }

  #endShown(ending: RunEnding): void {
    const shown = this.#shown;
    this.#shown = undefined;
    shown?.climb?.keeper[Symbol.dispose]();
    if (shown !== undefined) this.#options.reader.runEnded(shown.run, ending);
  }
}
