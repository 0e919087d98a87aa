import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadSettings } from '../../src/config/load.ts';
import { listSettings } from '../../src/config/setting-list.ts';
import { browserTest, patience } from '../fixtures/browser-test.ts';
import { openTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { NativePlayer } from '../fixtures/native-peer.ts';

const examples = new URL('../../examples/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, examples), 'utf8');

/** What running a script came to. */
interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly error: string;
}

/** Runs one of the shell scripts. */
async function run(script: string, ...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = execFile(
      '/bin/sh',
      [fileURLToPath(new URL(script, examples)), ...args],
      { timeout: 30_000, killSignal: 'SIGKILL' },
      (_failure, out, error) => {
        resolve({ code: child.exitCode ?? -1, out, error });
      },
    );
    child.stdin?.end();
  });
}

function canRun(program: string, args: readonly string[], output: RegExp): boolean {
  const { stdout } = spawnSync(program, args, { encoding: 'utf8' });
  return typeof stdout === 'string' && output.test(stdout);
}

const hasCurl = canRun('curl', ['--version'], /^curl /);
/** FFmpeg, if it is one with the WHIP muxer: few systems have FFmpeg 8 yet. */
const whipMuxers = ['ffmpeg'].filter((program) => canRun(program, ['-hide_banner', '-h', 'muxer=whip'], /^Muxer whip/m));

test('every example says whether it is tested', () => {
  const programs = readdirSync(examples).filter((name) => !name.startsWith('.') && !name.endsWith('.sdp'));
  expect(programs.length).toBeGreaterThan(5);
  for (const name of programs) expect(read(name).split('\n', 14).join('\n'), name).toMatch(/\b([Uu]n)?[Tt]ested\b/);
});

test.skipIf(!hasCurl)('whip-whep.sh shows every exchange, gets the answers that it expects and leaves nothing behind', async () => {
  await using gateway = await openTestGateway({ liveWaitMs: 1000 });
  const { code, out, error } = await run('whip-whep.sh', gateway.url, 'show');
  expect({ code, error }).toEqual({ code: 0, error: '' });
  expect(out.match(/^< HTTP\/1\.1 \d+/gm)).toEqual([201, 204, 200, 412, 409, 200, 404].map((status) => `< HTTP/1.1 ${status}`));
  expect(out).toMatch(/^< retry-after: 1$/m);
  expect(out).toContain('a=recvonly');
  expect(gateway.registry.counts()).toMatchObject({ publishers: 0, subscribers: 0 });
});

test.skipIf(!hasCurl)('whip-whep.sh fails loudly at an answer that it does not expect', async () => {
  await using gateway = await openTestGateway();
  const { code, error } = await run('whip-whep.sh', `${gateway.url}/nowhere`, 'show');
  expect(code).toBe(1);
  expect(error).toContain('POST got 404, not 201');
});

test.for(whipMuxers)('with %s, ffmpeg.sh publishes, a player hears and sees it, and the session is ended', async () => {
  await using gateway = await openTestGateway();
  const running = run('ffmpeg.sh', gateway.whip('show'), '6');
  await expect.poll(() => gateway.stream('show')?.state, patience).toBe('live');
  await using player = await NativePlayer.open(gateway.whep('show'));
  await expect.poll(() => player.videoPackets, patience).toBeGreaterThan(10);
  await expect.poll(() => player.audioPackets, patience).toBeGreaterThan(10);
  expect((await running).code).toBe(0);
  expect(gateway.registry.counts().publishers).toBe(0);
});

/** Serves watch.html from an origin of its own. */
async function serveWatchPage(): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'text/html').end(read('watch.html'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { url: `http://127.0.0.1:${port}/watch.html`, [Symbol.asyncDispose]: async () => void server.close() };
}

const framesIn = async (page: Page) =>
  page.locator('video').evaluate((video: HTMLVideoElement) => video.getVideoPlaybackQuality().totalVideoFrames);
const viewers = (gateway: TestGateway) => gateway.registry.counts().subscribers;

browserTest(
  'watch.html says why there is no picture, plays when there is one, and returns after the gateway ended its session',
  async ({ chromium }) => {
    await using gateway = await openTestGateway();
    await using server = await serveWatchPage();
    const page = await chromium.browser.newPage();
    const sessions: string[] = [];
    page.on('response', (response) => {
      if (response.status() === 201) sessions.push(response.headers()['location'] ?? '');
    });
    await page.goto(`${server.url}?endpoint=${encodeURIComponent(gateway.whep('show'))}`);
    await expect.poll(async () => page.getByRole('status').textContent(), patience).toContain('not live');

    await using _publisher = await chromium.publish(gateway.whip('show'));
    await expect.poll(async () => framesIn(page), patience).toBeGreaterThan(10);
    expect(await page.getByRole('status').textContent()).toBe('connected');

    await fetch(sessions[0] ?? '', { method: 'DELETE' });
    await expect.poll(() => sessions.length, patience).toBe(2);
    const before = await framesIn(page);
    await expect.poll(async () => framesIn(page), patience).toBeGreaterThan(before + 10);
    expect(viewers(gateway)).toBe(1);

    await page.goto('about:blank');
    await expect.poll(() => viewers(gateway), patience).toBe(0);
    await page.close();
  },
);

/** The one service of compose.yaml. */
interface Service {
  readonly build: string;
  readonly ports: readonly string[];
  readonly environment: Readonly<Record<string, string | number>>;
  readonly volumes: readonly string[];
}

const { services } = parse(read('compose.yaml')) as { services: { sluice: Service } };
const service = services.sluice;

/** What the container finds in its environment when the operator has filled in the address. */
const environment = Object.fromEntries(
  Object.entries(service.environment).map(([name, value]) => [name, String(value).replace(/^\$\{\w+:\?.*\}$/, '203.0.113.7')]),
);

test('compose.yaml sets variables that exist, to values with which the gateway starts beyond loopback', () => {
  expect(listSettings().map(({ variable }) => variable)).toEqual(expect.arrayContaining(Object.keys(environment)));
  const settings = loadSettings({ environment, cores: 4 });
  expect(settings).toMatchObject({ http: { host: '0.0.0.0' }, auth: { mode: ['none'] }, rtc: { announcedAddress: '203.0.113.7' } });
  expect(() => loadSettings({ environment: { ...environment, SLUICE_AUTH_MODE: undefined }, cores: 4 })).toThrow('auth.mode');
});

test('compose.yaml publishes the port of HTTP and those of every worker', () => {
  const { http, rtc } = loadSettings({ environment, cores: 4 });
  const media = Array.from({ length: rtc.workers ?? 0 }, (_, worker) => rtc.port + worker);
  const wanted = [`${http.port}:${http.port}/tcp`, ...media.flatMap((port) => [`${port}:${port}/udp`, `${port}:${port}/tcp`])];
  expect(service.ports.toSorted()).toEqual(wanted.toSorted());
});

test('compose.yaml builds and mounts what exists', () => {
  expect(existsSync(new URL(`${service.build}/Dockerfile`, examples))).toBe(true);
  for (const volume of service.volumes) expect(existsSync(new URL(volume.split(':', 1)[0] ?? '', examples)), volume).toBe(true);
});
