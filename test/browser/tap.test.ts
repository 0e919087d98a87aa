import { expect } from 'vitest';
import type { Fragment } from '../../src/egress/fragment.ts';
import { parseStreamId } from '../../src/streams/stream-id.ts';
import { browserTest, expectPlaying, patience, threeSizes } from '../fixtures/browser-test.ts';
import { HeardRuns, openTapBench } from '../fixtures/tap.ts';

const show = parseStreamId('show');

const simulcast = { ...threeSizes, codecs: ['H264'] as const };
const names = ['video-0', 'video-1', 'video-2'];

const hasOneNear = (fragments: readonly Fragment[], startMs: number) => fragments.some((other) => Math.abs(other.startMs - startMs) < 100);

browserTest('of simulcast every encoding is a rendition, and their key frames line up on request', async ({ chromium }) => {
  await using bench = await openTapBench({ keyFrameIntervalMs: 1_000 });
  await using _publisher = await chromium.publish(bench.gateway.whip('show'), simulcast);
  const reader = new HeardRuns();
  bench.supervisor.hold(show, reader, 'hls');
  const heights = () => names.map((name) => reader.of(name).at(-1)?.init.size?.height);
  await expect.poll(heights, patience).toEqual([135, 270, 540].map((height) => expect.closeTo(height, -1) as number));
  const from = Math.max(...names.map((name) => reader.of(name).at(-1)?.startMs ?? 0));
  const keyFrames = (name: string) => reader.of(name).filter(({ independent, startMs }) => independent && startMs > from);
  // Encoders make key frames of their own too, of one encoding or two: those need not line up.
  const linedUp = () => keyFrames('video-0').filter(({ startMs }) => names.every((name) => hasOneNear(keyFrames(name), startMs)));
  await expect.poll(() => linedUp().length, patience).toBeGreaterThan(3);
  expect(reader.of('audio').length).toBeGreaterThan(5);
});

browserTest('an encoding that vanishes is covered by the one below, in the same run, and comes back', async ({ chromium }) => {
  await using bench = await openTapBench({ keyFrameIntervalMs: 1_000 });
  await using publisher = await chromium.publish(bench.gateway.whip('show'), simulcast);
  await using viewer = await chromium.watch(bench.gateway.whep('show'));
  await expectPlaying(viewer, '960x540');
  const reader = new HeardRuns();
  bench.supervisor.hold(show, reader, 'hls');
  const height = () => reader.of('video-2').at(-1)?.init.size?.height;
  await expect.poll(height, patience).toBe(540);
  const { runs } = reader;
  const before = runs.length;
  await publisher.handle.evaluate(async (peer) => peer.sendOnly(['l', 'm']));
  await expect.poll(height, patience).toBe(270);
  const soFar = reader.of('video-0').length;
  await expect.poll(() => reader.of('video-0').length, patience).toBeGreaterThan(soFar + 10);
  await publisher.handle.evaluate(async (peer) => peer.sendOnly(['l', 'm', 'h']));
  await expect.poll(height, patience).toBe(540);
  expect(runs.length).toBe(before);
});

browserTest('VP9 of a browser is encoded anew where that is wanted, every frame of it', async ({ chromium }) => {
  await using bench = await openTapBench({ transcodes: () => true, gateway: { codecs: ['VP9'] } });
  await using publisher = await chromium.publish(bench.gateway.whip('show'), { codecs: ['VP9'], width: 640, height: 360 });
  const reader = new HeardRuns();
  bench.supervisor.hold(show, reader, 'hls');
  await expect.poll(() => reader.of('video-0').length, patience).toBeGreaterThan(3);
  const { framesEncoded: sentBefore } = await publisher.stats();
  const sent = async () => (await publisher.stats()).framesEncoded - sentBefore;
  await expect.poll(sent, patience).toBeGreaterThan(100);
  expect(reader.of('video-0').at(-1)?.init).toMatchObject({ container: 'mp4', codec: expect.stringMatching(/^avc1/) as string });
  await expect.poll(() => reader.of('audio').length, patience).toBeGreaterThan(0);
  expect(reader.runs.map(({ ending }) => ending)).toEqual([undefined]);
  // FFmpeg may be behind: once the publisher has ended, it encodes what it has.
  const sentSince = await sent();
  expect(await publisher.delete()).toBe(200);
  await expect.poll(() => reader.runs.at(-1)?.ending, patience).toBeDefined();
  const made = reader.of('video-0').reduce((sum, { frames }) => sum + frames, 0);
  expect(made / sentSince).toBeGreaterThan(0.9);
});
