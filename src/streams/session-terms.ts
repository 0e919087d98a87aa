import { BitrateWatch } from './bitrate-watch.ts';
import type { SessionClient } from './seats.ts';
import type { Session } from './session.ts';

/** How long every session may last and how much a publisher may send; undefined: any. */
export interface TermLimits {
  readonly sessionAgeMs?: number | undefined;
  /** Bits per second. */
  readonly publisherBitrate?: number | undefined;
}

/** What one session has to keep to. */
export interface SessionTerms {
  /** Undefined: it need not end. */
  readonly endsAt: Date | undefined;
  /** Bits per second that it may send; undefined: any. */
  readonly maxBitrate: number | undefined;
}

const samplePeriodMs = 2_000;

/** Timers cannot wait for longer than 24 days. */
const longestWaitMs = 86_400_000;

/** The terms of a session that starts now: the stricter of what its client was granted and what holds for all. */
export function termsOf({ expiresAt, maxBitrate }: SessionClient, { sessionAgeMs, publisherBitrate }: TermLimits = {}): SessionTerms {
  const ends = [expiresAt?.getTime(), sessionAgeMs === undefined ? undefined : Date.now() + sessionAgeMs].filter(isDefined);
  const bitrates = [maxBitrate, publisherBitrate].filter(isDefined);
  return {
    endsAt: ends.length === 0 ? undefined : new Date(Math.min(...ends)),
    maxBitrate: bitrates.length === 0 ? undefined : Math.min(...bitrates),
  };
}

/** Ends the session (`expired`, `over-bitrate`) when it does not keep to its terms. Dispose of the result when the session is closed. */
export function enforceTerms(session: Session, { endsAt, maxBitrate }: SessionTerms): Disposable {
  const stops: (() => void)[] = [];
  if (endsAt !== undefined) stops.push(endAt(session, endsAt));
  if (maxBitrate !== undefined) stops.push(watchBitrate(session, maxBitrate));
  return {
    [Symbol.dispose]: () => {
      for (const stop of stops) stop();
    },
  };
}

function endAt(session: Session, endsAt: Date): () => void {
  let timer: NodeJS.Timeout | undefined;
  const wait = (): void => {
    const leftMs = Math.max(0, endsAt.getTime() - Date.now());
    timer = setTimeout(leftMs > longestWaitMs ? wait : () => session.close('expired'), Math.min(leftMs, longestWaitMs));
  };
  wait();
  return () => clearTimeout(timer);
}

function watchBitrate(session: Session, maxBitrate: number): () => void {
  const watch = new BitrateWatch(maxBitrate);
  const check = async (): Promise<void> => {
    const { rtpBytesReceived } = await session.sample();
    if (watch.sample(rtpBytesReceived, performance.now())) session.close('over-bitrate');
  };
  const timer = setInterval(() => void check().catch(() => undefined), samplePeriodMs); // a worker that cannot answer has died
  return () => clearInterval(timer);
}

function isDefined<Value>(value: Value | undefined): value is Value {
  return value !== undefined;
}
