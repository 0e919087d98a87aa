import { signsOf, trialOf, type ControlState } from './control-state.ts';
import { climb, decided, drainFor, type Look, type Outcome } from './layer-decision.ts';
import { goOn, limitAfter, startProbe, type PathProbe } from './path-probe.ts';
import type { PathSigns } from './path-signs.ts';

/** How much more than a layer takes a path must carry of padding: layers come in bursts. And how much more after each step up that failed. */
const headroom = { first: 1.1, perFailure: 0.8, most: 2.5 } as const;

/** All in milliseconds. */
const times = {
  /** Two reports without trouble before a step up. */
  calm: 2500,
  /** An estimate that keeps a viewer down is given so long to rise by itself. */
  held: 6000,
  /** From a switch, or a probe that was too much, to the next probe. */
  rest: 3300,
} as const;

/** A queue of which the last report told, in milliseconds: the next report tells whether it was a hiccup, or a throttle that padding would hide. */
const doubtfulQueueMs = 60;

/** Whether to find out with padding what the path carries: in calm, a while after the last change. */
export function mayProbe(state: ControlState, { reading: { atMs }, ladder, sent, ceiling }: Look): boolean {
  const { bound, calmSinceMs, sentSinceMs, heldSinceMs = Infinity, probed } = state;
  if (sent < 0 || sent >= ceiling || sent > bound || calmSinceMs === undefined || ladder[sent]?.bitrate === 0) return false;
  if (sent < bound && atMs - heldSinceMs < times.held) return false;
  if (signsOf(state).queueMs > doubtfulQueueMs) return false;
  return atMs - calmSinceMs >= times.calm && atMs - Math.max(sentSinceMs, probed.atMs) >= times.rest;
}

/** Begins to find out. */
export function probe(state: ControlState, look: Look): Outcome {
  const { reading, ladder, sent, ceiling } = look;
  const carried = ladder[sent]?.bitrate ?? 0;
  const { limit, noiseMs } = state;
  const started = startProbe({ from: sent, atMs: reading.atMs, carried, limit, noiseMs, wanted: wantedFor(state, look, ceiling) });
  return decided({ ...state, probe: started }, undefined, { carried });
}

/** Goes on with padding, or climbs to what was carried. */
export function probeOn(state: ControlState, look: Look, present: PathProbe): Outcome {
  const { reading, ladder, sent, ceiling } = look;
  const signs = signsOf(state);
  const wanted = wantedFor(state, look, ceiling);
  const isMoot = sent !== present.from || sent >= ceiling;
  const outcome = isMoot ? ({ name: 'unheard' } as const) : goOn(present, { atMs: reading.atMs, signs, ownLoss: state.ownLoss, wanted });
  if (outcome.name === 'goes-on') return decided({ ...state, probe: outcome.probe }, undefined, { carried: ladder[sent]?.bitrate ?? 0 });
  const isTooMuch = outcome.name === 'failed';
  const ended = { ...state, probe: undefined, probed: { atMs: reading.atMs, wasTooMuch: isTooMuch } };
  if (outcome.name === 'carried') return climb({ ...ended, limit: undefined }, look, ceiling);
  if (!isTooMuch) return decided(ended, undefined);
  const limited = { ...ended, limit: limitAfter(present), calmSinceMs: undefined };
  const place = ladder.findLastIndex(
    ({ bitrate }, index) => bitrate > 0 && index <= ceiling && wantedFor(state, look, index) <= present.carried,
  );
  if (place > present.from) return climb(limited, look, place);
  return decided(limited, undefined, { drainMs: hasPushedOut(signs) ? drainFor(signs) : 0 });
}

/** What must be carried before a place is climbed to, in bit/s. */
function wantedFor(state: ControlState, { ladder }: Look, place: number): number {
  const { failures } = trialOf(state, place);
  return (ladder[place]?.bitrate ?? 0) * Math.min(headroom.most, headroom.first + headroom.perFailure * failures);
}

/** Whether media was lost for padding: to be sent again, it would keep the queue full, as after a layer that is too much. */
function hasPushedOut({ repairedShare, lossShare }: PathSigns): boolean {
  return repairedShare > 0.1 || lossShare > 0.1;
}
