import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { LivedTime } from '../fixtures/lived-time.ts';
import { NativePlayer, NativePublisher } from '../fixtures/native-peer.ts';
import { readOffer } from './configured-gateway.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const freePorts = {
  SLUICE_CONFIG: '/dev/null',
  SLUICE_HTTP_PORT: '0',
  SLUICE_RTC_PORT: '0',
  SLUICE_RTC_WORKERS: '1',
  SLUICE_RTC_LISTEN: '127.0.0.1',
  SLUICE_EGRESS_STATE_DIRECTORY: 'none',
  SLUICE_LIMITS_EVENT_LOOP_DELAY: '0s', // a busy machine is no reason to refuse
  SLUICE_LIMITS_WORKER_CPU: '0',
};

/** Runs the program; `await using` makes sure that it is gone afterwards. */
function start({
  args = [],
  environment = {},
  detached = false,
}: { args?: string[]; environment?: Record<string, string>; detached?: boolean } = {}) {
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, ...freePorts, ...environment }, detached });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (output.stderr += String(chunk)));
  const exit = once(child, 'close').then(() => ({ code: child.exitCode, ...output }));
  return { child, exit, [Symbol.asyncDispose]: async () => void (child.exitCode ?? (child.kill('SIGKILL'), await exit)) };
}

interface Announcement {
  readonly http: { readonly port: number };
  readonly mediaPorts: readonly number[];
  readonly urls: Readonly<Record<string, string>>;
}

/** The line that says where the gateway listens. */
async function listening(child: ChildProcess): Promise<Announcement> {
  if (child.stdout === null) throw new TypeError('no stdout');
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('"msg":"gateway listening"')) return JSON.parse(line) as Announcement;
  }
  throw new Error('it never listened');
}

test('the log tells the real ports where port 0 was asked for', async () => {
  await using gateway = start();
  const { http, mediaPorts, urls } = await listening(gateway.child);
  expect(http.port).toBeGreaterThan(0);
  expect(mediaPorts).toEqual([expect.any(Number)]);
  expect(urls['whip']).toBe(`http://localhost:${http.port}/whip/show`);
  expect((await fetch(`http://127.0.0.1:${http.port}/readyz`)).status).toBe(200);
});

test.for(['SIGTERM', 'SIGINT'] as const)('after %s the publisher gets a DTLS alert and the process exits with 0', async (signal) => {
  await using gateway = start();
  const { http } = await listening(gateway.child);
  await using publisher = await NativePublisher.open(`http://127.0.0.1:${http.port}/whip/show`);
  await expect.poll(() => publisher.state).toBe('connected');
  using lived = new LivedTime();
  gateway.child.kill(signal);
  await expect.poll(() => publisher.state).toBe('closed');
  expect(lived.ms).toBeLessThan(1_000);
  expect((await gateway.exit).code).toBe(0);
  expect(lived.ms).toBeLessThan(10_000);
});

test('a gateway that ends while somebody publishes and watches counts what it sent', async () => {
  // A player on the publisher's own router, fed by the publisher itself.
  await using gateway = start({ environment: { SLUICE_STREAMS_DEFAULT_INSTANT_JOIN: 'never', SLUICE_LOG_LEVEL: 'debug' } });
  const url = `http://127.0.0.1:${(await listening(gateway.child)).http.port}`;
  await using _publisher = await NativePublisher.open(`${url}/whip/show`);
  await expect.poll(async (): Promise<unknown> => (await fetch(`${url}/api/v1/streams/show`)).json()).toMatchObject({ state: 'live' });
  await using player = await NativePlayer.open(`${url}/whep/show`, { codecs: ['VP8'] });
  await expect.poll(() => player.videoPackets).toBeGreaterThan(0);
  gateway.child.kill('SIGTERM');
  const { stdout } = await gateway.exit;
  const lines = stdout.split('\n');
  expect(lines.filter((line) => line.includes('"ending":"shutdown"'))).toHaveLength(2);
  expect(lines.filter((line) => line.includes('not found [method:consumer.getStats]'))).toEqual([]);
});

test('a gateway whose log nobody reads any more ends, also when it is told so twice at once', async () => {
  await using gateway = start();
  await listening(gateway.child);
  gateway.child.stdout.destroy();
  gateway.child.kill('SIGTERM');
  gateway.child.kill('SIGINT');
  expect(await gateway.exit).toMatchObject({ code: 1 });
});

test('after SIGTERM newcomers are told with 503 when to come back, while those who were there say goodbye', async () => {
  await using gateway = start();
  const { http } = await listening(gateway.child);
  const url = `http://127.0.0.1:${http.port}`;
  await using publisher = await NativePublisher.open(`${url}/whip/show`);
  await expect.poll(() => publisher.state).toBe('connected');
  const headers = { 'Content-Type': 'application/sdp' };
  const come = async (): Promise<Response> => fetch(`${url}/whep/nobody`, { method: 'POST', headers, body: readOffer('chromium-whep') });
  gateway.child.kill('SIGTERM');
  let response = await come();
  while (response.status === 409) response = await come(); // it has not heard of its end yet
  expect(response.status).toBe(503);
  expect(Number(response.headers.get('Retry-After'))).toBeGreaterThan(0);
  await expect.poll(() => publisher.state).toBe('closed');
  const { code, stdout } = await gateway.exit;
  expect(code).toBe(0);
  expect(stdout).toContain('"ending":"shutdown"');
});

test('Ctrl-C, which reaches the media workers too, is a normal end', async () => {
  await using gateway = start({ detached: true });
  const { http } = await listening(gateway.child);
  await using publisher = await NativePublisher.open(`http://127.0.0.1:${http.port}/whip/show`);
  await expect.poll(() => publisher.state).toBe('connected');
  process.kill(-(gateway.child.pid ?? 0), 'SIGINT');
  const { code, stdout } = await gateway.exit;
  expect(code).toBe(0);
  expect(stdout).not.toContain('"level":50');
});

test('a wrong configuration is refused with every problem and exit code 78, before any port is open', async () => {
  await using gateway = start({ environment: { SLUICE_HTTP_PORT: 'x', SLUICE_RTC_TCP: 'y', SLUICE_HTTP_HOST: '0.0.0.0' } });
  const { code, stdout, stderr } = await gateway.exit;
  expect(code).toBe(78);
  expect(stdout).toBe('');
  for (const key of ['http.port', 'rtc.tcp', 'auth.mode']) expect(stderr).toContain(key);
  expect(stderr).not.toContain('    at ');
});

test('a taken HTTP port is said plainly, with exit code 1', async () => {
  const squatter = createServer().listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  const address = squatter.address();
  const port = typeof address === 'object' ? String(address?.port) : '';
  await using gateway = start({ environment: { SLUICE_HTTP_PORT: port } });
  const { code, stderr } = await gateway.exit;
  squatter.close();
  expect(code).toBe(1);
  expect(stderr).toContain('SLUICE_HTTP_PORT');
  expect(stderr).not.toContain('    at ');
});

test('a taken media port is said plainly, with exit code 1', async () => {
  await using first = start();
  const { mediaPorts } = await listening(first.child);
  await using second = start({ environment: { SLUICE_RTC_PORT: String(mediaPorts[0]) } });
  const { code, stderr } = await second.exit;
  expect(code).toBe(1);
  expect(stderr).toContain('rtc.port');
  expect(stderr).not.toContain('    at ');
});

test.for([
  ['--version', /^\d+\.\d+\.\d+\n$/],
  ['--help', /--print-config/],
  ['--print-config', /^http:\n {2}host: 127\.0\.0\.1\n/],
] as const)('%s prints and exits with 0', async ([option, pattern]) => {
  await using program = start({ args: [option] });
  const { code, stdout } = await program.exit;
  expect(code).toBe(0);
  expect(stdout).toMatch(pattern);
});
