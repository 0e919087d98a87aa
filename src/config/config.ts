import { parseAuth, type AuthConfig } from './auth-config.ts';
import { milliseconds } from './duration.ts';
import { parseLimits, type LimitsConfig } from './limits-config.ts';
import { parseHls, type HlsConfig } from './hls-config.ts';
import { parseRecord, parseStorage, type RecordConfig, type StorageConfig } from './record-config.ts';
import { parseRtmp, type RtmpConfig } from './rtmp-config.ts';
import type { Settings } from './schema.ts';
import { parseTranscode, type TranscodeConfig } from './transcode-config.ts';

/** What happens to a stream's publishers and viewers. */
export interface StreamPolicySettings {
  readonly takeover: 'replace' | 'reject';
  readonly codecs: readonly ('offer' | 'H264' | 'VP8' | 'VP9' | 'AV1')[];
  readonly graceMs: number;
  readonly silenceMs: number;
  readonly instantJoin: 'auto' | 'always' | 'never';
  readonly hls: 'on-demand' | 'always' | 'off';
  readonly transcode: 'never' | 'needed' | 'ladder';
  readonly record: 'never' | 'request' | 'always';
}

/** STUN or TURN servers with the same credentials. */
export interface IceServerSettings {
  readonly urls: readonly string[];
  readonly username: string | undefined;
  readonly credential: string | undefined;
  /** Makes credentials that are good for a time. */
  readonly secret: string | undefined;
  readonly ttlMs: number;
}

/** The whole configuration in the units that the code works in; deeply frozen. `schema.ts` tells what each key means. */
export interface Config {
  readonly http: {
    readonly host: string;
    readonly port: number;
    readonly publicUrl: string | undefined;
    readonly trustProxy: boolean;
    readonly proxies: number;
    readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
    readonly requireTls: boolean;
    readonly allowedOrigins: readonly string[];
    readonly strictEtag: boolean;
    readonly api: boolean | undefined;
    readonly maxConnections: number;
    readonly redirect: readonly { readonly match: string; readonly to: string }[];
  };
  readonly rtc: {
    readonly port: number;
    readonly listen: readonly string[] | undefined;
    readonly announcedAddress: string | undefined;
    readonly workers: number;
    /** Share of a core, 0 to 1. */
    readonly spreadAbove: number;
    readonly tcp: boolean;
    readonly iceServers: readonly IceServerSettings[];
  };
  readonly auth: AuthConfig;
  readonly limits: LimitsConfig;
  readonly streams: {
    readonly default: StreamPolicySettings;
    readonly patterns: readonly { readonly match: string; readonly policy: StreamPolicySettings }[];
  };
  readonly egress: {
    readonly ffmpeg: string;
    readonly transcode: TranscodeConfig;
    /** Undefined: a restart forgets what operators made. */
    readonly stateDirectory: string | undefined;
    readonly rtmp: RtmpConfig;
    readonly hls: HlsConfig;
    readonly record: RecordConfig;
    readonly storage: StorageConfig;
  };
  readonly metrics: { readonly enabled: boolean; readonly port: number | undefined; readonly host: string };
  readonly log: { readonly level: Settings['log']['level']; readonly pretty: boolean | undefined };
}

const halfADayMs = 12 * 3_600_000;

/** Turns checked settings into the values that the code works with. */
export function parseConfig({ http, rtc, auth, limits, streams, egress, metrics, log }: Settings): Config {
  return deepFreeze({
    http: {
      ...http,
      publicUrl: withoutSlash(http.publicUrl),
      tls: parseTls(http.tls),
      api: http.api,
      redirect: http.redirect.map(({ match, to }) => ({ match, to: withoutSlash(to) ?? to })),
    },
    rtc: {
      ...rtc,
      listen: rtc.listen,
      announcedAddress: rtc.announcedAddress,
      workers: rtc.workers ?? 1,
      spreadAbove: rtc.spreadAbove / 100,
      iceServers: rtc.iceServers.map(({ urls, username, credential, secret, ttl }) => ({
        urls,
        username,
        credential,
        secret,
        ttlMs: ttl === undefined ? halfADayMs : milliseconds(ttl),
      })),
    },
    auth: parseAuth(auth),
    limits: parseLimits(limits),
    streams: {
      default: parsePolicy(streams.default),
      patterns: streams.patterns.map(({ match, ...overrides }) => ({
        match,
        policy: parsePolicy({ ...streams.default, ...overrides }),
      })),
    },
    egress: {
      ...egress,
      stateDirectory: egress.stateDirectory === 'none' ? undefined : egress.stateDirectory,
      transcode: parseTranscode(egress.transcode),
      rtmp: parseRtmp(egress.rtmp),
      hls: parseHls(egress.hls),
      record: parseRecord(egress.record),
      storage: parseStorage(egress.storage),
    },
    metrics: { ...metrics, port: metrics.port },
    log: { level: log.level, pretty: log.pretty },
  });
}

/** The policy for a stream name: that of the first pattern that matches, else the default. */
export function policyFor(streams: Config['streams'], streamId: string): StreamPolicySettings {
  return streams.patterns.find(({ match }) => matchesGlob(match, streamId))?.policy ?? streams.default;
}

/** Base URL of the node that has the stream; undefined: this one. */
export function redirectFor(redirect: Config['http']['redirect'], streamId: string): string | undefined {
  return redirect.find(({ match }) => matchesGlob(match, streamId))?.to;
}

/** The RTMP targets of the configuration that a stream is pushed to. */
export function targetsFor({ targets }: RtmpConfig, streamId: string): RtmpConfig['targets'] {
  return targets.filter(({ match }) => matchesGlob(match, streamId));
}

/** Whether the operator API is served. `isPublic`: whether other machines reach the HTTP port. */
export function servesApi({ http, auth }: Pick<Config, 'http' | 'auth'>, isPublic: boolean): boolean {
  return http.api ?? !(isPublic && auth.isOpen);
}

function parseTls({ certFile, keyFile }: Settings['http']['tls']): Config['http']['tls'] {
  return certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile };
}

function withoutSlash(url: string | undefined): string | undefined {
  return url?.replace(/\/+$/, '');
}

function matchesGlob(glob: string, name: string): boolean {
  return new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(name);
}

function parsePolicy({ grace, silence, ...policy }: Settings['streams']['default']): StreamPolicySettings {
  return { ...policy, graceMs: milliseconds(grace), silenceMs: milliseconds(silence) };
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}
