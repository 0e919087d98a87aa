import { isIP } from 'node:net';
import Type, { type Static, type TProperties } from 'typebox';
import { durationPattern, longestDurationMs, parseDuration } from './duration.ts';

/*
 * The one description of every setting: validator, type and documentation at once.
 * `expects` completes "must be …" where a pattern alone would tell the reader nothing; `fileOnly` keys have no environment
 * variable; `secret` keys are masked by --print-config.
 */

const group = <Keys extends TProperties>(description: string, keys: Keys) =>
  Type.Object(keys, { description, additionalProperties: false, default: {} });

const text = (options: { pattern: string; expects: string; description: string; default?: string }) => Type.String(options);

const duration = (options: { description: string; default?: string }) =>
  Type.Refine(
    Type.String({ ...options, pattern: durationPattern.source, expects: 'a duration such as 500ms, 60s or 2m' }),
    (value) => (parseDuration(value) ?? 0) <= longestDurationMs,
    () => 'must be at most 24h',
  );

const address = Type.Refine(
  Type.String(),
  (value) => isIP(value) !== 0,
  () => 'must be an IPv4 or IPv6 address',
);

const policyDocs = {
  takeover: 'What a second publisher of the same name does: `replace` the first, or be `reject`ed with 409.',
  codecs: 'Video codecs by preference: a publisher gets the first one that it offers. `offer` stands for the order of its own offer.',
  grace: 'How long a stream and its viewers outlive their publisher.',
  silence: 'A connected publisher or viewer from which nothing at all arrives (media, feedback, STUN) for this long is ended.',
};
const takeovers = ['replace', 'reject'] as const;
const codecNames = ['offer', 'H264', 'VP8', 'VP9', 'AV1'] as const;

/** Schema of the whole configuration, as it is written in the file. */
export const settingsSchema = Type.Object(
  {
    http: group('The HTTP port: WHIP, WHEP, pages, health and metrics.', {
      host: text({
        description: 'Address that the HTTP port binds to. Anything but a loopback address needs `auth.mode` written down.',
        pattern: '^[^\\s/]+$',
        expects: 'an address or a host name',
        default: '127.0.0.1',
      }),
      port: Type.Integer({ description: 'HTTP port; 0 takes any free one.', minimum: 0, maximum: 65535, default: 8080 }),
      publicUrl: Type.Optional(
        text({
          description: 'Base URL that clients use, for the `Location` of sessions. Default: taken from each request.',
          pattern: '^https?://[^/\\s?#@]+(/[^\\s?#]*)?$',
          expects: 'an http(s) URL without user, query and fragment, such as https://live.example.com',
        }),
      ),
      trustProxy: Type.Boolean({
        description: 'A proxy in front ends TLS and sets X-Forwarded-For, -Proto and -Host: believe it.',
        default: false,
      }),
    }),
    rtc: group('Media: one UDP and TCP port per worker process.', {
      port: Type.Integer({
        description: 'Port of the first worker, UDP and TCP; the others count up from it. 0 takes any free ones.',
        minimum: 0,
        maximum: 65535,
        default: 44400,
      }),
      listen: Type.Optional(
        Type.Array(address, {
          description:
            'Addresses that media listens on, in the order in which they are offered. Default: all of this host, LAN IPv4 first.',
          minItems: 1,
          uniqueItems: true,
        }),
      ),
      announcedAddress: Type.Optional(
        text({
          description: 'Address under which clients reach this host, behind NAT or in a container. The one key to set there.',
          pattern: '^[A-Za-z0-9.:-]+$',
          expects: 'an address or a host name, without port',
        }),
      ),
      workers: Type.Optional(Type.Integer({ description: 'Worker processes. Default: one per core.', minimum: 1, maximum: 256 })),
      tcp: Type.Boolean({ description: 'Offer TCP too, for networks that block UDP.', default: true }),
    }),
    auth: group('Who may publish and watch.', {
      mode: Type.Optional(
        Type.Enum(['none'], {
          description:
            '`none`: everybody who reaches the HTTP port may publish and watch. Required, in writing, when `http.host` is not loopback.',
        }),
      ),
    }),
    streams: group('Policies of streams.', {
      default: group('The policy of every stream that no pattern matches.', {
        takeover: Type.Enum([...takeovers], { description: policyDocs.takeover, default: 'replace' }),
        codecs: Type.Array(Type.Enum([...codecNames]), {
          description: policyDocs.codecs,
          minItems: 1,
          uniqueItems: true,
          default: ['H264', 'VP8', 'VP9', 'AV1'],
        }),
        grace: duration({ description: policyDocs.grace, default: '60s' }),
        silence: duration({ description: policyDocs.silence, default: '30s' }),
      }),
      patterns: Type.Array(
        Type.Object(
          {
            match: text({
              description: 'Stream names that this entry is for; `*` stands for any characters. The first match counts.',
              pattern: '^[A-Za-z0-9_*-]+$',
              expects: 'a stream name in which * stands for any characters',
            }),
            takeover: Type.Optional(Type.Enum([...takeovers], { description: policyDocs.takeover })),
            codecs: Type.Optional(
              Type.Array(Type.Enum([...codecNames]), { description: policyDocs.codecs, minItems: 1, uniqueItems: true }),
            ),
            grace: Type.Optional(duration({ description: policyDocs.grace })),
            silence: Type.Optional(duration({ description: policyDocs.silence })),
          },
          { additionalProperties: false },
        ),
        { description: 'Other policies by stream name: a list of `{ match, …overrides }`.', fileOnly: true, default: [] },
      ),
    }),
    metrics: group('Prometheus.', {
      enabled: Type.Boolean({ description: 'Serve `/metrics`.', default: true }),
    }),
    log: group('Logs, on standard output.', {
      level: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
        description: 'Least level that is logged.',
        default: 'info',
      }),
      pretty: Type.Optional(
        Type.Boolean({ description: 'Lines for people instead of JSON. Default: when standard output is a terminal.' }),
      ),
    }),
  },
  { additionalProperties: false },
);

/** The configuration as it is written: defaults filled in, durations still text. */
export type Settings = Static<typeof settingsSchema>;
