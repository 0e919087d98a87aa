import Type from 'typebox';
import { duration, file, flag, group, streamPattern, text } from './schema-kinds.ts';

const modes = ['none', 'keys', 'jwt', 'http'] as const;

const patterns = (description: string) =>
  Type.Optional(Type.Array(streamPattern('A stream name; `*` stands for any characters.'), { description, uniqueItems: true }));

const globalKey = (action: string) =>
  Type.Optional(
    text({
      description: `A key that allows to ${action}: plain, or as \`sha256:…\` or \`scrypt:…\`.`,
      pattern: '^[\\x21-\\x7e]{8,}$',
      expects: 'at least 8 characters without spaces',
      secret: true,
    }),
  );

const url = (description: string) =>
  text({ description, pattern: '^https?://[^\\s@]+$', expects: 'an http(s) URL without user and password' });

const words = (description: string) => Type.Optional(Type.Array(Type.String(), { description, minItems: 1, uniqueItems: true }));

/** True, or a list of streams. */
const scope = (description: string) =>
  Type.Optional(Type.Union([Type.Boolean(), Type.Array(streamPattern('A stream name.'))], { description }));

/** Keys of `auth`. */
export const authSchema = group('Who may publish and watch.', {
  mode: Type.Optional(
    Type.Array(Type.Enum([...modes]), {
      description:
        'How tokens are judged, one or several of `none` (nobody needs one), `keys`, `jwt` and `http`; the first that grants wins. ' +
        'Required, in writing, when `http.host` is not loopback.',
      minItems: 1,
      uniqueItems: true,
    }),
  ),
  sessionUrlIsCapability: flag(
    'Who knows the URL of a session may PATCH and DELETE it without a token, for clients that send none there.',
    false,
  ),
  allowRawToken: flag('Take an Authorization header of one word for the token itself, as some players send it.', false),
  none: group('What anyone may do without a token, in mode `none`.', {
    publish: patterns('Streams that anyone may publish. Default: all if `none` is the only mode, else none.'),
    play: patterns('Streams that anyone may watch. Default: all if `none` is the only mode, else none.'),
    operate: patterns('Streams that anyone may operate, `*` for the gateway as well. Default: all if `none` is the only mode, else none.'),
  }),
  keys: group('Keys that were handed out, in mode `keys`.', {
    publish: globalKey('publish every stream'),
    play: globalKey('watch every stream'),
    operate: globalKey('operate the gateway: metrics, health, API'),
    file: Type.Optional(file('YAML or JSON file with more keys, as in `auth.keys.list`. Read again when it changes.')),
    list: Type.Array(
      Type.Object(
        {
          name: text({ description: 'Who has the key, for logs.', pattern: '^[\\w .:@/-]{1,64}$', expects: 'a short name' }),
          key: text({
            description: 'The key: plain, or as `sha256:…` or `scrypt:…`.',
            pattern: '^[\\x21-\\x7e]{8,}$',
            expects: 'at least 8 characters without spaces',
            secret: true,
          }),
          publish: scope('Streams to publish: true or a list.'),
          play: scope('Streams to watch: true or a list.'),
          operate: scope('Streams to operate: true, for the gateway as well, or a list.'),
        },
        { additionalProperties: false },
      ),
      {
        description: 'Keys for some streams: a list of `{ name, key, publish, play, operate }`.',
        fileOnly: true,
        secretMembers: ['key'],
        default: [],
      },
    ),
  }),
  jwt: group('Signed JWTs, in mode `jwt`.', {
    jwksUrl: Type.Optional(url('URL of the JSON Web Key Set that tokens are verified with.')),
    jwksFile: Type.Optional(file('File with the JSON Web Key Set. Read again when it changes.')),
    secret: Type.Optional(
      text({
        description: 'Secret of HS256 tokens, at least 32 bytes.',
        pattern: '^[^\\0]{32,}$',
        expects: 'at least 32 characters',
        secret: true,
      }),
    ),
    algorithms: words('Algorithms to accept. Default: all that go with the keys, never `none`.'),
    issuer: words('`iss` must be one of these. Default: not looked at.'),
    audience: words('`aud` must hold one of these. Default: not looked at.'),
    claim: text({
      description: 'The claim with the permissions, such as `{ "publish": ["show"], "play": true }`.',
      pattern: '^\\S+$',
      expects: 'the name of a claim',
      default: 'sluice',
    }),
    clockTolerance: duration({ description: 'How far clocks may differ.', default: '5s' }),
    requireExpiry: flag('Refuse tokens without `exp`.', true),
    maxAge: Type.Optional(duration({ description: 'Refuse tokens whose `iat` is longer ago, or absent. Default: not looked at.' })),
    endsSession: flag('End sessions at `exp`; otherwise it counts for new requests only.', false),
    timeout: duration({ description: 'How long `auth.jwt.jwksUrl` may take.', default: '5s' }),
  }),
  http: group('Your own service decides, in mode `http`.', {
    url: Type.Optional(url('Gets a POST with JSON (`action`, `stream`, `token`, `address`, `userAgent`); 2xx grants.')),
    timeout: duration({ description: 'How long it may take; then nobody gets in.', default: '2s' }),
    cache: duration({ description: 'How long its answer counts for the same question.', default: '0s' }),
  }),
});
