import type { LayerIndices } from '../media/track.ts';
import { isOnTrial, isSettling, trialOf, withTrial, type ControlState } from './control-state.ts';
import type { PathReading, PathSigns } from './path-signs.ts';

/** A layer that a viewer may get, and what it takes. */
export interface Rung {
  readonly spatialLayer: number;
  readonly temporalLayer: number;
  /** In bit/s, as measured of late; 0 while it does not arrive. */
  readonly bitrate: number;
}

/** What is decided upon, once a second. */
export interface Look {
  readonly reading: PathReading;
  /** The layers of the track, lowest first, never empty. */
  readonly ladder: readonly Rung[];
  /** Place in the ladder of the highest that the viewer's wish allows. */
  readonly ceiling: number;
  /** Place in the ladder of what is sent now; -1 while nothing is. */
  readonly sent: number;
  /** What is sent now, to the temporal layer; undefined: nothing, or not known. */
  readonly layers?: LayerIndices | undefined;
  /** What the path carries, in bit/s, as mediasoup estimates it; undefined for a viewer without bandwidth feedback. */
  readonly estimate?: number | undefined;
  /** Whether the viewer may be sent padding, to see what its path carries. Default false. */
  readonly takesPadding?: boolean;
}

/** Why a viewer's bound moved: down for loss, for a queue, or back because a step up did not carry; up to see whether it carries. */
export type ControlReason = 'loss' | 'delay' | 'failed' | 'probe';

/** What was decided: the highest place in the ladder that the viewer shall get. */
export interface Decision {
  readonly bound: number;
  /** Undefined when nothing changed. */
  readonly reason: ControlReason | undefined;
  /** Send no video for so long, so that full queues empty; 0: go on. */
  readonly drainMs: number;
  /** What is to be sent whatever the estimate is, the bound or layers that the path has shown to carry; undefined: believe the estimate. */
  readonly floor: 'bound' | LayerIndices | undefined;
  /** How much padding to send beside the video, in bit/s; 0: none. */
  readonly padding: number;
  /** When to look again, in milliseconds: sooner while a step up is on trial, and sooner still while there is padding. */
  readonly nextLookMs: number;
}

/** How soon to look again, in milliseconds. */
const looks = { usual: 1000, close: 500, probing: 250 } as const;

/** What is known after a look, and what was decided. */
export interface Outcome {
  readonly state: ControlState;
  readonly decision: Decision;
}

/** The queue is known only when reports come; those that lose are all but never shorter than the first nor longer than the second, in milliseconds. */
const drains = { shortest: 300, longest: 600 } as const;

/** How long to send no video, in milliseconds, so that what waits in the path's queue is gone. */
export function drainFor({ queueMs }: Pick<PathSigns, 'queueMs'>): number {
  return Math.min(drains.longest, Math.max(drains.shortest, queueMs));
}

/** Lets a viewer climb to a place in the ladder, on trial. */
export function climb(state: ControlState, { reading: { atMs } }: Look, bound: number): Outcome {
  const tried = withTrial(state, bound, { ...trialOf(state, bound), climbedMs: atMs, from: Math.max(0, state.sent) });
  return decided({ ...tried, bound, calmSinceMs: undefined, heldSinceMs: undefined, fall: undefined }, 'probe');
}

/** Before the first decision the estimate grows by itself, and is only kept from falling without cause. */
function floorOf({ trials, calmSinceMs, proof }: ControlState): Decision['floor'] {
  if (trials.length > 0) return 'bound';
  return calmSinceMs === undefined ? undefined : proof.proven;
}

/** Decides. `drainMs` as in the decision; `carried` is what the video takes, in bit/s, which padding adds to. */
export function decided(
  state: ControlState,
  reason: ControlReason | undefined,
  { drainMs = 0, carried = 0 }: { readonly drainMs?: number; readonly carried?: number } = {},
): Outcome {
  const isClose = isOnTrial(state) || isSettling(state);
  return {
    state,
    decision: {
      bound: state.bound,
      reason,
      drainMs,
      floor: floorOf(state),
      padding: state.probe === undefined ? 0 : Math.max(0, state.probe.rate - carried),
      nextLookMs: state.probe === undefined ? (isClose ? looks.close : looks.usual) : looks.probing,
    },
  };
}
