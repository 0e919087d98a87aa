import { noteCalm, noteLayers, noteReading, signsOf, trialOf, withTrial, type ControlState } from './control-state.ts';
import { climb, decided, drainFor, type ControlReason, type Look, type Outcome, type Rung } from './layer-decision.ts';
import { mayProbe, probe, probeOn } from './layer-probing.ts';
import type { PathSigns } from './path-signs.ts';
import { isCalm, learnPath, worryOf } from './path-trouble.ts';

/** All in milliseconds. */
const times = {
  /** Two reports without trouble before a step up. */
  calm: 2500,
  /** From a step down to the first step up. Doubles with each one that fails: 6, 12, 24, 48 and from then on 64 s. */
  firstTry: 6000,
  longestTry: 64_000,
  /** A layer that must be left within this time of the step up did not carry. */
  proof: 60_000,
} as const;

/** How much more than a layer takes an estimate must promise to be a reason to look earlier, and how much more than what is sent anyway. */
const promise = { ofNext: 1.3, ofPresent: 2.2 } as const;

/** Share of packets sent again that are still few. */
const mostRepaired = 0.3;

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
    ...noteLayers(noteCalm(state, isCalm(state, signs), signs.queueMs), look.layers),
    heldSinceMs: isHeld ? (state.heldSinceMs ?? look.reading.atMs) : undefined,
  };
  if (isLedDown(before, look)) return follow(noted, look, signsOf(before));
  const isSwitching = look.sent > noted.bound;
  if (worry !== undefined && !isSwitching && look.sent > 0) return fall(noted, look, { signs, worry });
  if (look.takesPadding === true) return mayProbe(noted, look) ? probe(noted, look) : decided(noted, undefined);
  const climbing = fromEstimate(noted, look);
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
  return fallen({ ...tried, bound }, signs, hasFailed ? 'failed' : worry);
}

function fallen(state: ControlState, { queueMs }: PathSigns, reason: ControlReason): Outcome {
  const fresh = { ...state, limit: undefined, calmSinceMs: undefined, fall: { queueMs } };
  return decided(fresh, reason, { drainMs: drainFor({ queueMs }) });
}

/** Whether the estimate made a viewer fall that was not well, before its reports did. A layer that is gone is no fall. */
function isLedDown(before: ControlState, { estimate, sent, ceiling }: Look): boolean {
  return (
    estimate !== undefined &&
    sent >= 0 &&
    sent < Math.min(before.sent, before.bound) &&
    ceiling >= before.sent &&
    before.calmSinceMs === undefined
  );
}

/** What the estimate did holds: by itself it would soon rise again, and make the viewer flap. Nor does it empty the queue. */
function follow(state: ControlState, { sent }: Look, signs: PathSigns): Outcome {
  return fallen({ ...state, bound: sent }, signs, 'delay');
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

/**
 * An estimate that keeps a viewer below its bound for long, though nothing is wrong, is climbed from step by step: mediasoup's stayed at half
 * of what a throttled link carried, and of what it carried after the throttle (measured on a busy machine).
 */
function fromEstimate(state: ControlState, { reading: { atMs }, sent }: Look): ControlState {
  if (state.heldSinceMs === undefined || atMs - state.heldSinceMs < times.firstTry) return state;
  return { ...state, bound: sent };
}
