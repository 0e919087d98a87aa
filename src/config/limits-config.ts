import { milliseconds } from './duration.ts';
import type { Settings } from './schema.ts';

/** What one client, and all of them, may use; undefined: no limit. */
export interface LimitsConfig {
  readonly sessions: {
    readonly publishers: number | undefined;
    readonly publishersPerAddress: number | undefined;
    readonly viewers: number | undefined;
    readonly viewersPerStream: number | undefined;
    readonly viewersPerAddress: number | undefined;
    readonly sessionsPerToken: number | undefined;
    /** Bits per second. */
    readonly publisherBitrate: number | undefined;
    readonly sessionAgeMs: number | undefined;
  };
  readonly bodyBytes: number;
  readonly offers: { readonly sections: number; readonly candidates: number; readonly codecs: number };
  /** Requests of one address, a minute. */
  readonly rates: {
    readonly GET: number | undefined;
    readonly POST: number | undefined;
    readonly PATCH: number | undefined;
    readonly DELETE: number | undefined;
  };
  readonly overload: {
    readonly eventLoopDelayMs: number | undefined;
    readonly memoryBytes: number | undefined;
    /** Share of a core, 0 to 1. */
    readonly workerCpu: number | undefined;
  };
}

/** Turns checked settings into limits. */
export function parseLimits(limits: Settings['limits']): LimitsConfig {
  const memoryMiB = positive(limits.memory);
  const cpuPercent = positive(limits.workerCpu);
  return {
    sessions: {
      publishers: positive(limits.publishers),
      publishersPerAddress: positive(limits.publishersPerAddress),
      viewers: positive(limits.viewers),
      viewersPerStream: positive(limits.viewersPerStream),
      viewersPerAddress: positive(limits.viewersPerAddress),
      sessionsPerToken: positive(limits.sessionsPerToken),
      publisherBitrate: positive(limits.publisherBitrate),
      sessionAgeMs: limits.sessionAge === undefined ? undefined : positive(milliseconds(limits.sessionAge)),
    },
    bodyBytes: limits.bodyBytes,
    offers: { sections: limits.offerSections, candidates: limits.offerCandidates, codecs: limits.offerCodecs },
    rates: {
      GET: positive(limits.getsPerMinute),
      POST: positive(limits.postsPerMinute),
      PATCH: positive(limits.patchesPerMinute),
      DELETE: positive(limits.deletesPerMinute),
    },
    overload: {
      eventLoopDelayMs: positive(milliseconds(limits.eventLoopDelay)),
      memoryBytes: memoryMiB === undefined ? undefined : memoryMiB * 2 ** 20,
      workerCpu: cpuPercent === undefined ? undefined : cpuPercent / 100,
    },
  };
}

function positive(value: number): number | undefined {
  return value === 0 ? undefined : value;
}
