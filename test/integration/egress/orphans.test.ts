import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { readHost } from '../../../src/config/host.ts';
import { readEntries } from '../../../src/egress/child-ledger.ts';
import { isRunning } from '../../../src/egress/process-identity.ts';
import { EncodedPublisher } from '../../fixtures/encoded-publisher.ts';
import { fakeFfmpeg } from '../../fixtures/fake-ffmpeg.ts';

const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
const patience = { interval: 50 };
const { findProgram } = readHost(process.env);

async function temporaryFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-orphans-'));
  onTestFinished(async () => rm(path, { recursive: true, force: true }));
  return path;
}

/** A gateway as `npm start` runs it, whose temporary files are in `folder`; `environment` may change any of its own. */
async function startGateway(folder: string, environment: Record<string, string>) {
  const settings = { SLUICE_HTTP_PORT: '0', SLUICE_RTC_PORT: '0', SLUICE_RTC_LISTEN: '127.0.0.1', SLUICE_RTC_WORKERS: '1' };
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, ...settings, TMPDIR: folder, SLUICE_EGRESS_STATE_DIRECTORY: 'none', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  for await (const line of createInterface(child.stdout)) {
    const entry = JSON.parse(line) as { readonly msg: string; readonly http?: { readonly port: number } };
    if (entry.msg === 'gateway listening') return { child, url: `http://127.0.0.1:${entry.http?.port}` };
  }
  throw new Error('the gateway has ended');
}

/** The children that gateways in `folder` have written down. */
async function writtenDown(folder: string) {
  const runFolder = join(folder, `sluice-${process.getuid?.()}`);
  const names = await readdir(runFolder).catch(() => []);
  const texts = await Promise.all(names.map(async (name) => readFile(join(runFolder, name), 'utf8')));
  return texts.flatMap((text) => [...readEntries(text)]);
}

/** Makes a gateway start a tap: it has none before somebody asks. */
function askForPicture(url: string): void {
  void fetch(`${url}/hls/show/thumbnail.jpg`).catch(() => undefined); // the gateway is killed meanwhile
}

async function crash({ child }: Awaited<ReturnType<typeof startGateway>>): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test.runIf(process.platform === 'linux')('when a gateway is killed, its FFmpeg dies with it', async () => {
  expect(findProgram('setpriv')).toBeDefined();
  const folder = await temporaryFolder();
  const gateway = await startGateway(folder, {});
  await using _publisher = await EncodedPublisher.open(`${gateway.url}/whip/show`);
  await expect.poll(async () => (await fetch(`${gateway.url}/hls/show/thumbnail.jpg`)).status, patience).toBe(200);
  const [entry] = await writtenDown(folder);
  if (entry === undefined) throw new TypeError('nothing was written down');
  expect(isRunning(entry)).toBe(true);
  await crash(gateway);
  await expect.poll(() => isRunning(entry), patience).toBe(false);
});

test.runIf(process.platform === 'linux')('one that outlives its gateway all the same is ended by the next', async () => {
  const folder = await temporaryFolder();
  const programs = await temporaryFolder();
  await symlink(process.execPath, join(programs, 'node')); // a PATH without setpriv
  const environment = { SLUICE_EGRESS_FFMPEG: await fakeFfmpeg('ignores-signals'), PATH: programs };
  const gateway = await startGateway(folder, environment);
  await using _publisher = await EncodedPublisher.open(`${gateway.url}/whip/show`);
  await expect
    .poll(async () => {
      askForPicture(gateway.url);
      return (await writtenDown(folder)).some(isRunning);
    }, patience)
    .toBe(true);
  const orphan = (await writtenDown(folder)).find(isRunning);
  if (orphan === undefined) throw new TypeError('it does not run');
  await crash(gateway);
  expect(isRunning(orphan)).toBe(true);
  const next = await startGateway(folder, environment);
  await expect.poll(() => isRunning(orphan), patience).toBe(false);
  next.child.kill('SIGTERM');
  await once(next.child, 'exit');
  expect(await writtenDown(folder)).toEqual([]);
});
