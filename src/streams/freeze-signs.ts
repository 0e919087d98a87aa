import type { OutgoingReport } from '../media/track.ts';

/**
 * What tells that a viewer's picture stands: it asks for a `key-frame` though none of its making is due, as libwebrtc does after 3 s without
 * a picture, or `silence`, when nothing is heard of it any more.
 */
export type FreezeSign = 'key-frame' | 'silence';

/** What was last known of a viewer. */
export interface FreezeHistory {
  readonly report: OutgoingReport | undefined;
  /** When its video began, changed, or it was last heard, in milliseconds. */
  readonly switchedMs: number;
  readonly heardMs: number;
  readonly isSilent: boolean;
  readonly askedMs: number;
}

/** After a switch viewers ask for key frames as a matter of course, in milliseconds. */
const graceMs = 2500;

/** Requests within this time are one freeze, in milliseconds: they are repeated until a key frame comes. */
const sameFreezeMs = 5000;

/** Reports come every second or so, in milliseconds. */
const silenceMs = 6000;

/** A viewer whose video begins now. */
export function startFreezes(atMs: number): FreezeHistory {
  return { report: undefined, switchedMs: atMs, heardMs: atMs, isSilent: false, askedMs: -Infinity };
}

/** Takes one more report; tells the sign of a freeze once for each. Silence counts only for viewers that were heard before. */
export function noteFreezes(
  before: FreezeHistory,
  report: OutgoingReport,
  atMs: number,
): { readonly history: FreezeHistory; readonly sign: FreezeSign | undefined } {
  const isNew = before.report !== undefined && isNews(before.report, report);
  const asks = before.report !== undefined && report.keyFrameRequests > before.report.keyFrameRequests;
  const heardMs = isNew ? atMs : before.heardMs;
  const isSilent = report.roundTripMs !== undefined && atMs - heardMs > silenceMs;
  const history = { ...before, report, heardMs, isSilent, askedMs: asks ? atMs : before.askedMs };
  if (asks && atMs - before.switchedMs > graceMs && atMs - before.askedMs > sameFreezeMs) return { history, sign: 'key-frame' };
  return { history, sign: isSilent && !before.isSilent ? 'silence' : undefined };
}

/** Another layer is sent from now on. */
export function noteSwitch(history: FreezeHistory, atMs: number): FreezeHistory {
  return { ...history, switchedMs: atMs };
}

function isNews(before: OutgoingReport, now: OutgoingReport): boolean {
  return before.lost !== now.lost || before.jitterMs !== now.jitterMs || before.roundTripMs !== now.roundTripMs;
}
