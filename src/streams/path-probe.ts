import type { PathSigns } from './path-signs.ts';

/** Padding beside the video, to see whether a path carries more than it is sent. */
export interface PathProbe {
  /** Place in the ladder of what is sent beside it. */
  readonly from: number;
  readonly step: number;
  /** Of video and padding together, in bit/s. */
  readonly rate: number;
  /** When the first step began, and this one. */
  readonly startedMs: number;
  readonly sinceMs: number;
  /** The most that was carried without trouble, in bit/s. */
  readonly carried: number;
  /** How much longer round trips were of late without any padding, in milliseconds: so much more proves nothing. */
  readonly noiseMs: number;
}

/** What a probe is begun with. */
export interface ProbeStart extends Pick<PathProbe, 'from' | 'noiseMs'> {
  readonly atMs: number;
  /** What the path carries surely, in bit/s: the video that is sent. */
  readonly carried: number;
  /** What it was thought not to carry, in bit/s; undefined: nothing is known. */
  readonly limit: number | undefined;
  /** What is to be found out, in bit/s: whether the path carries so much. */
  readonly wanted: number;
}

/** How a probe goes on: with more padding or as before, to its end, not at all, or to nothing because no report came. */
export type ProbeOutcome = { readonly name: 'goes-on'; readonly probe: PathProbe } | { readonly name: 'carried' | 'failed' | 'unheard' };

/**
 * How much more each step sends than the one before. The first one sends what the path did not carry last: where nothing has changed, that
 * fills its queue slowly enough to be seen before anything is lost. Once it is carried something has changed, and the next steps may be bolder:
 * in 9 s a path is found to carry nine times as much.
 */
const growth = [1.12, 1.7, 4.5] as const;

/** A step that would come as near as this to what is wanted tries that. */
const nearly = 0.7;

/** The first step, by what is sent without padding: at least so much more, and so much where nothing is known of the path's limit. */
const firstStep = { least: 1.05, unknown: 1.12 } as const;

/** A first step that was too much is a little less next time, so that it comes close to what the path carries. */
const secondThought = 0.94;

/** All in milliseconds. */
const times = {
  /** mediasoup's reports go out every 1 to 1.5 s, and players answer every 0.5 to 1.5 s: only after this long it is
   * likely that a step shows, and all but sure after the longer time, which the first step and the last one take. */
  decisiveStep: 2500,
  step: 1800,
  /** A report that comes so soon after a step's beginning tells of the step before; of a long one surely not if it comes later than this. */
  underway: 400,
  longUnderway: 2000,
  /** No report for so long: nothing can be found out. */
  deaf: 4000,
  /** A queue that neither empties nor grows so long: too much. */
  longestStep: 6000,
} as const;

/** Queues in milliseconds. */
const trouble = {
  /** A long queue, or a shorter one in two reports. */
  longQueueMs: 100,
  queueMs: 60,
  loss: 0.1,
  repaired: 0.25,
} as const;

/** No step is passed while the queue is longer, in milliseconds. */
const emptyQueueMs = 20;

/** Noise beyond this is no longer told apart from queues, in milliseconds. */
const mostNoiseMs = 150;

/** The first step of a probe. */
export function startProbe({ from, noiseMs, atMs, carried, limit, wanted }: ProbeStart): PathProbe {
  const rate = limit === undefined ? carried * firstStep.unknown : Math.max(limit, carried * firstStep.least);
  return { from, step: 0, rate: Math.min(wanted, rate), startedMs: atMs, sinceMs: atMs, carried, noiseMs: Math.min(mostNoiseMs, noiseMs) };
}

/** Goes on with a probe. `signs` are those since it began, `ownLoss` the share of loss that is the path's own. */
export function goOn(
  probe: PathProbe,
  { atMs, signs, ownLoss, wanted }: { readonly atMs: number; readonly signs: PathSigns; readonly ownLoss: number; readonly wanted: number },
): ProbeOutcome {
  if (isTooMuch(signs, probe.noiseMs, ownLoss)) return { name: 'failed' };
  const ageMs = atMs - probe.sinceMs;
  if (atMs - Math.max(signs.toldMs, probe.startedMs) > times.deaf) return { name: 'unheard' };
  const isDecisive = probe.step === 0 || probe.rate >= wanted;
  const underwayMs = isDecisive ? times.longUnderway : times.underway;
  const isHeard = signs.toldMs - probe.sinceMs > underwayMs && signs.queueMs < emptyQueueMs + probe.noiseMs;
  if (!isHeard && ageMs > times.longestStep) return { name: 'failed' };
  if (!isHeard || ageMs < (isDecisive ? times.decisiveStep : times.step)) return { name: 'goes-on', probe };
  if (probe.rate >= wanted) return { name: 'carried' };
  const step = probe.step + 1;
  const next = probe.rate * (growth[step - 1] ?? growth[growth.length - 1] ?? 1);
  const rate = next < nearly * wanted ? next : wanted;
  return { name: 'goes-on', probe: { ...probe, step, rate, sinceMs: atMs, carried: probe.rate } };
}

/** What a path is thought not to carry after it has not carried a probe, in bit/s. */
export function limitAfter({ step, rate, carried }: PathProbe): number {
  return step === 0 ? secondThought * rate : carried * firstStep.unknown;
}

function isTooMuch({ queueMs, raisedMs, lossNow, repairedShare }: PathSigns, noiseMs: number, ownLoss: number): boolean {
  if (queueMs > trouble.longQueueMs + noiseMs || raisedMs > trouble.queueMs + noiseMs) return true;
  return lossNow > trouble.loss + 1.5 * ownLoss || repairedShare > trouble.repaired + 3 * ownLoss;
}
