import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Recording } from '../../../src/egress/record/recording.ts';
import { parseSideCar } from '../../../src/egress/record/side-car.ts';
import { EncodedPublisher } from '../../fixtures/encoded-publisher.ts';
import { FaultyProxy } from '../../fixtures/faulty-proxy.ts';
import { decodeErrors, probe } from '../../fixtures/probe.ts';
import { show, temporaryFolder } from '../../fixtures/recording-desk.ts';
import { bucket, credentials, hasS3Server, S3Server } from '../../fixtures/s3-server.ts';
import { openStudio, reach, recordingsOf, type Studio } from '../../fixtures/studio.ts';

const patience = { timeout: 40_000, interval: 50 };

/** Several processes start one after the other. */
const slowly = { timeout: 150_000 };

async function expectGood({ desk }: Studio, recording: Recording): Promise<void> {
  const file = desk.recordings.catalogue.fileOf(recording);
  const probed = await probe(file);
  expect(Math.abs(probed.durationSeconds - recording.durationMs / 1000)).toBeLessThan(0.3);
  expect(await decodeErrors(file)).toBe('');
}

test('a publisher that comes back is recorded as another part of the same recording', async () => {
  await using studio = await openStudio({ policyOf: () => 'always' });
  const { bench } = studio;
  {
    await using publisher = await EncodedPublisher.open(bench.gateway.whip('show'));
    await reach(studio, 1, 2_000);
    await publisher.delete();
    await expect.poll(() => recordingsOf(studio)[0]?.state, patience).toBe('complete');
  }
  expect(studio.desk.outputs.list()[0]?.report().state.name).toBe('waiting');
  await using _publisher = await EncodedPublisher.open(bench.gateway.whip('show'), { height: 270 });
  await reach(studio, 2, 2_000);
  await studio.desk.outputs.list()[0]?.stop();
  const [first, second] = recordingsOf(studio);
  expect([first?.session, first?.part, second?.part]).toEqual([second?.session, 1, 2]);
  expect([first?.video?.height, second?.video?.height]).toEqual([180, 270]);
  for (const recording of recordingsOf(studio)) await expectGood(studio, recording);
});

test('another size of the picture begins another part, without a hole', async () => {
  await using studio = await openStudio();
  await using publisher = await EncodedPublisher.open(studio.bench.gateway.whip('show'));
  await expect.poll(() => studio.bench.gateway.stream('show')?.state, patience).toBe('live');
  const output = studio.desk.recordings.start(show);
  await reach(studio, 1, 2_000);
  publisher.encode({ height: 270 });
  await reach(studio, 2, 2_000);
  await output.stop();
  const [first, second] = recordingsOf(studio);
  expect([first?.video?.height, second?.video?.height]).toEqual([180, 270]);
  expect(first?.ending?.cause).toBe('media-changed');
  const endOfFirst = (first?.startedAt.getTime() ?? 0) + (first?.durationMs ?? 0);
  expect(Math.abs((second?.startedAt.getTime() ?? 0) - endOfFirst)).toBeLessThan(1_500);
  for (const recording of recordingsOf(studio)) await expectGood(studio, recording);
});

test('a publisher that mutes its sound is recorded on', async () => {
  await using studio = await openStudio();
  await using publisher = await EncodedPublisher.open(studio.bench.gateway.whip('show'));
  await expect.poll(() => studio.bench.gateway.stream('show')?.state, patience).toBe('live');
  const output = studio.desk.recordings.start(show);
  await reach(studio, 1, 2_000);
  if (publisher.audio !== undefined) publisher.audio.muted = true;
  const isMutedAt = recordingsOf(studio)[0]?.durationMs ?? 0;
  await reach(studio, 1, isMutedAt + 4_000);
  if (publisher.audio !== undefined) publisher.audio.muted = false;
  await reach(studio, 1, isMutedAt + 6_000);
  await output.stop();
  for (const recording of recordingsOf(studio)) await expectGood(studio, recording);
});

test('a recording of VP8 that a killed gateway left is completed at the next start', slowly, async () => {
  using folder = temporaryFolder();
  await using gateway = await GatewayProgram.start({ ...recordAlways, SLUICE_EGRESS_RECORD_DIRECTORY: folder.path });
  await using _publisher = await EncodedPublisher.open(gateway.whip, { codec: 'VP8' });
  await expect.poll(() => bytesIn(folder.path, '.part'), patience).toBeGreaterThan(100_000);
  await gateway.kill();
  await using _again = await GatewayProgram.start({ SLUICE_EGRESS_RECORD_DIRECTORY: folder.path });
  await expect
    .poll(() => sideCarsIn(folder.path).map(({ state, ending }) => [state, ending?.cause]), patience)
    .toEqual([['complete', 'crashed']]);
  const [recording] = sideCarsIn(folder.path);
  expect(recording).toMatchObject({ container: 'webm' });
  expect((await probe(`${folder.path}/${recording?.path}`)).durationSeconds).toBeCloseTo((recording?.durationMs ?? 0) / 1000, 0);
  expect(await decodeErrors(`${folder.path}/${recording?.path}`)).toBe('');
});

test('kill -9 of the gateway leaves a file that plays up to the last second, and the next start completes it', slowly, async () => {
  using folder = temporaryFolder();
  await using gateway = await GatewayProgram.start({ ...recordAlways, SLUICE_EGRESS_RECORD_DIRECTORY: folder.path });
  await using _publisher = await EncodedPublisher.open(gateway.whip);
  await expect.poll(() => bytesIn(folder.path, '.part'), patience).toBeGreaterThan(0);
  const begunAt = Date.now();
  await expect.poll(() => Date.now() - begunAt, patience).toBeGreaterThan(4_000);
  const killedAt = Date.now();
  await gateway.kill();

  const [growing] = sideCarsIn(folder.path);
  const part = `${folder.path}/${growing?.path}.part`;
  const playedUntil = (growing?.startedAt.getTime() ?? 0) + (await probe(part)).durationSeconds * 1000;
  expect(killedAt - playedUntil).toBeLessThan(1_500);
  expect(await decodeErrors(part)).toBe('');

  await using _again = await GatewayProgram.start({ SLUICE_EGRESS_RECORD_DIRECTORY: folder.path });
  await expect
    .poll(() => sideCarsIn(folder.path).map(({ state, ending }) => [state, ending?.cause]), patience)
    .toEqual([['complete', 'crashed']]);
  expect(readdirSync(`${folder.path}/show`)).toHaveLength(2);
  const [recording] = sideCarsIn(folder.path);
  expect((recording?.startedAt.getTime() ?? 0) + (recording?.durationMs ?? 0)).toBeGreaterThan(killedAt - 1_500);
  expect(await decodeErrors(`${folder.path}/${recording?.path}`)).toBe('');
});

const withBucket = hasS3Server ? test : test.skip;

withBucket('an upload that ended with a killed gateway is taken up at its next start, and the file goes only then', slowly, async () => {
  using folder = temporaryFolder();
  await using server = await S3Server.open();
  let isDown = true;
  await using proxy = await FaultyProxy.open(server.endpoint, ({ url }) => (isDown && url.includes('.mp4') ? { status: 503 } : undefined));
  const environment = {
    SLUICE_EGRESS_RECORD_DIRECTORY: folder.path,
    SLUICE_EGRESS_STORAGE_S3_BUCKET: bucket,
    SLUICE_EGRESS_STORAGE_S3_PREFIX: 'archive',
    SLUICE_EGRESS_STORAGE_S3_ENDPOINT: proxy.url,
    SLUICE_EGRESS_STORAGE_S3_PATH_STYLE: 'true',
    SLUICE_EGRESS_STORAGE_S3_ACCESS_KEY_ID: credentials.accessKeyId,
    SLUICE_EGRESS_STORAGE_S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    SLUICE_EGRESS_STORAGE_S3_KEEP_LOCAL: 'false',
  };
  await using gateway = await GatewayProgram.start({ ...environment, ...recordAlways });
  {
    await using publisher = await EncodedPublisher.open(gateway.whip);
    await expect.poll(() => bytesIn(folder.path, '.part'), patience).toBeGreaterThan(50_000);
    await publisher.delete();
  }
  await expect
    .poll(() => proxy.seen.filter(({ method, url }) => method === 'PUT' && url.includes('.mp4')).length, patience)
    .toBeGreaterThan(0);
  await gateway.kill();
  const [kept] = sideCarsIn(folder.path);
  const content = readFileSync(`${folder.path}/${kept?.path}`);

  isDown = false;
  await using _again = await GatewayProgram.start(environment);
  await expect.poll(() => sideCarsIn(folder.path)[0]?.state, patience).toBe('deleted');
  const key = `archive/${kept?.path}`;
  expect(content.equals(await server.read(key))).toBe(true);
  expect(JSON.parse(Buffer.from(await server.read(`${key}.json`)).toString())).toMatchObject({ streamId: 'show', remote: { key } });
  expect(readdirSync(`${folder.path}/show`)).toEqual([expect.stringMatching(/\.json$/)]);
});

const recordAlways = { SLUICE_STREAMS_DEFAULT_RECORD: 'always', SLUICE_STREAMS_DEFAULT_GRACE: '1s' };

/** The gateway as users run it, to be killed. */
class GatewayProgram implements AsyncDisposable {
  readonly whip: string;
  readonly #child: ChildProcess;

  static async start(environment: Record<string, string>): Promise<GatewayProgram> {
    const main = fileURLToPath(new URL('../../../src/main.ts', import.meta.url));
    const ports = { SLUICE_HTTP_PORT: '0', SLUICE_RTC_PORT: '0', SLUICE_RTC_WORKERS: '1', SLUICE_RTC_LISTEN: '127.0.0.1' };
    const env = { ...process.env, SLUICE_CONFIG: '/dev/null', SLUICE_EGRESS_STATE_DIRECTORY: 'none', ...ports, ...environment };
    const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.includes('"msg":"gateway listening"')) continue;
      const { http } = JSON.parse(line) as { readonly http: { readonly port: number } };
      child.stdout.resume();
      return new GatewayProgram(child, http.port);
    }
    throw new Error('the gateway never listened');
  }

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.whip = `http://127.0.0.1:${port}/whip/show`;
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

function bytesIn(folder: string, ending: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith(ending));
  return files.reduce((sum, name) => sum + readFileSync(`${folder}/${name}`).length, 0);
}

function sideCarsIn(folder: string): readonly Recording[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).flatMap((name) => {
    if (!name.endsWith('.json')) return [];
    return parseSideCar(readFileSync(`${folder}/${name}`, 'utf8'), name.replace(/\.json$/, '')) ?? [];
  });
}
