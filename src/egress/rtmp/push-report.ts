import type { OutputEnding, OutputState } from '../output.ts';
import type { PushMeter } from './push-meter.ts';

/** What a target's details are made of. */
export interface PushFacts {
  readonly name: string;
  /** Without user, password and query. */
  readonly url: string;
  readonly state: OutputState;
  readonly attempts: number;
  readonly backlogBytes: number;
  readonly rendition: string | undefined;
  readonly lastError: (OutputEnding & { readonly at: Date }) | undefined;
  readonly meter: PushMeter;
  /** Whether the stream's own health says so, which may know it before this target does. */
  readonly isGopKnownLong: boolean;
  readonly now: Date;
  readonly nowMs: number;
}

/** What to do about key frames that are too far apart. */
export const longGopAdvice =
  'Key frames are more than 4 s apart: most platforms refuse that or play it badly. Set the keyframe interval of the encoder to 2 s.';

/** The details of a target, as the API shows them. Pure. */
export function describePush(facts: PushFacts): Readonly<Record<string, unknown>> {
  const { name, url, state, attempts, backlogBytes, rendition, lastError, meter, isGopKnownLong, now, nowMs } = facts;
  const isRunning = state.name === 'running';
  const details = {
    name,
    url,
    attempts,
    uptimeSeconds: isRunning ? Math.floor((now.getTime() - state.since.getTime()) / 1000) : undefined,
    bitrate: isRunning ? meter.bitrate(nowMs) : undefined,
    sentBytes: meter.bytes,
    backlogBytes,
    rendition,
    gopSeconds: meter.gopMs === undefined ? undefined : Math.round(meter.gopMs / 10) / 100,
    lastError: lastError === undefined ? undefined : { ...lastError, at: lastError.at.toISOString() },
    warnings: meter.isGopLong || isGopKnownLong ? [{ code: 'WARN_GOP_LONG', message: longGopAdvice }] : [],
  };
  return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined));
}
