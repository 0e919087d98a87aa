import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import type { Recording } from '../../../src/egress/record/recording.ts';
import { parseSideCar, writeSideCar } from '../../../src/egress/record/side-car.ts';
import { EncodedPublisher } from '../../fixtures/encoded-publisher.ts';
import { hangingRemux } from '../../fixtures/fake-ffmpeg.ts';
import { FaultyProxy } from '../../fixtures/faulty-proxy.ts';
import { LivedTime } from '../../fixtures/lived-time.ts';
import { beepDelays, decodeErrors, probe, readMarks } from '../../fixtures/probe.ts';
import { show, temporaryFolder } from '../../fixtures/recording-desk.ts';
import { bucket, credentials, hasS3Server, S3Server } from '../../fixtures/s3-server.ts';
import { openStudio, reach, recordingsOf, type Studio } from '../../fixtures/studio.ts';

const patience = { timeout: 60_000, interval: 50 };

/** Several processes start one after the other. */
const slowly = { timeout: 150_000 };

async function expectGood({ desk }: Studio, recording: Recording): Promise<void> {
  const file = desk.recordings.catalogue.fileOf(recording);
  const probed = await probe(file);
  expect(Math.abs(probed.durationSeconds - recording.durationMs / 1000)).toBeLessThan(0.1);
  expect(await decodeErrors(file)).toBe('');
}

/** Every beep is with its flash, from the first one on. */
async function expectInSync({ desk }: Studio, recording: Recording): Promise<void> {
  const delays = beepDelays(await readMarks(desk.recordings.catalogue.fileOf(recording)));
  expect(delays.length).toBeGreaterThan(2);
  expect(delays.filter((late) => Math.abs(late) > 40)).toEqual([]);
}

test('a publisher that comes back is recorded as another part of the same recording, picture and sound together', async () => {
  await using studio = await openStudio({ policyOf: () => 'always' });
  const { bench } = studio;
  {
    await using publisher = await EncodedPublisher.open(bench.gateway.whip('show'), { marks: true });
    await reach(studio, 1, 4_500);
    await publisher.delete();
    await expect.poll(() => recordingsOf(studio)[0]?.state, patience).toBe('complete');
  }
  expect(studio.desk.outputs.list()[0]?.report().state.name).toBe('waiting');
  await using _publisher = await EncodedPublisher.open(bench.gateway.whip('show'), { height: 270, marks: true });
  await reach(studio, 2, 4_500);
  await studio.desk.outputs.list()[0]?.stop();
  const [first, second] = recordingsOf(studio);
  expect([first?.session, first?.part, second?.part]).toEqual([second?.session, 1, 2]);
  expect([first?.video?.height, second?.video?.height]).toEqual([180, 270]);
  for (const recording of recordingsOf(studio)) {
    await expectGood(studio, recording);
    await expectInSync(studio, recording);
  }
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

test('a publisher that mutes its sound is recorded on, and what was recorded is whole when FFmpeg is killed', async () => {
  await using studio = await openStudio();
  await using publisher = await EncodedPublisher.open(studio.bench.gateway.whip('show'));
  await expect.poll(() => studio.bench.gateway.stream('show')?.state, patience).toBe('live');
  const output = studio.desk.recordings.start(show);
  await reach(studio, 1, 2_000);
  if (publisher.audio !== undefined) publisher.audio.muted = true;
  const isMutedAt = recordingsOf(studio)[0]?.durationMs ?? 0;
  await reach(studio, 1, isMutedAt + 4_000);
  if (publisher.audio !== undefined) publisher.audio.muted = false;
  await reach(studio, 1, isMutedAt + 5_000);
  using lived = new LivedTime();
  await reach(studio, 1, isMutedAt + 6_000);
  const [killedAt, lostMs] = [Date.now(), lived.lostMs];
  process.kill(studio.bench.supervisor.taps()[0]?.pid ?? 0, 'SIGKILL');
  await reach(studio, 2, 1_000);
  await output.stop();
  expect(recordingsOf(studio).map(({ ending }) => ending?.cause)).toEqual(['exited', 'stopped']);
  const [killed] = recordingsOf(studio).map((recording) => studio.desk.recordings.catalogue.fileOf(recording));
  expect(killedAt - (publisher.video?.sentAt(await lastPicture(killed ?? '')) ?? 0)).toBeLessThan(1_000 + lostMs);
  for (const recording of recordingsOf(studio)) await expectGood(studio, recording);
});

test(
  'a recording of VP8 that a killed gateway left is completed at the next start, as the Matroska that it was to be',
  slowly,
  async () => {
    using folder = temporaryFolder();
    await using gateway = await GatewayProgram.start({
      ...recordAlways,
      SLUICE_EGRESS_RECORD_FORMAT: 'mkv',
      SLUICE_EGRESS_RECORD_DIRECTORY: folder.path,
    });
    await using _publisher = await EncodedPublisher.open(gateway.whip, { codec: 'VP8' });
    await expect.poll(() => bytesIn(folder.path, '.part'), patience).toBeGreaterThan(100_000);
    await gateway.kill();
    await using _again = await GatewayProgram.start({ SLUICE_EGRESS_RECORD_DIRECTORY: folder.path });
    await expect
      .poll(() => sideCarsIn(folder.path).map(({ state, ending }) => [state, ending?.cause]), patience)
      .toEqual([['complete', 'crashed']]);
    const [recording] = sideCarsIn(folder.path);
    expect(recording).toMatchObject({ container: 'mkv', path: expect.stringMatching(/\.mkv$/) as unknown });
    const probed = await probe(`${folder.path}/${recording?.path}`);
    expect(probed.format).toContain('matroska');
    expect(probed.streams.map(({ codec }) => codec).toSorted()).toEqual(['opus', 'vp8']);
    expect(Math.abs(probed.durationSeconds - (recording?.durationMs ?? 0) / 1000)).toBeLessThan(0.1);
    expect(await decodeErrors(`${folder.path}/${recording?.path}`)).toBe('');
  },
);

test(
  'kill -9 of the gateway leaves a file that plays up to the last second; the next start completes it and records on',
  slowly,
  async () => {
    using folder = temporaryFolder();
    using state = temporaryFolder();
    const environment = {
      SLUICE_EGRESS_RECORD_DIRECTORY: folder.path,
      SLUICE_EGRESS_STATE_DIRECTORY: state.path,
      SLUICE_STREAMS_DEFAULT_GRACE: '60s',
    };
    await using gateway = await GatewayProgram.start(environment);
    await using publisher = await EncodedPublisher.open(gateway.whip);
    await expect.poll(async () => gateway.record(), patience).toBe(201);
    await expect.poll(() => bytesIn(folder.path, '.part'), patience).toBeGreaterThan(0);
    const begunAt = Date.now();
    await expect.poll(() => Date.now() - begunAt, patience).toBeGreaterThan(3_000);
    using lived = new LivedTime();
    await expect.poll(() => Date.now() - begunAt, patience).toBeGreaterThan(4_000);
    const [killedAt, lostMs] = [Date.now(), lived.lostMs];
    await gateway.kill();

    const [growing] = sideCarsIn(folder.path);
    const part = `${folder.path}/${growing?.path}.part`;
    expect(killedAt - (publisher.video?.sentAt(await lastPicture(part)) ?? 0)).toBeLessThan(1_000 + lostMs);
    expect(await decodeErrors(part)).toBe('');

    const endings = () => sideCarsIn(folder.path).map(({ state: is, ending }) => [is, ending?.cause]);
    const remux = await hangingRemux();
    {
      await using hasty = await GatewayProgram.start({ ...environment, SLUICE_EGRESS_FFMPEG: remux.path });
      await expect.poll(() => bytesIn(folder.path, '.remux'), patience).toBeGreaterThan(0);
      await hasty.kill();
    }
    await expect.poll(() => remux.isRunning(), patience).toBe(false);
    expect(endings()).toEqual([['finishing', 'crashed']]);
    expect(await decodeErrors(part)).toBe('');

    await using again = await GatewayProgram.start(environment);
    await expect.poll(endings, patience).toEqual([['complete', 'crashed']]);
    expect(readdirSync(`${folder.path}/show`)).toHaveLength(2);
    const [complete] = sideCarsIn(folder.path);
    const file = `${folder.path}/${complete?.path}`;
    expect(Math.abs((await probe(file)).durationSeconds - (complete?.durationMs ?? 0) / 1000)).toBeLessThan(0.1);
    expect(killedAt - (publisher.video?.sentAt(await lastPicture(file)) ?? 0)).toBeLessThan(1_000 + lostMs);
    expect(await decodeErrors(file)).toBe('');

    await using _back = await EncodedPublisher.open(again.whip);
    await expect.poll(endings, patience).toContainEqual(['recording', undefined]);
  },
);

const withBucket = hasS3Server ? test : test.skip;

withBucket(
  'a gateway that is killed in the middle of an upload goes on with the part that is missing at its next start',
  slowly,
  async () => {
    using folder = temporaryFolder();
    await using server = await S3Server.open();
    const content = layRecording(folder.path, 3 * 5 * 2 ** 20);
    let isDown = true;
    await using proxy = await FaultyProxy.open(server.endpoint, ({ url }) =>
      isDown && url.includes('partNumber=2') ? { status: 503 } : undefined,
    );
    const environment = {
      SLUICE_EGRESS_RECORD_DIRECTORY: folder.path,
      SLUICE_EGRESS_STORAGE_S3_BUCKET: bucket,
      SLUICE_EGRESS_STORAGE_S3_PREFIX: 'archive',
      SLUICE_EGRESS_STORAGE_S3_ENDPOINT: proxy.url,
      SLUICE_EGRESS_STORAGE_S3_PATH_STYLE: 'true',
      SLUICE_EGRESS_STORAGE_S3_PART_SIZE: '5',
      SLUICE_EGRESS_STORAGE_S3_ACCESS_KEY_ID: credentials.accessKeyId,
      SLUICE_EGRESS_STORAGE_S3_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      SLUICE_EGRESS_STORAGE_S3_KEEP_LOCAL: 'false',
    };
    const partsSince = (from: number) => proxy.seen.slice(from).flatMap(({ url }) => /partNumber=(\d+)/.exec(url)?.[1] ?? []);
    {
      await using gateway = await GatewayProgram.start(environment);
      await expect.poll(() => partsSince(0), patience).toContain('2');
      await gateway.kill();
    }
    expect(sideCarsIn(folder.path)[0]?.remote?.uploadId).toBeDefined();

    isDown = false;
    const before = proxy.seen.length;
    await using _again = await GatewayProgram.start(environment);
    await expect.poll(() => sideCarsIn(folder.path)[0]?.state, patience).toBe('deleted');
    expect(partsSince(before)).toEqual(['2', '3']);
    expect(await server.unfinishedUploads()).toEqual([]);
    const key = 'archive/show/large.mp4';
    expect(content.equals(await server.read(key))).toBe(true);
    expect(JSON.parse(Buffer.from(await server.read(`${key}.json`)).toString())).toMatchObject({ streamId: 'show', remote: { key } });
    expect(readdirSync(`${folder.path}/show`)).toEqual(['large.mp4.json']);
  },
);

/** Puts a recording into a folder that an earlier life has completed, with noise for media. */
function layRecording(folder: string, bytes: number): Buffer {
  const content = randomBytes(bytes);
  const recording: Recording = {
    ...{ id: '0123456789abcdef', session: '0123456789abcdef', streamId: show, part: 1, state: 'complete', startedAt: new Date() },
    ...{ durationMs: 60_000, bytes, container: 'mp4', path: 'show/large.mp4' },
    ...{ video: undefined, audio: undefined, ending: { cause: 'stopped', detail: 'Somebody stopped it.' }, remote: undefined },
  };
  mkdirSync(`${folder}/show`);
  writeFileSync(`${folder}/${recording.path}`, content);
  writeFileSync(`${folder}/${recording.path}.json`, writeSideCar(recording));
  return content;
}

/** The end of a file's last picture, as it was sent. */
async function lastPicture(file: string): Promise<Buffer> {
  const args = ['-nostdin', '-v', 'error', '-i', file, '-map', '0:v', '-c', 'copy', '-bsf:v', 'h264_mp4toannexb', '-f', 'h264', '-'];
  const { stdout } = await execa('ffmpeg', args, { encoding: 'buffer' });
  return Buffer.from(stdout);
}

const recordAlways = { SLUICE_STREAMS_DEFAULT_RECORD: 'always', SLUICE_STREAMS_DEFAULT_GRACE: '1s' };

/** The gateway as users run it, to be killed. */
class GatewayProgram implements AsyncDisposable {
  readonly whip: string;
  readonly #url: string;
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
    this.#url = `http://127.0.0.1:${port}`;
    this.whip = `${this.#url}/whip/show`;
  }

  /** Asks for a recording; gives the status. */
  async record(): Promise<number> {
    const body = JSON.stringify({ kind: 'record' });
    const headers = { 'Content-Type': 'application/json' };
    return (await fetch(`${this.#url}/api/v1/streams/show/egresses`, { method: 'POST', headers, body })).status;
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
