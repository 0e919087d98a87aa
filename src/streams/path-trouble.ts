import { isOnTrial, isSettling, nowOf, windowOf, type ControlState } from './control-state.ts';
import { renewBest } from './path-best.ts';
import type { PathSigns } from './path-signs.ts';

/** What counts as trouble. Loss in shares, queues in milliseconds, growth in milliseconds per second. */
const trouble = {
  /** Wi-Fi loses 2 % for hours; congestion loses a fifth from its first second on (16 to 20 % measured at tbf, 1 s after the throttle). */
  loss: 0.1,
  /** Less is enough where a queue stands as well. */
  lossWithQueue: 0.04,
  /** NACKs come up to a second before the report: 27 % of all packets were sent again when 9 % were known to be lost. */
  repaired: 0.25,
  /** A key frame alone fills a queue by 100 to 170 ms at a link with 20 % to spare, and it is empty again a second later. */
  queueMs: 200,
  /** And the report before must tell of a queue too: single ones of 350 ms come from a busy machine or a radio that was away for a moment. */
  raisedMs: 60,
  /** Unless it is so long. */
  longQueueMs: 600,
  /** Three reports in a row: whoever sent the key frame has had time to make up for it. */
  standingMs: 80,
  /** A step up that fills a queue by so much has failed, before it loses anything. */
  trialQueueMs: 100,
  /** Soon after a step down a full queue means nothing; only one that still grows does. */
  settlingGrowth: 100,
  /** A queue that neither grows nor shrinks and loses nothing, up to this length, is a longer way. */
  steadyGrowth: 30,
  longestWayMs: 500,
} as const;

/** A path is calm below these. */
const calm = { loss: 0.05, queueMs: 60 } as const;

/** What is wrong with the path; soon after a step down only what the layer before cannot have left behind. */
export function worryOf(state: ControlState, signs: PathSigns): 'loss' | 'delay' | undefined {
  const { lossNow, lossLately, repairedShare, queueMs, raisedMs, standingMs, growth } = signs;
  if (lossNow > trouble.loss + 1.5 * state.ownLoss) return 'loss';
  // What was lost of the layer before is not sent again, so this is never left over.
  if (repairedShare > trouble.repaired + 3 * state.ownLoss) return 'loss';
  const isRaised = raisedMs > trouble.raisedMs;
  if (isSettling(state)) return growth > trouble.settlingGrowth && isRaised ? 'delay' : undefined;
  if (isOnTrial(state) && queueMs > trouble.trialQueueMs && growth > 0 && isRaised) return 'delay';
  if (lossLately > trouble.lossWithQueue + 1.5 * state.ownLoss && standingMs > trouble.standingMs / 2) return 'loss';
  if (queueMs > trouble.longQueueMs || (queueMs > trouble.queueMs && growth >= 0 && isRaised)) return 'delay';
  if (standingMs > trouble.standingMs && growth >= 0) return 'delay';
  return undefined;
}

/** Whether nothing is wrong at all. */
export function isCalm(state: ControlState, signs: PathSigns): boolean {
  return worryOf(state, signs) === undefined && signs.lossLately < calm.loss + 1.5 * state.ownLoss && signs.lastingMs < calm.queueMs;
}

/** What a step down does not cure is the path's own: a loss by radio, a longer way. */
export function learnPath(state: ControlState, signs: PathSigns): ControlState {
  const { fall: last } = state;
  if (last === undefined || isSettling(state)) return state;
  const { lossShareLately, lossLately, standingMs, growth } = signs;
  const ownLoss = standingMs > calm.queueMs ? state.ownLoss : state.ownLoss + (lossShareLately - state.ownLoss) / 4;
  const isUncured = standingMs > 0.7 * last.queueMs && standingMs > trouble.standingMs && standingMs < trouble.longestWayMs;
  const isSteady = Math.abs(growth) < trouble.steadyGrowth && lossLately < calm.loss;
  return { ...state, ownLoss, ...(isUncured && isSteady ? { best: renewBest(windowOf(state), nowOf(state)) } : {}) };
}
