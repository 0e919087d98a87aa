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
    rtc: { port: 44400, listen: undefined, announcedAddress: undefined, workers: 2, tcp: true },
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
  });
  expect(policyFor(streams, 'my-studio-1')).toMatchObject({ codecs: ['offer'], graceMs: 10_000 });
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
