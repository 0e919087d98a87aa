import { execa } from 'execa';
import { expect, test, vi } from 'vitest';
import { DeafPublisher } from '../fixtures/deaf-publisher.ts';
import { openTestGateway, type TestGateway } from '../fixtures/gateway.ts';
import { gop, inPhase } from '../fixtures/gop-phase.ts';
import { type NativeEncoder, NativePlayer, NativePublisher, type PostOptions, vp8Frame } from '../fixtures/native-peer.ts';
import { totalsOf } from '../fixtures/registry-totals.ts';

const patience = { interval: 20 };

/** What makes a player Firefox: it is told its SSRCs, which this library needs, and so is not handed over to another. */
const asFirefox: PostOptions = {
  userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0',
  offerText: (own) => own.replace('o=rtc ', 'o=mozilla...THIS_IS_SDPARTA-99.0 '),
};

test.for([
  ['a player that keeps its SSRC', 'H264', 1, {}],
  ['a player that keeps its SSRC', 'VP8', 2, {}],
  ['Firefox', 'VP8', 1, asFirefox],
] as const)(
  '%s sees %s that ignores requests at once, and gets every packet in order from then on',
  { timeout: 60_000 },
  async ([, codec, workers, options]) => {
    await using gateway = await openTestGateway({ workers });
    await using publisher = await DeafPublisher.open(gateway.whip('show'), { codec, gopFrames: gop.frames });
    const outcomes = joins(gateway);
    await inPhase(publisher, 0.3);
    const cameAt = performance.now();
    await using player = await NativePlayer.open(gateway.whep('show'), { codecs: [codec], ...options });
    await expect.poll(() => player.videoPackets, patience).toBeGreaterThan(30);
    expect(publisher.keyFrames.filter((at) => at > cameAt)).toEqual([]);

    await expect.poll(outcomes, patience).toEqual({ stayed: 1 });
    const changedAt = player.videoPackets;
    await expect.poll(() => player.videoPackets, patience).toBeGreaterThan(changedAt + 60);
    expect(player.video.map(({ ssrc }) => ssrc).filter((ssrc, index, all) => ssrc !== all[index - 1])).toHaveLength(1);
    expect(holes(player)).toEqual([]);
    expect(gateway.engine.instantJoins()).toMatchObject({ injections: 0 });
  },
);

test(
  'a player that has lost the beginning and asks for a key frame is shown the GOP again, twice at most',
  { timeout: 60_000 },
  async () => {
    await using gateway = await openTestGateway();
    await using publisher = await DeafPublisher.open(gateway.whip('show'), { gopFrames: gop.frames });
    const outcomes = joins(gateway);
    await inPhase(publisher, 0.3);
    const held = publisher.holdKeyFrame();
    await using player = await NativePlayer.open(gateway.whep('show'), { codecs: ['H264'] });
    const keyFrames = (): number => player.video.filter(({ isKey }) => isKey).length;
    for (const sent of [1, 2]) {
      await expect.poll(keyFrames, patience).toBe(sent);
      await expect.poll(() => askedFor(player, keyFrames() > sent), { ...patience, interval: 50 }).toBe(true);
    }
    await pictures(player, 12); // long enough for a request not to count as one that was on its way
    player.askForKeyFrame();
    await pictures(player, 4);
    expect(keyFrames()).toBe(3);
    expect(outcomes()).toEqual({});

    held[Symbol.dispose]();
    await expect.poll(outcomes, patience).toEqual({ stayed: 1 });
    await pictures(player, 30);
    expect(holes(player)).toEqual([]);
  },
);

/** Asks for a key frame unless one has come. */
function askedFor(player: NativePlayer, hasCome: boolean): boolean {
  if (!hasCome) player.askForKeyFrame();
  return hasCome;
}

/** Waits until so many more pictures have come. */
async function pictures({ video }: NativePlayer, count: number): Promise<void> {
  const from = video.length;
  await expect.poll(() => new Set(video.slice(from).map(({ timestamp }) => timestamp)).size, patience).toBeGreaterThan(count);
}

test('a player that keeps its SSRC plays on when its publisher returns', { timeout: 60_000 }, async () => {
  await using gateway = await openTestGateway();
  await using player = await (async () => {
    await using first = await DeafPublisher.open(gateway.whip('show'), { gopFrames: 30 });
    await expect.poll(() => first.keyFrames.length, patience).toBeGreaterThan(1);
    const opened = await NativePlayer.open(gateway.whep('show'), { codecs: ['H264'] });
    await expect.poll(() => opened.videoPackets, patience).toBeGreaterThan(60);
    await expect.poll(() => opened.audioPackets, patience).toBeGreaterThan(20);
    expect(await first.delete()).toBe(200);
    return opened;
  })();
  await expect.poll(() => gateway.stream('show')?.state).toBe('waiting');
  const before = { video: player.videoPackets, audio: player.audioPackets };

  await using _second = await DeafPublisher.open(gateway.whip('show'), { gopFrames: 30 });
  await expect.poll(() => player.videoPackets, patience).toBeGreaterThan(before.video + 60);
  await expect.poll(() => player.audioPackets, patience).toBeGreaterThan(before.audio + 20);
  expect(player.states).not.toContain('closed');
  expect(new Set(player.video.map(({ ssrc }) => ssrc)).size).toBe(1);
  expect(holes(player)).toEqual([]);
});

test.for([
  ['is on the stream itself', 1],
  ['is still shown what was kept for it', 0],
] as const)(
  'a player that keeps its SSRC, and %s, sees a publisher that returns from its first key frame on',
  { timeout: 60_000 },
  async ([, joined]) => {
    await using gateway = await openTestGateway();
    const outcomes = joins(gateway);
    const open = async (gopFrames: number): Promise<NativePublisher> => {
      const frames: NativeEncoder = (index) => ({ payload: vp8Frame({ key: index % gopFrames === 1 }), timestamp: index * 3000 });
      return NativePublisher.open(gateway.whip('show'), { frames });
    };
    await using player = await (async () => {
      await using first = await open(gop.frames);
      await expect.poll(() => gateway.stream('show')?.state).toBe('live');
      const opened = await NativePlayer.open(gateway.whep('show'), { codecs: ['VP8'] });
      await expect.poll(() => opened.videoPackets, patience).toBeGreaterThan(10);
      await expect.poll(() => Object.keys(outcomes()).length, patience).toBeGreaterThanOrEqual(joined);
      expect(await first.delete()).toBe(200);
      return opened;
    })();
    await expect.poll(() => gateway.stream('show')?.state).toBe('waiting');
    const before = player.videoPackets;

    await using _second = await open(Infinity);
    await expect.poll(() => player.videoPackets, patience).toBeGreaterThan(before + 30);
    // It sends only one; what the first one sent last may still have been on its way.
    expect(player.video.slice(before).some(({ isKey }) => isKey)).toBe(true);
    expect(holes(player)).toEqual([]);
  },
);

test('a player that keeps its SSRC is sent away when its publisher returns with another codec', { timeout: 60_000 }, async () => {
  await using gateway = await openTestGateway();
  await using first = await DeafPublisher.open(gateway.whip('show'), { codec: 'VP8' });
  await expect.poll(() => first.keyFrames.length, patience).toBeGreaterThan(1);
  await using player = await NativePlayer.open(gateway.whep('show'));
  await expect.poll(() => player.videoPackets, patience).toBeGreaterThan(0);
  await using _second = await DeafPublisher.open(gateway.whip('show'), { codec: 'H264' });
  await expect.poll(() => player.state, patience).toBe('closed');
});

test('players that come at once share a relay, and are shown what it keeps together', { timeout: 60_000 }, async () => {
  await using gateway = await openTestGateway();
  await using peers = new AsyncDisposableStack();
  const publisher = peers.use(await DeafPublisher.open(gateway.whip('show'), { gopFrames: gop.frames }));
  const outcomes = joins(gateway);
  await inPhase(publisher, 0.3);
  const players = await Promise.all(
    Array.from({ length: 12 }, async () => peers.use(await NativePlayer.open(gateway.whep('show'), { codecs: ['H264'] }))),
  );
  const [leaver, ...others] = players.toReversed();
  await expect.poll(() => leaver?.videoPackets, patience).toBeGreaterThan(0);
  expect(await leaver?.delete()).toBe(200); // whoever is shown the same is shown the rest of it
  for (const player of others) await expect.poll(() => player.videoPackets, patience).toBeGreaterThan(60);
  await expect.poll(() => Object.values(outcomes()).reduce((sum, count) => sum + count, 0), patience).toBe(12);
  expect(outcomes()['stayed']).toBeGreaterThanOrEqual(6); // there is room for four replays, so some were shared
  for (const player of others) expect(holes(player)).toEqual([]);
  expect(await publisher.delete()).toBe(200);
  await expect.poll(() => gateway.engine.instantJoins(), patience).toEqual({ injections: 0, cacheBytes: 0 });
});

test('viewers who leave while they are shown the GOP leave nothing behind', { timeout: 60_000 }, async () => {
  await using gateway = await openTestGateway();
  await using publisher = await DeafPublisher.open(gateway.whip('show'), { gopFrames: gop.frames });
  await inPhase(publisher, 0.1);
  const outcomes = joins(gateway);
  for (const userAgent of ['Mozilla/5.0', 'libdatachannel']) {
    await using viewer = await NativePlayer.open(gateway.whep('show'), { codecs: ['H264'], userAgent });
    await expect.poll(() => gateway.engine.instantJoins().injections, patience).toBe(1);
    expect(await viewer.delete()).toBe(200);
    await expect.poll(() => gateway.engine.instantJoins().injections, patience).toBe(0);
  }
  expect(outcomes()).toEqual({ ended: 2 });
});

test.for([
  ['may be handed over', 'Mozilla/5.0'],
  ['keeps its SSRC', 'libdatachannel'],
])('a player that %s waits for the next key frame where the worker has nothing left to show it the GOP by', async ([, userAgent = '']) => {
  await using gateway = await openTestGateway();
  await using publisher = await DeafPublisher.open(gateway.whip('show'), { codec: 'VP8', gopFrames: gop.frames, audio: false });
  await inPhase(publisher, 0.3);
  const outcomes = joins(gateway);
  for (const { pid } of await gateway.workers()) await execa('prlimit', ['--pid', String(pid), '--nofile=1:']); // as with no port left
  await using player = await NativePlayer.open(gateway.whep('show'), { codecs: ['VP8'], userAgent });
  await expect.poll(() => player.states, patience).toContain('connected');
  await expect.poll(async () => (await totalsOf(gateway.registry)).rtpPacketsSent, patience).toBeGreaterThan(100);
  expect(outcomes()).toEqual({ failed: 1 });
});

test('of a stream that nobody has watched for long nothing is kept, until somebody comes', { timeout: 60_000 }, async () => {
  await using gateway = await openTestGateway();
  await using publisher = await DeafPublisher.open(gateway.whip('show'), { gopFrames: 30 });
  const kept = (): number => gateway.engine.instantJoins().cacheBytes;
  await expect.poll(kept, patience).toBeGreaterThan(0);
  using _later = laterBy(300_000);
  await expect.poll(kept, patience).toBe(0);

  await using player = await NativePlayer.open(gateway.whep('show'), { codecs: ['H264'] });
  await expect.poll(kept, patience).toBeGreaterThan(0);
  await expect.poll(() => player.videoPackets, patience).toBeGreaterThan(30);
  expect(await player.delete()).toBe(200);
  const last = publisher.keyFrames.length;
  await expect.poll(() => publisher.keyFrames.length, patience).toBeGreaterThan(last + 2);
  expect(kept()).toBeGreaterThan(0);
});

/** Moves the clock on, until the result is disposed of; timers do not notice. */
function laterBy(durationMs: number): Disposable {
  const now = performance.now.bind(performance);
  const spy = vi.spyOn(performance, 'now').mockImplementation(() => now() + durationMs);
  return { [Symbol.dispose]: () => spy.mockRestore() };
}

/** Where sequence numbers do not go up by one, or timestamps go back. */
function holes({ video }: NativePlayer): unknown[] {
  return video.slice(1).flatMap((packet, index) => {
    const before = video[index] ?? packet;
    const step = (packet.sequence - before.sequence) & 0xffff;
    const isBack = (packet.timestamp - before.timestamp) >>> 0 > 2 ** 31;
    return step === 1 && !isBack ? [] : [{ index, step, isBack }];
  });
}

function joins({ engine }: TestGateway): () => Record<string, number> {
  const counts: Record<string, number> = {};
  engine.observer.on('instantjoin', (outcome) => {
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  });
  return () => counts;
}

test.for([
  ['now and then', { loseEvery: 50 }],
  ['where players change over', { loseAtKeyFrames: true, kilobits: 6000 }],
] as const)('what a publisher loses %s and sends again reaches players in its place', { timeout: 60_000 }, async ([, losses]) => {
  await using gateway = await openTestGateway();
  await using publisher = await DeafPublisher.open(gateway.whip('show'), { gopFrames: 60, ...losses });
  await expect.poll(() => gateway.engine.instantJoins().cacheBytes, patience).toBeGreaterThan(0);
  const first = publisher.keyFrames.length;
  await expect.poll(() => publisher.keyFrames.length, patience).toBeGreaterThan(first + 1); // of the first GOP the beginning is not kept where it came late
  const outcomes = joins(gateway);
  await using player = await NativePlayer.open(gateway.whep('show'), { codecs: ['H264'] });
  await expect.poll(outcomes, patience).toEqual({ stayed: 1 });
  await pictures(player, 90);
  const last = player.video.at(-1)?.sequence ?? 0;
  await expect.poll(() => missingUpTo(player, last), patience).toEqual([]);
});

/** Sequence numbers that have not come, from the first one to `last`. */
function missingUpTo({ video }: NativePlayer, last: number): number[] {
  const first = video[0]?.sequence ?? 0;
  const came = new Set(video.map(({ sequence }) => sequence));
  return Array.from({ length: ((last - first) & 0xffff) + 1 }, (_, index) => (first + index) & 0xffff).filter(
    (number) => !came.has(number),
  );
}
