import type { Fragment, InitSegment, RunEnding, TapRun } from '../fragment.ts';
import type { FragmentReader } from '../fragment-hub.ts';
import type { OutputEnding } from '../output.ts';
import { tapSound } from '../tap-sound.ts';
import { sentenceOf } from './ending-sentence.ts';
import { FragmentOrder } from './fragment-order.ts';
import { headerOf, placeInFile, soundOf } from './fragment-mux.ts';
import { decidePart, type PartDecision, type PartLimits } from './part-decision.ts';
import type { PartBeginning } from './part-writer.ts';
import type { Piece } from './piece.ts';
import { RenditionChoice } from './rendition-choice.ts';

/** Where parts go; each call returns at once. */
export interface PartSink {
  begin(beginning: Omit<PartBeginning, 'container'> & { readonly written: InitSegment['container'] }): void;
  append(piece: Piece): void;
  end(ending: OutputEnding): void;
  /** What has begun is to leave no trace. */
  forget(): void;
}

/** What a {@link Recorder} tells: a part has begun, or was forgotten again; there is no part until the next run; there is no run any more. */
export type RecorderEvent = 'part' | 'forgotten' | 'interrupted' | 'ended';

interface OpenPart {
  readonly video: InitSegment | undefined;
  readonly audio: InitSegment | undefined;
  readonly startMs: number;
  fragments: number;
  bytes: number;
}

/** What belongs to one run. */
interface RunState {
  readonly run: TapRun;
  order: FragmentOrder;
  readonly choice: RenditionChoice;
  readonly expectsVideo: boolean;
  /** The newest; before the first sound, what it will be like: a file has a place for it from its first picture on. */
  audio: InitSegment | undefined;
  /** The last of the sound that no part could begin with. */
  early: Fragment | undefined;
  /** The last of the sound while the part may yet be replaced. */
  sounds: readonly Fragment[];
}

/** How far before the picture a part may begin with sound, in milliseconds: more than what AAC puts in front of it. */
const leadMs = 50;

/** The room for it where the sound has not come yet, in milliseconds: a frame of AAC. */
const roomMs = 22;

/** How many fragments of sound are kept while a larger picture may come: more than come in that time. */
const keptSounds = 20;

/**
 * Turns the fragments of a stream into parts: decides what belongs to which, and rebases each part so that it begins at 0.
 *
 * Without that, players count the time before the part: Chromium showed 10.1 s for the last 5 s of 10 s and began at 5 s, as did ffprobe.
 */
export class Recorder implements FragmentReader {
  readonly #sink: PartSink;
  readonly #limits: PartLimits;
  readonly #changed: (event: RecorderEvent) => void;
  #state: RunState | undefined;
  #part: OpenPart | undefined;

  constructor(sink: PartSink, { limits, changed }: { readonly limits: PartLimits; readonly changed: (event: RecorderEvent) => void }) {
    this.#sink = sink;
    this.#limits = limits;
    this.#changed = changed;
  }

  /** Whether a part is being written. */
  get isWriting(): boolean {
    return this.#part !== undefined;
  }

  runStarted(run: TapRun): void {
    const videos = run.renditions.filter(({ kind }) => kind === 'video').map(({ name }) => name);
    this.#state = {
      run,
      order: orderOf(run),
      choice: new RenditionChoice(videos),
      expectsVideo: videos.length > 0,
      audio: run.renditions.some(({ kind }) => kind === 'audio') ? tapSound : undefined,
      early: undefined,
      sounds: [],
    };
  }

  fragment(_run: TapRun, fragment: Fragment): void {
    const state = this.#state;
    if (state === undefined) return;
    if (kindOf(fragment) === 'audio') {
      state.audio = fragment.init;
      state.sounds = state.choice.isSettled ? [] : [...state.sounds, fragment].slice(-keptSounds);
      this.#take(state, fragment);
      return;
    }
    const { fragments, replaces } = state.choice.push(fragment);
    if (replaces) this.#beginAgain(state);
    for (const taken of fragments) this.#take(state, taken);
  }

  runEnded(_run: TapRun, ending: RunEnding): void {
    this.finish({ cause: ending.cause, detail: sentenceOf(ending) });
    this.#changed('interrupted');
  }

  ended(): void {
    this.#changed('ended');
  }

  /** Writes what is held back, and ends the part that is open. What follows is recorded from the next run on. */
  finish(ending: OutputEnding): void {
    const state = this.#state;
    this.#state = undefined;
    if (state !== undefined) for (const next of state.order.flush()) this.#place(state, next);
    this.#end(ending);
  }

  #take(state: RunState, fragment: Fragment): void {
    for (const next of state.order.push(kindOf(fragment), fragment)) this.#place(state, next);
  }

  /** A larger picture has come: the file is to be of it alone, with its sound. */
  #beginAgain(state: RunState): void {
    if (this.#part !== undefined) {
      this.#part = undefined;
      this.#sink.forget();
      this.#changed('forgotten');
    }
    state.order = orderOf(state.run);
    for (const sound of state.sounds) this.#take(state, sound);
  }

  #place(state: RunState, fragment: Fragment): void {
    const decision = decidePart(fragment, this.#part, { limits: this.#limits, known: state });
    if (decision.action === 'drop') {
      if (kindOf(fragment) === 'audio') state.early = fragment;
      return;
    }
    if (decision.action === 'begin') this.#begin(decision.cause, state, fragment);
    this.#append(fragment);
  }

  #append(fragment: Fragment): void {
    const part = this.#part;
    if (part === undefined) return;
    const chunks = placeInFile(fragment, { ...part, hasVideo: part.video !== undefined });
    part.fragments += 1;
    part.bytes += fragment.bytes.length;
    const hasSound = kindOf(fragment) === 'audio' || fragment.init.container === 'webm';
    this.#sink.append({ chunks, hasSound, endMs: fragment.startMs + fragment.durationMs - part.startMs });
  }

  #begin(cause: Extract<PartDecision, { action: 'begin' }>['cause'], state: RunState, fragment: Fragment): void {
    this.#end({ cause, detail: sentenceOf({ cause }) });
    const video = kindOf(fragment) === 'video' ? fragment.init : undefined;
    const audio = fragment.init.container === 'webm' ? undefined : state.audio;
    const header = headerOf(video, audio);
    const early = state.early?.init === audio && belongsTo(fragment, state.early) ? state.early : undefined;
    state.early = undefined;
    const startMs = early?.startMs ?? fragment.startMs - (state.audio === tapSound ? roomMs : 0);
    this.#part = { video, audio, startMs, fragments: 0, bytes: header.length };
    this.#sink.begin({
      startedAt: new Date(state.run.startedAt.getTime() + startMs),
      written: fragment.init.container,
      video: video === undefined ? undefined : { codec: video.codec, width: video.size?.width, height: video.size?.height },
      audio: soundOf(video, audio),
      header,
    });
    if (early !== undefined) this.#append(early);
    this.#changed('part');
  }

  #end(ending: OutputEnding): void {
    if (this.#part === undefined) return;
    this.#part = undefined;
    this.#sink.end(ending);
  }
}

const orderOf = ({ renditions }: TapRun): FragmentOrder => new FragmentOrder(renditions.map(({ kind }) => kind));

const kindOf = ({ rendition }: Fragment): 'audio' | 'video' => (rendition === 'audio' ? 'audio' : 'video');

/** Whether sound that came a little before a picture goes with it. */
function belongsTo({ startMs }: Fragment, early: Fragment | undefined): boolean {
  return early !== undefined && early.startMs + early.durationMs > startMs && startMs - early.startMs <= leadMs;
}
