import { isOnTrial, isSettling, noteReading, signsOf, trialOf, withTrial, type ControlState } from './control-state.ts';
import { goOn, limitAfter, startProbe, type PathProbe } from './path-probe.ts';
import type { PathReading, PathSigns } from './path-signs.ts';
import { isCalm, learnPath, worryOf } from './path-trouble.ts';

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
  /** Place below which an estimate is not believed; -1: believe it. */
  readonly floor: number;
  /** How much padding to send beside the video, in bit/s; 0: none. */
  readonly padding: number;
  /** When to look again, in milliseconds: sooner while a step up is on trial, and sooner still while there is padding. */
  readonly nextLookMs: number;
}

/** All in milliseconds. */
const times = {
  /** Two reports without trouble before a step up. */
  calm: 2500,
  /** From a step down to the first step up. Doubles with each one that fails: 6, 12, 24, 48 and from then on 64 s. */
  firstTry: 6000,
  longestTry: 64_000,
  /** A layer that must be left within this time of the step up did not carry. */
  proof: 60_000,
  look: 1000,
  closeLook: 500,
  probeLook: 250,
  /** From a switch, or a probe that was too much, to the next probe. */
  rest: 4000,
  /** The queue is known only when reports come; those that lose are all but never shorter than the first nor longer than the second. */
  shortestDrain: 300,
  longestDrain: 600,
} as const;

/** How much more than a layer takes an estimate must promise to be a reason to look earlier, and how much more than what is sent anyway. */
const promise = { ofNext: 1.3, ofPresent: 2.2 } as const;

/** How much more than a layer takes a path must carry of padding: layers come in bursts. And how much more after each step up that failed. */
const headroom = { first: 1.1, perFailure: 0.4, most: 2.5 } as const;

/** Share of packets sent again that are still few. */
const mostRepaired = 0.3;

interface Outcome {
  readonly state: ControlState;
  readonly decision: Decision;
}

/**
 * Decides which layers a viewer gets that gives no bandwidth feedback, from its receiver reports alone. Pure: time comes with the reading.
 *
 * Down at once, when packets are lost (`loss`) or a queue grows (`delay`): to the highest layer below that fits what arrived, with a short
 * pause of the video, so that the queue empties and nothing lost is sent again into it. Without the pause, repeated NACKs kept a link of
 * 520 kbit/s full for 3 s after the step to a layer of 330, and the picture stood for 4.5 s; with it for 0.6 s (Chromium, tbf, 300 ms).
 *
 * Up after calm. Nobody can know whether a higher layer fits without trying: a viewer that takes padding is sent ever more of it beside its
 * video, again and again, until the path carries what the higher layer takes ({@link PathProbe}). That is no switch: who is throttled sees
 * nothing of it, and climbs back within 15 s when the throttle ends, however long it was.
 *
 * For other viewers the next layer itself is the trial. Each step up (`probe`) is closely looked at, taken back at the first sign (`failed`), and
 * tried again after twice the time.
 *
 * With bandwidth feedback mediasoup chooses by its estimate, between the bound and the floor that are decided here, and what the estimate promises
 * is tried after a quarter of the time.
 *
 * A symptom that a step down does not cure is not ours: the loss of a radio link is added to what is tolerated, and a round trip that became
 * longer for good becomes the new best.
 */
export function controlLayers(before: ControlState, look: Look): Outcome {
  const heard = noteReading(before, look);
  if (heard.probe !== undefined) return probeOn(heard, look, heard.probe);
  const state = learnPath(heard, signsOf(heard));
  const signs = signsOf(state);
  const worry = worryOf(state, signs);
  const isHeld = look.estimate !== undefined && look.sent >= 0 && look.sent < state.bound;
  const noted = {
    ...state,
    calmSinceMs: isCalm(state, signs) ? (state.calmSinceMs ?? look.reading.atMs) : undefined,
    heldSinceMs: isHeld ? (state.heldSinceMs ?? look.reading.atMs) : undefined,
  };
  const isSwitching = look.sent > noted.bound;
  if (worry !== undefined && !isSwitching && look.sent > 0) return fall(noted, look, { signs, worry });
  const climbing = fromEstimate(noted, look);
  if (look.takesPadding === true) return mayProbe(climbing, look) ? probe(climbing, look) : decided(climbing, undefined);
  if (mayClimb(climbing, look)) return climb(climbing, look, climbing.bound + 1);
  return decided(noted, undefined);
}

function fall(
  state: ControlState,
  { reading: { atMs }, ladder, sent }: Look,
  { signs, worry }: { readonly signs: PathSigns; readonly worry: 'loss' | 'delay' },
): Outcome {
  const trial = trialOf(state, sent);
  const hasFailed = atMs - trial.climbedMs < times.proof;
  const fitting = fittingBelow(ladder, sent, signs);
  const bound = hasFailed ? Math.min(sent - 1, Math.max(trial.from, fitting)) : fitting;
  const failures = hasFailed ? trial.failures + 1 : 0;
  const tried = withTrial(state, sent, { ...trial, climbedMs: -Infinity, failures, fellMs: atMs });
  const drainMs = Math.min(times.longestDrain, Math.max(times.shortestDrain, signs.queueMs));
  const fallen = { queueMs: signs.queueMs };
  return decided({ ...tried, bound, limit: undefined, calmSinceMs: undefined, fall: fallen }, hasFailed ? 'failed' : worry, { drainMs });
}

/** What the path seems to carry, in bit/s: what arrived of what was sent while the queue grew by so much. */
function carriedOf({ rate, lossShare, growth, repairedShare }: PathSigns): number {
  const arrived = repairedShare > mostRepaired ? 1 : 1 - lossShare;
  return (rate * arrived) / (1 + Math.max(0, growth / 1000));
}

/**
 * The highest place below `sent` that the path seems to carry. The next one where packets that are sent again fill the path, as nobody knows
 * then what arrived.
 */
function fittingBelow(ladder: readonly Rung[], sent: number, signs: PathSigns): number {
  const carried = carriedOf(signs);
  return Math.max(
    0,
    ladder.findLastIndex(({ bitrate }, index) => index < sent && bitrate > 0 && bitrate <= carried),
  );
}

/** Whether to find out with padding what the path carries: in calm, a while after the last change. */
function mayProbe({ bound, calmSinceMs, sentSinceMs, probed }: ControlState, { reading: { atMs }, sent, ceiling }: Look): boolean {
  if (bound >= ceiling || sent !== bound || calmSinceMs === undefined) return false;
  return atMs - calmSinceMs >= times.calm && atMs - Math.max(sentSinceMs, probed.atMs) >= times.rest;
}

function probe(state: ControlState, look: Look): Outcome {
  const carried = look.ladder[state.bound]?.bitrate ?? 0;
  const started = startProbe({ atMs: look.reading.atMs, carried, limit: state.limit, wanted: wantedFor(state, look, look.ceiling) });
  return decided({ ...state, probe: started }, undefined, { carried });
}

/** Goes on with padding, or climbs to what was carried. */
function probeOn(state: ControlState, look: Look, present: PathProbe): Outcome {
  const { reading, ladder, sent, ceiling } = look;
  const carried = ladder[state.bound]?.bitrate ?? 0;
  const signs = signsOf(state);
  const wanted = wantedFor(state, look, ceiling);
  const isMoot = sent !== state.bound || ceiling <= state.bound;
  const outcome = isMoot ? ({ name: 'unheard' } as const) : goOn(present, { atMs: reading.atMs, signs, ownLoss: state.ownLoss, wanted });
  if (outcome.name === 'goes-on') return decided({ ...state, probe: outcome.probe }, undefined, { carried });
  const isTooMuch = outcome.name === 'failed';
  const ended = { ...state, probe: undefined, probed: { atMs: reading.atMs, wasTooMuch: isTooMuch } };
  if (outcome.name === 'carried') return climb({ ...ended, limit: undefined }, look, ceiling);
  if (!isTooMuch) return decided(ended, undefined);
  const limited = { ...ended, limit: limitAfter(present), calmSinceMs: undefined };
  const place = ladder.findLastIndex((_rung, index) => index <= ceiling && wantedFor(state, look, index) <= present.carried);
  return place > state.bound ? climb(limited, look, place) : decided(limited, undefined);
}

/** What must be carried before a place is climbed to, in bit/s. */
function wantedFor(state: ControlState, { ladder }: Look, place: number): number {
  const { failures } = trialOf(state, place);
  return (ladder[place]?.bitrate ?? 0) * Math.min(headroom.most, headroom.first + headroom.perFailure * failures);
}

function mayClimb(state: ControlState, { reading: { atMs }, ladder, sent, ceiling, estimate = 0 }: Look): boolean {
  const { bound, calmSinceMs } = state;
  if (bound >= ceiling || sent < bound || calmSinceMs === undefined || atMs - calmSinceMs < times.calm) return false;
  const { fellMs, failures } = trialOf(state, bound + 1);
  const isPromised =
    estimate > promise.ofNext * (ladder[bound + 1]?.bitrate ?? Infinity) &&
    estimate > promise.ofPresent * (ladder[bound]?.bitrate ?? Infinity);
  const waitMs = Math.min(times.longestTry, times.firstTry * 2 ** failures);
  return atMs - fellMs >= (isPromised ? waitMs / 4 : waitMs);
}

function climb(state: ControlState, { reading: { atMs } }: Look, bound: number): Outcome {
  const tried = withTrial(state, bound, { ...trialOf(state, bound), climbedMs: atMs, from: state.bound });
  return decided({ ...tried, bound, calmSinceMs: undefined, heldSinceMs: undefined, fall: undefined }, 'probe');
}

/**
 * An estimate that keeps a viewer below its bound for long, though nothing is wrong, is climbed from step by step: mediasoup's stayed at half
 * of what a throttled link carried, and of what it carried after the throttle (measured on a busy machine).
 */
function fromEstimate(state: ControlState, { reading: { atMs }, sent }: Look): ControlState {
  if (state.heldSinceMs === undefined || atMs - state.heldSinceMs < times.firstTry) return state;
  return { ...state, bound: sent };
}

/** Before the first decision the estimate grows by itself, and is only kept from falling without cause. */
function floorOf(state: ControlState): number {
  if (state.trials.length > 0) return state.bound;
  return state.calmSinceMs === undefined ? -1 : Math.min(state.bound, state.sent);
}

/** `drainMs` as in the decision; `carried` is what the video takes, in bit/s, which padding adds to. */
function decided(
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
      nextLookMs: state.probe === undefined ? (isClose ? times.closeLook : times.look) : times.probeLook,
    },
  };
}
