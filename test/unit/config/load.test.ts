import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, expect } from 'vitest';
import { parseConfig, policyFor } from '../../../src/config/config.ts';
import { loadSettings } from '../../../src/config/load.ts';
import { printSettings } from '../../../src/config/print.ts';
import { GatewayError } from '../../../src/errors.ts';

const test = base.extend<{ write: (yaml: string) => string }>({
  write: async ({}, use) => {
    const folder = mkdtempSync(join(tmpdir(), 'sluice-config-'));
    await use((yaml) => {
      const file = join(folder, 'sluice.yaml');
      writeFileSync(file, yaml);
      return file;
    });
    rmSync(folder, { recursive: true });
  },
});

function load(file: string, environment: NodeJS.ProcessEnv = {}) {
  return parseConfig(loadSettings({ file, environment, cores: 2 }));
}

/** Every problem as "path message". */
function problemsOf(file: string, environment: NodeJS.ProcessEnv = {}): string[] {
  try {
    loadSettings({ file, environment, cores: 2 });
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    expect(error.code).toBe('ERR_CONFIG_INVALID');
    return error.message
      .split('\n')
      .slice(1)
      .map((line) => line.trim());
  }
  return [];
}

test('an empty file gives the defaults, and a worker per core', ({ write }) => {
  expect(load(write(''))).toMatchObject({
    http: { host: '127.0.0.1', port: 8080, publicUrl: undefined, trustProxy: false },
    rtc: { port: 44400, listen: undefined, announcedAddress: undefined, workers: 2, spreadAbove: 0.7, tcp: true },
    auth: { methods: [{ method: 'none' }], isOpen: true, sessionUrlIsCapability: false },
    streams: { default: { takeover: 'replace', codecs: ['H264', 'VP8', 'VP9', 'AV1'], graceMs: 60_000, silenceMs: 30_000 }, patterns: [] },
    metrics: { enabled: true },
    log: { level: 'info', pretty: undefined },
  });
});

test('the environment wins over the file, and lists are comma-separated there', ({ write }) => {
  const file = write('rtc:\n  port: 5000\n  announcedAddress: 203.0.113.1\nstreams:\n  default:\n    grace: 5s\n');
  const config = load(file, {
    SLUICE_RTC_ANNOUNCED_ADDRESS: '203.0.113.2',
    SLUICE_RTC_TCP: 'false',
    SLUICE_STREAMS_DEFAULT_CODECS: 'VP8, offer',
    SLUICE_LOG_LEVEL: '',
  });
  expect(config.rtc).toMatchObject({ port: 5000, announcedAddress: '203.0.113.2', tcp: false });
  expect(config.streams.default).toMatchObject({ codecs: ['VP8', 'offer'], graceMs: 5_000 });
  expect(config.log.level).toBe('info');
});

test('SLUICE_CONFIG names the file when the command line does not', ({ write }) => {
  const file = write('http:\n  port: 5001\n');
  expect(loadSettings({ environment: { SLUICE_CONFIG: file }, cores: 1 }).http.port).toBe(5001);
});

test('the result is frozen to its leaves', ({ write }) => {
  const config = load(write('streams:\n  patterns:\n    - match: a*\n'));
  expect(Object.isFrozen(config.streams.patterns[0]?.policy.codecs)).toBe(true);
  expect(Object.isFrozen(config.http)).toBe(true);
});

test('every problem is reported in one go, with its path and, for the environment, its variable', ({ write }) => {
  const file = write(`
http:
  prot: 8080
  port: eighty
  host: 0.0.0.0
rtc:
  listen: [nonsense]
  workers: 0
streams:
  default:
    grace: 60
    codecs: [H265]
    silence: 48h
  patterns:
    - takeover: maybe
logs: {}
`);
  const problems = problemsOf(file, { SLUICE_RTC_TCP: 'perhaps', SLUICE_METRICS_ENABLE: 'true' });
  expect(new Set(problems.map((line) => line.split(' ', 1)[0]))).toEqual(
    new Set([
      'SLUICE_METRICS_ENABLE',
      'auth.mode',
      'http.port',
      'http.prot',
      'logs',
      'rtc.listen[0]',
      'rtc.tcp',
      'rtc.workers',
      'streams.default.codecs[0]',
      'streams.default.grace',
      'streams.default.silence',
      'streams.patterns[0].match',
      'streams.patterns[0].takeover',
    ]),
  );
  expect(problems).toContain('rtc.tcp (SLUICE_RTC_TCP) must be true or false');
});

test.for([
  ['a public host without auth.mode', 'http: { host: 0.0.0.0 }', 'auth.mode'],
  ['an IPv6 wildcard without auth.mode', 'http: { host: "::" }', 'auth.mode'],
  ['media ports beyond 65535', 'rtc: { port: 65535, workers: 2 }', 'rtc.port'],
  ['the HTTP port among the media ports', 'http: { port: 44401 }', 'http.port'],
  ['a wildcard that nothing announces', 'rtc: { listen: [0.0.0.0] }', 'rtc.listen[0]'],
  ['two addresses behind one announced', 'rtc: { listen: [192.0.2.1, 192.0.2.2], announcedAddress: 203.0.113.1 }', 'rtc.listen'],
  ['an instant silence', 'streams: { default: { silence: 999ms } }', 'streams.default.silence'],
  ['an instant silence of a pattern', 'streams: { patterns: [{ match: a, silence: 0s }] }', 'streams.patterns[0].silence'],
  ['a public URL with a query', 'http: { publicUrl: "https://a.example/?x=1" }', 'http.publicUrl'],
  ['a mode that is none', 'auth: { mode: magic }', 'auth.mode[0]'],
  ['mode keys without keys', 'auth: { mode: keys }', 'auth.keys'],
  ['mode jwt without a key', 'auth: { mode: jwt }', 'auth.jwt'],
  ['mode jwt with two sources', 'auth: { mode: jwt, jwt: { jwksUrl: "https://a.example/", jwksFile: a } }', 'auth.jwt'],
  ['mode http without a URL', 'auth: { mode: [none, http], none: { play: [a] } }', 'auth.http.url'],
  ['mode none beside others that allows nothing', 'auth: { mode: [none, keys], keys: { publish: abcdefgh } }', 'auth.none'],
  ['a short key', 'auth: { keys: { publish: abc } }', 'auth.keys.publish'],
  ['a certificate without a key', 'http: { tls: { certFile: a } }', 'http.tls.keyFile'],
  ['a key without a certificate', 'http: { tls: { keyFile: a } }', 'http.tls.certFile'],
  ['TLS that nobody ends', 'http: { requireTls: true }', 'http.requireTls'],
  ['an origin with a path', 'http: { allowedOrigins: ["https://a.example/"] }', 'http.allowedOrigins[0]'],
  ['metrics on the HTTP port', 'metrics: { port: 8080 }', 'metrics.port'],
  ['a redirection to nowhere', 'http: { redirect: [{ match: a, to: east }] }', 'http.redirect[0].to'],
  ['TURN without credentials', 'rtc: { iceServers: [{ urls: ["turn:a.example"] }] }', 'rtc.iceServers[0]'],
  [
    'TURN with a secret and a password',
    'rtc: { iceServers: [{ urls: ["turn:a.example"], credential: a, secret: b }] }',
    'rtc.iceServers[0]',
  ],
  ['a credential that no Link can carry', 'rtc: { iceServers: [{ urls: ["stun:a"], credential: "a;b" }] }', 'rtc.iceServers[0].credential'],
  ['a rung without a unit', 'egress: { transcode: { ladder: ["480"] } }', 'egress.transcode.ladder[0]'],
  ['two rungs of one height', 'egress: { transcode: { ladder: [480p, "480p:900k"] } }', 'egress.transcode.ladder[1]'],
  ['a file that is a list', '- http', ''],
  ['a file that is not YAML', 'http: {', ''],
] as const)('%s is refused', ([, yaml, path], { write }) => {
  const file = write(yaml);
  expect(problemsOf(file).map((line) => line.split(' ', 1)[0])).toEqual([path === '' ? file : path]);
});

test('a file that is not there is a problem of its own', () => {
  expect(problemsOf('/nonexistent/sluice.yaml')).toEqual([expect.stringContaining('/nonexistent/sluice.yaml cannot be read')]);
});

test.for(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('%s needs no auth.mode', (host, { write }) => {
  expect(problemsOf(write(`http: { host: "${host}" }`))).toEqual([]);
});

test('a public host starts once auth.mode is written down', ({ write }) => {
  expect(load(write('http: { host: 0.0.0.0 }'), { SLUICE_AUTH_MODE: 'none' }).auth.isOpen).toBe(true);
});

test('the first pattern that matches decides, over the default policy', ({ write }) => {
  const { streams } = load(
    write(`
streams:
  default: { grace: 10s, takeover: reject }
  patterns:
    - { match: studio-*, grace: 1s }
    - { match: "*", codecs: [offer] }
`),
  );
  expect(policyFor(streams, 'studio-1')).toEqual({
    takeover: 'reject',
    codecs: ['H264', 'VP8', 'VP9', 'AV1'],
    graceMs: 1_000,
    silenceMs: 30_000,
    instantJoin: 'auto',
    hls: 'on-demand',
    transcode: 'never',
    record: 'request',
  });
  expect(policyFor(streams, 'my-studio-1')).toMatchObject({ codecs: ['offer'], graceMs: 10_000 });
});

test('the ladder comes from the environment too, from the smallest rung up', ({ write }) => {
  const environment = { SLUICE_STREAMS_DEFAULT_TRANSCODE: 'ladder', SLUICE_EGRESS_TRANSCODE_LADDER: '540p:1500k, 360p' };
  const { streams, egress } = load(write(''), environment);
  expect(streams.default.transcode).toBe('ladder');
  expect(egress.transcode.ladder).toEqual([
    { lines: 360, bitrate: 700_000 },
    { lines: 540, bitrate: 1_500_000 },
  ]);
});

test('a list of one needs no brackets, and none of them hides what is not text', ({ write }) => {
  expect(load(write('http: { allowedOrigins: "https://a.example" }')).http.allowedOrigins).toEqual(['https://a.example']);
  expect(problemsOf(write('auth: { mode: 7 }'))).toEqual(['auth.mode must be a list']);
});

test('nobody but those with a token may do what mode none does not name, once there are other modes', ({ write }) => {
  const auth = (yaml: string) => load(write(yaml)).auth;
  expect(auth('')).toMatchObject({ isOpen: true, methods: [{ permissions: { publish: true, play: true, operate: true } }] });
  expect(auth('auth: { mode: none, none: { publish: [a] } }')).toMatchObject({
    isOpen: false,
    methods: [{ permissions: { publish: ['a'], play: true } }],
  });
  expect(auth('auth: { mode: [keys, none], none: { play: ["*"] }, keys: { publish: abcdefgh } }')).toMatchObject({
    isOpen: false,
    methods: [
      { method: 'keys', keys: [{ name: 'auth.keys.publish', key: 'abcdefgh', publish: true }] },
      { method: 'none', permissions: { publish: false, play: ['*'], operate: false } },
    ],
  });
});

test('a limit of 0 is none', ({ write }) => {
  const { sessions, rates, overload } = load(
    write('limits: { publishers: 0, postsPerMinute: 0, eventLoopDelay: 0s, memory: 512, workerCpu: 80, sessionAge: 1h }'),
  ).limits;
  expect(sessions).toMatchObject({ publishers: undefined, viewers: 10_000, sessionAgeMs: 3_600_000 });
  expect(rates).toMatchObject({ POST: undefined, PATCH: 1_500 });
  expect(overload).toEqual({ eventLoopDelayMs: undefined, memoryBytes: 512 * 2 ** 20, workerCpu: 0.8 });
});

test('a variable with _FILE at its end names the file with a secret', ({ write }) => {
  const file = write('a key that is long enough for HS256\n');
  const environment = { SLUICE_AUTH_MODE: 'jwt', SLUICE_AUTH_JWT_SECRET_FILE: file };
  expect(load('/dev/null', environment).auth.methods).toMatchObject([{ keys: { secret: 'a key that is long enough for HS256' } }]);
  expect(problemsOf('/dev/null', { SLUICE_AUTH_JWT_SECRET_FILE: '/nonexistent' })).toEqual([
    'SLUICE_AUTH_JWT_SECRET_FILE names a file that cannot be read: /nonexistent',
  ]);
  expect(problemsOf('/dev/null', { SLUICE_HTTP_HOST_FILE: file })).toEqual(['SLUICE_HTTP_HOST_FILE is not a known variable']);
});

test('no secret is printed, be it a key of its own or a member of a list', ({ write }) => {
  const yaml = `
auth:
  mode: [keys, jwt]
  keys: { publish: the-first-secret, list: [{ name: a, key: the-second-secret, play: true }] }
  jwt: { secret: the-third-secret-of-thirty-two-bytes }
rtc:
  iceServers: [{ urls: ["turn:a.example"], username: user, credential: the-fourth-secret }, { urls: ["turn:b"], secret: the-fifth-secret }]
`;
  const printed = printSettings(loadSettings({ file: write(yaml), environment: {}, cores: 1 }));
  expect(printed).not.toMatch(/the-\w+-secret/);
  for (const shown of ['name: a', 'username: user', 'turn:a.example', 'publish: "***"', 'credential: "***"'])
    expect(printed).toContain(shown);
});

test('the public URL loses its last slash', ({ write }) => {
  expect(load(write('http: { publicUrl: "https://live.example.com/" }')).http.publicUrl).toBe('https://live.example.com');
});

test('printed settings can be read back, and secrets are masked', ({ write }) => {
  const settings = loadSettings({ file: write('rtc: { port: 5000 }'), environment: {}, cores: 3 });
  expect(loadSettings({ file: write(printSettings(settings)), environment: {}, cores: 1 })).toEqual(settings);
  const secret = { path: 'rtc.port', variable: undefined, kind: 'number', description: '', default: 0, secret: true } as const;
  expect(printSettings(settings, [secret])).toBe('rtc:\n  port: "***"\n');
});
