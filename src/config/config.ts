import { parseDuration } from './duration.ts';
import type { Settings } from './schema.ts';

/** What happens to a stream's publishers and viewers. */
export interface StreamPolicySettings {
  readonly takeover: 'replace' | 'reject';
  readonly codecs: readonly ('offer' | 'H264' | 'VP8' | 'VP9' | 'AV1')[];
  readonly graceMs: number;
  readonly silenceMs: number;
}

/** The whole configuration in the units that the code works in; deeply frozen. `schema.ts` tells what each key means. */
export interface Config {
  readonly http: { readonly host: string; readonly port: number; readonly publicUrl: string | undefined; readonly trustProxy: boolean };
  readonly rtc: {
    readonly port: number;
    readonly listen: readonly string[] | undefined;
    readonly announcedAddress: string | undefined;
    readonly workers: number;
    readonly tcp: boolean;
  };
  readonly auth: { readonly mode: 'none' | undefined };
  readonly streams: {
    readonly default: StreamPolicySettings;
    readonly patterns: readonly { readonly match: string; readonly policy: StreamPolicySettings }[];
  };
  readonly metrics: { readonly enabled: boolean };
  readonly log: { readonly level: Settings['log']['level']; readonly pretty: boolean | undefined };
}

/** Turns checked settings into the values that the code works with. */
export function parseConfig({ http, rtc, auth, streams, metrics, log }: Settings): Config {
  return deepFreeze({
    http: { ...http, publicUrl: http.publicUrl?.replace(/\/+$/, '') },
    rtc: { ...rtc, listen: rtc.listen, announcedAddress: rtc.announcedAddress, workers: rtc.workers ?? 1 },
    auth: { mode: auth.mode },
    streams: {
      default: parsePolicy(streams.default),
      patterns: streams.patterns.map(({ match, ...overrides }) => ({
        match,
        policy: parsePolicy({ ...streams.default, ...overrides }),
      })),
    },
    metrics,
    log: { level: log.level, pretty: log.pretty },
  });
}

/** The policy for a stream name: that of the first pattern that matches, else the default. */
export function policyFor(streams: Config['streams'], streamId: string): StreamPolicySettings {
  return streams.patterns.find(({ match }) => matchesGlob(match, streamId))?.policy ?? streams.default;
}

function matchesGlob(glob: string, name: string): boolean {
  return new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(name);
}

function parsePolicy({ takeover, codecs, grace, silence }: Settings['streams']['default']): StreamPolicySettings {
  return { takeover, codecs, graceMs: milliseconds(grace), silenceMs: milliseconds(silence) };
}

function milliseconds(duration: string): number {
  const value = parseDuration(duration);
  if (value === undefined) throw new TypeError(`unchecked duration: ${duration}`);
  return value;
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}
