import { isIP } from 'node:net';
import Type, { type Static } from 'typebox';
import { authSchema } from './auth-schema.ts';
import { egressSchema } from './egress-schema.ts';
import { httpSchema } from './http-schema.ts';
import { limitsSchema } from './limits-schema.ts';
import { duration, flag, group, streamPattern, text } from './schema-kinds.ts';
import { transcodePolicies } from './transcode-schema.ts';

/*
 * The one description of every setting: validator, type and documentation at once.
 */

const address = Type.Refine(
  Type.String(),
  (value) => isIP(value) !== 0,
  () => 'must be an IPv4 or IPv6 address',
);

/** What a `Link` header can carry, and every parser of it can read (conformance J05). */
const linkValue = '^[^\\s,;"<>]+$';

const iceServer = Type.Object(
  {
    urls: Type.Array(
      text({
        description: 'A URL.',
        pattern: '^(stuns?:[^\\s,;"<>?]+|turns?:[^\\s,;"<>?]+(\\?transport=(udp|tcp))?)$',
        expects: 'a URL such as stun:stun.example.com:3478 or turn:turn.example.com:3478?transport=udp',
      }),
      { description: 'URLs of one server: stun, stuns, turn, turns.', minItems: 1 },
    ),
    username: Type.Optional(
      text({ description: 'User of a TURN server.', pattern: linkValue, expects: 'a name without space, comma, semicolon and quotes' }),
    ),
    credential: Type.Optional(
      text({
        description: 'Password of a TURN server.',
        pattern: linkValue,
        expects: 'a password without space, comma, semicolon and quotes',
        secret: true,
      }),
    ),
    secret: Type.Optional(
      text({
        description: 'Secret that is shared with a TURN server (TURN REST): each client gets a password of its own, for a time.',
        pattern: '^.+$',
        expects: 'a secret',
        secret: true,
      }),
    ),
    ttl: Type.Optional(duration({ description: 'How long such a password is good for. Default: 12h.' })),
  },
  { additionalProperties: false },
);

const policyDocs = {
  takeover: 'What a second publisher of the same name does: `replace` the first, or be `reject`ed with 409.',
  codecs: 'Video codecs by preference: a publisher gets the first one that it offers. `offer` stands for the order of its own offer.',
  grace: 'How long a stream and its viewers outlive their publisher.',
  instantJoin:
    'Show newcomers (by HLS too) the picture of now, not the next key frame: of publishers that ignore key-frame requests or send few (`auto`), of `always` all or `never` any. Costs 1–2 % of a core for each such stream.',
  silence: 'A connected publisher or viewer from which nothing at all arrives (media, feedback, STUN) for this long is ended.',
  hls: 'Package the stream as HLS when somebody asks (`on-demand`), `always` while it is live, or never (`off`).',
  transcode:
    'Encode video anew as H264: `never`; where HLS and RTMP cannot carry it as it is (`needed`); or as well, for HLS, in smaller pictures beside an original of one encoding (`ladder`), while it is packaged.',
  record: 'Record the stream `always` while it is live, on `request` of an operator, or `never`.',
};
const instantJoins = ['auto', 'always', 'never'] as const;
const takeovers = ['replace', 'reject'] as const;
const hlsPolicies = ['on-demand', 'always', 'off'] as const;
const recordPolicies = ['never', 'request', 'always'] as const;
const codecNames = ['offer', 'H264', 'VP8', 'VP9', 'AV1'] as const;

/** Schema of the whole configuration, as it is written in the file. */
export const settingsSchema = Type.Object(
  {
    http: httpSchema,
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
      spreadAbove: Type.Integer({
        description:
          'Share of its core, in percent, that a worker may use before more viewers of its streams go to another one; 0 spreads at once.',
        minimum: 0,
        maximum: 100,
        default: 70,
      }),
      tcp: flag('Offer TCP too, for networks that block UDP.', true),
      iceServers: Type.Array(iceServer, {
        description: 'STUN and TURN servers that clients are told of: a list of `{ urls, username, credential, secret, ttl }`.',
        fileOnly: true,
        secretMembers: ['credential', 'secret'],
        default: [],
      }),
    }),
    auth: authSchema,
    limits: limitsSchema,
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
        instantJoin: Type.Enum([...instantJoins], { description: policyDocs.instantJoin, default: 'auto' }),
        hls: Type.Enum([...hlsPolicies], { description: policyDocs.hls, default: 'on-demand' }),
        transcode: Type.Enum([...transcodePolicies], { description: policyDocs.transcode, default: 'never' }),
        record: Type.Enum([...recordPolicies], { description: policyDocs.record, default: 'request' }),
      }),
      patterns: Type.Array(
        Type.Object(
          {
            match: streamPattern('Stream names that this entry is for; `*` stands for any characters. The first match counts.'),
            takeover: Type.Optional(Type.Enum([...takeovers], { description: policyDocs.takeover })),
            codecs: Type.Optional(
              Type.Array(Type.Enum([...codecNames]), { description: policyDocs.codecs, minItems: 1, uniqueItems: true }),
            ),
            grace: Type.Optional(duration({ description: policyDocs.grace })),
            silence: Type.Optional(duration({ description: policyDocs.silence })),
            instantJoin: Type.Optional(Type.Enum([...instantJoins], { description: policyDocs.instantJoin })),
            hls: Type.Optional(Type.Enum([...hlsPolicies], { description: policyDocs.hls })),
            transcode: Type.Optional(Type.Enum([...transcodePolicies], { description: policyDocs.transcode })),
            record: Type.Optional(Type.Enum([...recordPolicies], { description: policyDocs.record })),
          },
          { additionalProperties: false },
        ),
        { description: 'Other policies by stream name: a list of `{ match, …overrides }`.', fileOnly: true, default: [] },
      ),
    }),
    egress: egressSchema,
    metrics: group('Prometheus.', {
      enabled: flag('Serve `/metrics`.', true),
      port: Type.Optional(
        Type.Integer({
          description:
            'Serve them on this port instead of the HTTP port, to whoever reaches it; 0 takes any free one. Default: the HTTP port.',
          minimum: 0,
          maximum: 65535,
        }),
      ),
      host: text({
        description: 'Address that `metrics.port` binds to.',
        pattern: '^[^\\s/]+$',
        expects: 'an address or a host name',
        default: '127.0.0.1',
      }),
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
