import type { LayerIndices } from '../media/track.ts';
import { noProof, type LayerProof, noteProof } from './layer-proof.ts';
import { bestOf, noBest, noteBest, type BestWindow } from './path-best.ts';
import type { PathProbe } from './path-probe.ts';
import { readSigns, type PathReading, type PathSigns } from './path-signs.ts';

/** What is known of one place in the ladder. */
export interface Trial {
  /** When it was climbed to last. */
  readonly climbedMs: number;
  /** From where. */
  readonly from: number;
  /** How often in a row it did not carry. */
  readonly failures: number;
  /** When it was left last. */
  readonly fellMs: number;
}

/** The last step down. */
interface Fall {
  readonly queueMs: number;
}

/** The history of one viewer's path, as far as it counts. */
export interface ControlState {
  /** Of the last seconds. */
  readonly readings: readonly PathReading[];
  readonly best: BestWindow;
  readonly bound: number;
  /** What was sent at the last look, since when, and whether it came from a higher layer. */
  readonly sent: number;
  readonly sentSinceMs: number;
  readonly cameDown: boolean;
  /** What of that the path has shown to carry. */
  readonly proof: LayerProof;
  /** What made the bound fall last, until it rises again. */
  readonly fall: Fall | undefined;
  /** Share of loss that lower layers do not cure, so that it is the path's own. */
  readonly ownLoss: number;
  /** Since when an estimate keeps what is sent below the bound; undefined when it does not. */
  readonly heldSinceMs: number | undefined;
  /** Since when nothing is wrong; undefined while something is. */
  readonly calmSinceMs: number | undefined;
  /** By place in the ladder; nothing for those that were never left. */
  readonly trials: readonly (Trial | undefined)[];
  /** The padding that is being sent; undefined: none. */
  readonly probe: PathProbe | undefined;
  /** What the path did not carry last, in bit/s, of video and padding; undefined: nothing is known. */
  readonly limit: number | undefined;
  /** How much longer round trips were of late while all was well, in milliseconds. */
  readonly noiseMs: number;
  /** When a probe ended last, and whether it was too much. */
  readonly probed: { readonly atMs: number; readonly wasTooMuch: boolean };
}

/** All in milliseconds. */
const times = {
  /** Readings that are looked at: four reports. */
  window: 4500,
  /** What the layer before left behind is still on its way, or in reports, for so long and for what was queued, up to `longestLeftover`. */
  leftover: 400,
  longestLeftover: 2000,
  /** What padding that was too much left in the queue is gone by then, and what it pushed out was sent again. */
  afterProbe: 1500,
  /** After that one more report must come before a queue counts. */
  settle: 3000,
  /** Within this time the noise that was heard counts for a third. */
  noise: 15_000,
  /** How long a step up is looked at closely. */
  trial: 4000,
} as const;

/** A viewer of whom nothing is known yet; `bound` is the place in the ladder that it starts with. */
export function startControl(bound: number): ControlState {
  return {
    readings: [],
    best: noBest,
    bound,
    sent: -1,
    sentSinceMs: -Infinity,
    cameDown: false,
    proof: noProof,
    fall: undefined,
    ownLoss: 0,
    heldSinceMs: undefined,
    calmSinceMs: undefined,
    trials: [],
    probe: undefined,
    limit: undefined,
    noiseMs: 0,
    probed: { atMs: -Infinity, wasTooMuch: false },
  };
}

/** Takes what was read and what is sent into the history. */
export function noteReading(
  state: ControlState,
  { reading, sent }: { readonly reading: PathReading; readonly sent: number },
): ControlState {
  const readings = [...state.readings, reading].filter(({ atMs }) => reading.atMs - atMs <= 2 * times.window);
  const best = noteBest(state.best, reading);
  if (sent === state.sent || sent < 0) return { ...state, readings, best };
  return { ...state, readings, best, sent, sentSinceMs: reading.atMs, cameDown: sent < state.sent };
}

/** Whether all is well: since when, and how restless the path is by itself. */
export function noteCalm(state: ControlState, isCalm: boolean, queueMs: number): ControlState {
  const { calmSinceMs = nowOf(state) } = state;
  if (!isCalm) return { ...state, calmSinceMs: undefined };
  const elapsedMs = nowOf(state) - (state.readings.at(-2)?.atMs ?? nowOf(state));
  return { ...state, calmSinceMs, noiseMs: Math.max(queueMs, state.noiseMs * Math.exp(-elapsedMs / times.noise)) };
}

/** What of the layers that are sent the path carries. */
export function noteLayers(state: ControlState, sent: LayerIndices | undefined): ControlState {
  const { proof, calmSinceMs } = state;
  return { ...state, proof: noteProof(proof, { atMs: nowOf(state), sent, calmSinceMs, toldMs: signsOf(state).toldMs }) };
}

/** What the history says about the path and what is sent now. */
export function signsOf(state: ControlState): PathSigns {
  const readings = windowOf(state);
  return readSigns({ context: state.readings[state.readings.length - readings.length - 1], readings, best: bestOf(state.best) });
}

/** When the last reading was taken. */
export function nowOf({ readings }: ControlState): number {
  return readings.at(-1)?.atMs ?? 0;
}

/** The readings that tell of what is sent now, and not of what is still on its way from the layer before. */
export function windowOf(state: ControlState): readonly PathReading[] {
  const { readings, sentSinceMs, cameDown, probe } = state;
  const leftoverMs = cameDown ? times.leftover + queuedMs(state) : 0;
  const fromMs = Math.max(sentSinceMs + leftoverMs, probe?.startedMs ?? probeGoneMs(state), nowOf(state) - times.window);
  return readings.filter(({ atMs }) => atMs >= fromMs);
}

/** Whether a step down is so fresh that what the layer before left behind still shows, or a probe that was too much. */
export function isSettling(state: ControlState): boolean {
  const nowMs = nowOf(state);
  if (nowMs - probeGoneMs(state) < times.settle) return true;
  return state.cameDown && nowMs - state.sentSinceMs < times.settle + queuedMs(state);
}

/** Whether a step up is fresh. */
export function isOnTrial(state: ControlState): boolean {
  return nowOf(state) - trialOf(state, state.bound).climbedMs < times.trial;
}

/** What is known of a place in the ladder. */
export function trialOf({ trials }: ControlState, place: number): Trial {
  return trials[place] ?? { climbedMs: -Infinity, from: 0, failures: 0, fellMs: -Infinity };
}

/** The history with something new about a place in the ladder. */
export function withTrial(state: ControlState, place: number, trial: Trial): ControlState {
  const length = Math.max(state.trials.length, place + 1);
  return { ...state, trials: Array.from({ length }, (_, index) => (index === place ? trial : state.trials[index])) };
}

/** Takes it that a path carries no more than a place in the ladder, which is sent already: before any report told. */
export function trustUpTo(state: ControlState, place: number, atMs: number): ControlState {
  if (place < 0 || place >= state.bound) return state;
  const left = withTrial(state, state.bound, { ...trialOf(state, state.bound), fellMs: atMs });
  return { ...left, bound: place, calmSinceMs: undefined };
}

/** When nothing can be left of the last probe; -Infinity where it left nothing. */
function probeGoneMs({ probed: { atMs, wasTooMuch } }: ControlState): number {
  return wasTooMuch ? atMs + times.afterProbe : -Infinity;
}

function queuedMs({ fall }: ControlState): number {
  return Math.min(times.longestLeftover, fall?.queueMs ?? 0);
}
