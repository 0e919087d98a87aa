import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { probeCandidates } from '../../src/doctor/reach.ts';
import { openEngine } from '../../src/media/mediasoup-engine.ts';
import { openConfigured } from './configured-gateway.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** The program and FFmpeg start from cold disks on busy machines. */
const patienceMs = 45_000;

const logger = pino({ level: 'silent' });

interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
}

async function runDoctor(environment: Record<string, string>): Promise<Outcome> {
  const env = { ...process.env, SLUICE_CONFIG: '/dev/null', SLUICE_RTC_LISTEN: '127.0.0.1', SLUICE_RTC_WORKERS: '1', ...environment };
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, '--doctor'], { env, timeout: patienceMs }, (_error, stdout) => {
      resolve({ code: child.exitCode, stdout });
    });
  });
}

const onFreePorts = { SLUICE_HTTP_PORT: '0', SLUICE_RTC_PORT: '0' };

async function openProbed(announcedAddress?: string) {
  return openEngine({ workerBin: undefined, workers: 1, port: 0, tcp: true, listen: [{ ip: '127.0.0.1', announcedAddress }], logger });
}

test('our own candidates answer a connectivity check over UDP and TCP, and nothing is left behind', async () => {
  await using engine = await openProbed();
  expect(await probeCandidates(engine)).toMatchObject([
    { protocol: 'udp', address: '127.0.0.1', answered: true },
    { protocol: 'tcp', address: '127.0.0.1', answered: true },
  ]);
  await expect.poll(async () => (await engine.workers())[0]).toMatchObject({ transports: 0, routers: 0 });
});

test('an answer that comes while the machine stands still is one', async () => {
  await using engine = await openProbed();
  const openStream = engine.openStream.bind(engine);
  engine.openStream = () => {
    const stream = openStream();
    const openPublisher = stream.openPublisher.bind(stream);
    stream.openPublisher = async () => {
      const transport = await openPublisher();
      setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000)); // the questions are under way by then
      return transport;
    };
    return stream;
  };
  expect((await probeCandidates(engine)).map(({ answered }) => answered)).toEqual([true, true]);
});

test('an announced address that leads elsewhere does not answer', async () => {
  await using engine = await openProbed('127.0.0.9');
  expect((await probeCandidates(engine)).map(({ answered }) => answered)).toEqual([false, false]);
});

test('with an announced address the log tells at the start whether it leads back here', async () => {
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  await using _gateway = await openConfigured({ SLUICE_RTC_ANNOUNCED_ADDRESS: '127.0.0.9' }, { logger: pino({ level: 'info' }, sink) });
  await expect.poll(() => lines.join('')).toContain('UDP 127.0.0.9');
});

test('the doctor prints a table and exits with 0 where nothing is broken', { timeout: patienceMs }, async () => {
  const { code, stdout } = await runDoctor(onFreePorts);
  expect(stdout).toMatch(/^ok {4}worker/m);
  expect(stdout).toMatch(/^ok {4}reach .*UDP 127\.0\.0\.1:\d+, TCP 127\.0\.0\.1:\d+: answer/m);
  expect(stdout).toMatch(/^\w+ +clock/m);
  expect(code).toBe(0);
});

test('the doctor exits with 1 when a port is taken', { timeout: patienceMs }, async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const { code, stdout } = await runDoctor({ ...onFreePorts, SLUICE_HTTP_PORT: String(typeof address === 'object' ? address?.port : 0) });
  taken.closeAllConnections();
  taken.close();
  expect(stdout).toMatch(/^fail {2}ports +HTTP 127\.0\.0\.1:\d+ is taken/m);
  expect(code).toBe(1);
});

test('the doctor knows a running gateway by its answer', { timeout: patienceMs }, async () => {
  await using gateway = await openConfigured();
  const { code, stdout } = await runDoctor({ ...onFreePorts, SLUICE_HTTP_PORT: String(gateway.http.port) });
  expect(stdout).toMatch(/^warn {2}ports +A Sluice gateway runs here already/m);
  expect(code).toBe(0);
});
