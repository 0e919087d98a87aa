import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { LivedTime } from '../fixtures/lived-time.ts';
import { type NativeFrame, type NativePeer, NativePlayer, NativePublisher, RefusedError, vp8Frame } from '../fixtures/native-peer.ts';
import { totalsOf } from '../fixtures/registry-totals.ts';

const soon = { interval: 20 };
const publishProgram = fileURLToPath(new URL('../fixtures/programs/publish.ts', import.meta.url));

async function openLive(gateway: TestGateway, options: Parameters<typeof NativePublisher.open>[1] = {}): Promise<NativePublisher> {
  const publisher = await NativePublisher.open(gateway.whip('show'), options);
  await expect.poll(() => gateway.stream('show')?.state, soon).toBe('live');
  return publisher;
}

async function refusal(attempt: Promise<AsyncDisposable>): Promise<number> {
  try {
    await using _opened = await attempt;
    return 201;
  } catch (error) {
    if (error instanceof RefusedError) return error.status;
    throw error;
  }
}

async function statusOf(location: string): Promise<number> {
  return (await fetch(location)).status;
}

test.for(['VP8', 'H264'] as const)('a %s publisher goes live and its picture and sound reach a player', async (codec) => {
  await using gateway = await openTestGateway();
  await using _publisher = await openLive(gateway, { codec });
  await using player = await NativePlayer.open(gateway.whep('show'));
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(5);
  await expect.poll(() => player.audioPackets, soon).toBeGreaterThan(5);
  expect(gateway.stream('show')?.tracks.map((track) => track.codec)).toEqual([codec, 'opus']);
});

test('the profile of an H264 stream is that of its SPS, whatever the offer says', async () => {
  await using gateway = await openTestGateway();
  await using _publisher = await openLive(gateway, { codec: 'H264' });
  expect(gateway.stream('show')?.tracks[0]?.h264Profile).toBe('640c1f');
});

test.for([
  ['audio', { video: false }, ['opus']],
  ['video', { audio: false }, ['VP8']],
] as const)('a stream with %s only works, and the other section of the player is rejected', async ([, options, codecs]) => {
  await using gateway = await openTestGateway();
  await using _publisher = await openLive(gateway, options);
  await using player = await NativePlayer.open(gateway.whep('show'));
  await expect.poll(() => player.audioPackets + player.videoPackets, soon).toBeGreaterThan(5);
  expect(gateway.stream('show')?.tracks.map(({ codec }) => codec)).toEqual(codecs);
  expect(player.session.answerText.match(/^m=\w+ 0 /gm)).toHaveLength(1);
});

test('under `takeover: replace` the newest publisher wins, and the one before gets a DTLS alert and a dead URL', async () => {
  await using gateway = await openTestGateway();
  await using first = await openLive(gateway);
  await using second = await openLive(gateway);
  await expect.poll(() => first.state, soon).toBe('closed');
  expect(await statusOf(first.session.location)).toBe(404);
  expect(await statusOf(second.session.location)).toBe(204);
  await expect.poll(() => second.state, soon).toBe('connected');
  expect(gateway.registry.counts().publishers).toBe(1);
});

test('under `takeover: reject` a second publisher is refused with 409 and the first keeps streaming', async () => {
  await using gateway = await openTestGateway({ takeover: 'reject' });
  await using first = await openLive(gateway);
  await using player = await NativePlayer.open(gateway.whep('show'));
  expect(await refusal(NativePublisher.open(gateway.whip('show')))).toBe(409);
  const before = player.videoPackets;
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(before + 10);
  expect(first.state).toBe('connected');
});

test('under `takeover: reject` two POSTs at once cannot both win', async () => {
  await using gateway = await openTestGateway({ takeover: 'reject' });
  const outcomes = await Promise.all([1, 2, 3, 4].map(async () => refusal(NativePublisher.open(gateway.whip('show')))));
  expect(outcomes.filter((status) => status === 201)).toHaveLength(1);
  expect(outcomes.filter((status) => status === 409)).toHaveLength(3);
});

test('under `takeover: replace` POSTs at once leave one publisher and no transport of the others', async () => {
  await using gateway = await openTestGateway();
  const attempts = await Promise.allSettled([1, 2, 3].map(async () => NativePublisher.open(gateway.whip('show'))));
  expect(gateway.registry.counts().publishers).toBe(1);
  await expect.poll(async () => (await gateway.workerTotals()).transports, soon).toBe(1);
  for (const attempt of attempts) if (attempt.status === 'fulfilled') await attempt.value[Symbol.asyncDispose]();
});

test('an offer that is refused leaves the present publisher untouched and nothing behind', async () => {
  await using gateway = await openTestGateway();
  await using publisher = await openLive(gateway);
  const headers = { 'Content-Type': 'application/sdp' };
  const hevc = publisher.connection.localDescription()?.sdp.replaceAll('VP8', 'H265') ?? '';
  const { status } = await fetch(gateway.whip('show'), { method: 'POST', headers, body: hevc });
  expect(status).toBe(422);
  expect(await gateway.workerTotals()).toMatchObject({ transports: 1 });
  expect(await statusOf(publisher.session.location)).toBe(204);
});

test('after three takeovers in 30 s the name stays with its publisher, and others are told how long', async () => {
  await using gateway = await openTestGateway();
  await using peers = new AsyncDisposableStack();
  for (let count = 0; count < 4; count += 1) peers.use(await NativePublisher.open(gateway.whip('show')));
  expect(await refusal(NativePublisher.open(gateway.whip('show')))).toBe(409);
  const until = gateway.stream('show')?.contestedUntil?.getTime() ?? 0;
  expect(until - Date.now()).toBeGreaterThan(50_000);
  expect(until - Date.now()).toBeLessThanOrEqual(60_000);
  expect(gateway.registry.counts().publishers).toBe(1);
});

test('a name is free again when its contested publisher leaves', async () => {
  await using gateway = await openTestGateway();
  await using peers = new AsyncDisposableStack();
  let last: NativePublisher | undefined;
  for (let count = 0; count < 4; count += 1) last = peers.use(await NativePublisher.open(gateway.whip('show')));
  await last?.delete();
  expect(await refusal(NativePublisher.open(gateway.whip('show')))).toBe(201);
});

test('a player gets 409 and Retry-After for a stream that nobody publishes', async () => {
  await using gateway = await openTestGateway();
  expect(await refusal(NativePlayer.open(gateway.whep('show')))).toBe(409);
  expect(await gateway.workerTotals()).toEqual({ routers: 0, transports: 0 });
});

test('a player that comes between the POST and the first packet waits for it', async () => {
  await using gateway = await openTestGateway();
  let isSending = false;
  const frames = (index: number): NativeFrame => ({ payload: vp8Frame(), timestamp: index * 3000, lost: !isSending });
  await using publisher = await NativePublisher.open(gateway.whip('show'), { audio: false, frames });
  await expect.poll(() => publisher.state, soon).toBe('connected');
  expect(gateway.stream('show')?.state).toBe('waiting');
  const opening = NativePlayer.open(gateway.whep('show'));
  isSending = true;
  await using player = await opening;
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(0);
});

test('a player without the codec of the stream is refused with 422', async () => {
  await using gateway = await openTestGateway();
  await using _publisher = await openLive(gateway, { codec: 'VP8' });
  expect(await refusal(NativePlayer.open(gateway.whep('show'), { codecs: ['H264'] }))).toBe(422);
});

test('DELETE ends a session with a DTLS alert within a second, and its URL is 404 from then on', async () => {
  await using gateway = await openTestGateway();
  await using publisher = await openLive(gateway);
  await using player = await NativePlayer.open(gateway.whep('show'));
  await expect.poll(() => player.state, soon).toBe('connected');
  await expectEndWithinSecond(player);
  expect(await player.delete()).toBe(404);
  await expectEndWithinSecond(publisher);
  expect(await statusOf(publisher.session.location)).toBe(404);
});

/** Ends a session with DELETE; its peer hears of it within a second. */
async function expectEndWithinSecond(peer: NativePeer): Promise<void> {
  using lived = new LivedTime();
  expect(await peer.delete()).toBe(200);
  await expect.poll(() => peer.state, soon).toBe('closed');
  expect(lived.ms).toBeLessThan(1000);
}

test('without relays, a player whose SSRCs were named is closed with a DTLS alert when the publisher comes back', async () => {
  await using gateway = await openTestGateway({ instantJoin: 'never' });
  await using first = await openLive(gateway);
  await using player = await NativePlayer.open(gateway.whep('show'));
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(0);
  await first.delete();
  await expect.poll(() => gateway.stream('show')?.state).toBe('waiting');
  expect(player.state).toBe('connected');
  await using _second = await openLive(gateway);
  await expect.poll(() => player.state, soon).toBe('closed');
});

test('a publisher that never connects is ended after its time, and leaves nothing behind', async () => {
  await using gateway = await openTestGateway({ connectTimeoutMs: 100, graceMs: 10 });
  await using publisher = await NativePublisher.open(gateway.whip('other'));
  const offer = publisher.connection.localDescription()?.sdp ?? '';
  const { status, headers } = await fetch(gateway.whip('show'), {
    method: 'POST',
    headers: { 'Content-Type': 'application/sdp' },
    body: offer,
  });
  expect(status).toBe(201);
  await expect.poll(async () => statusOf(headers.get('Location') ?? ''), soon).toBe(404);
  await publisher.delete();
  await expect.poll(async () => gateway.workerTotals(), soon).toEqual({ routers: 0, transports: 0 });
});

test('a publisher that vanishes without a word is ended after the silence time, and a new one is welcome', async () => {
  await using gateway = await openTestGateway({ silenceMs: 1_000 });
  const endings: string[] = [];
  gateway.registry.observer.on('closed', (_session, { ending }) => endings.push(ending));
  const child = spawn(process.execPath, [publishProgram, gateway.whip('show')], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await expect.poll(() => gateway.stream('show')?.state, soon).toBe('live');
  child.kill('SIGKILL');
  await expect.poll(() => endings, soon).toEqual(['silent']);
  expect(gateway.stream('show')?.state).toBe('waiting');
  await using _publisher = await openLive(gateway);
});

test('a player from which nothing ever comes, as with libdatachannel, is not taken for a silent one', async () => {
  await using gateway = await openTestGateway({ silenceMs: 300 });
  await using _publisher = await openLive(gateway);
  await using player = await NativePlayer.open(gateway.whep('show'));
  await expect.poll(() => player.videoPackets).toBeGreaterThan(60);
  expect(player.state).toBe('connected');
});

test('viewers outlive their publisher for the grace time and no longer', async () => {
  await using gateway = await openTestGateway({ graceMs: 2_000 });
  await using publisher = await openLive(gateway);
  await using player = await NativePlayer.open(gateway.whep('show'));
  await expect.poll(() => player.state, soon).toBe('connected');
  await publisher.delete();
  expect(gateway.stream('show')).toMatchObject({ state: 'waiting', subscribers: 1 });
  await expect.poll(() => player.state, soon).toBe('closed');
  expect(gateway.stream('show')).toBeUndefined();
  expect(await gateway.workerTotals()).toEqual({ routers: 0, transports: 0 });
});

test('a worker that dies takes only its own sessions with it and is replaced within a second', async () => {
  await using gateway = await openTestGateway({ workers: 2, evenly: true });
  await using publisher = await openLive(gateway);
  await using peers = new AsyncDisposableStack();
  const players: NativePlayer[] = [];
  for (let count = 0; count < 4; count += 1) players.push(peers.use(await NativePlayer.open(gateway.whep('show'))));
  for (const player of players) await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(0);

  const [, other] = await gateway.workers();
  const replaced = once(gateway.engine.observer, 'workerreplaced');
  using lived = new LivedTime();
  process.kill(other?.pid ?? 0, 'SIGKILL');
  await replaced;
  expect(lived.ms).toBeLessThan(1000);

  expect(publisher.state).toBe('connected');
  await expect.poll(() => gateway.stream('show')?.subscribers, soon).toBe(2);
  await using newcomer = await NativePlayer.open(gateway.whep('show'));
  await expect.poll(() => newcomer.videoPackets, soon).toBeGreaterThan(0);
  const staying = gateway.registry.counts();
  expect(staying).toMatchObject({ publishers: 1, subscribers: 3 });
});

test('when the publisher’s worker dies, its viewers elsewhere stay and a returning publisher is welcome', async () => {
  await using gateway = await openTestGateway({ workers: 2, evenly: true });
  await using _publisher = await openLive(gateway);
  await using peers = new AsyncDisposableStack();
  for (let count = 0; count < 3; count += 1) {
    const player = peers.use(await NativePlayer.open(gateway.whep('show')));
    await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(0);
  }
  const [first] = await gateway.workers();
  process.kill(first?.pid ?? 0, 'SIGKILL');
  await expect.poll(() => gateway.registry.counts(), soon).toMatchObject({ publishers: 0, subscribers: 2 });
  expect(gateway.stream('show')?.state).toBe('waiting');
  await using _returned = await openLive(gateway);
  await using player = await NativePlayer.open(gateway.whep('show'));
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(0);
});

test('draining refuses newcomers with 503 and leaves nobody connected', async () => {
  await using gateway = await openTestGateway();
  await using publisher = await openLive(gateway);
  await gateway.registry.close();
  await expect.poll(() => publisher.state, soon).toBe('closed');
  expect(await refusal(NativePublisher.open(gateway.whip('show')))).toBe(503);
  expect(await gateway.workerTotals()).toEqual({ routers: 0, transports: 0 });
});

test('totals count what flowed, also of sessions that have ended, and never run backwards', async () => {
  await using gateway = await openTestGateway();
  await using publisher = await openLive(gateway);
  await using player = await NativePlayer.open(gateway.whep('show'));
  await expect.poll(() => player.videoPackets, soon).toBeGreaterThan(10);
  const before = await totalsOf(gateway.registry);
  expect(before.rtpPacketsReceived).toBeGreaterThan(10);
  expect(before.rtpPacketsSent).toBeGreaterThan(10);
  expect(before.rtpBytesSent).toBeGreaterThan(1000);
  await player.delete();
  await publisher.delete();
  await expect.poll(async () => (await totalsOf(gateway.registry)).rtpPacketsReceived).toBeGreaterThanOrEqual(before.rtpPacketsReceived);
  expect((await totalsOf(gateway.registry)).rtpBytesSent).toBeGreaterThanOrEqual(before.rtpBytesSent);
});
