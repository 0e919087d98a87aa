import pino from 'pino';
import { expect, test } from 'vitest';
import { readHost } from '../../../src/config/host.ts';
import type { FfmpegLauncher } from '../../../src/egress/ffmpeg-process.ts';
import type { Fragment, TapRun } from '../../../src/egress/fragment.ts';
import { Ladder } from '../../../src/egress/ladder/ladder.ts';
import type { LadderRung } from '../../../src/egress/ladder/ladder-plan.ts';
import type { LadderState } from '../../../src/egress/ladder/ladder-state.ts';
import { makeFragments, syntheticRun, type SyntheticTap } from '../../fixtures/fragments.ts';
import { HeardRuns } from '../../fixtures/tap.ts';

const patience = { interval: 20 };
const rungs: readonly LadderRung[] = [
  { lines: 90, bitrate: 150_000 },
  { lines: 180, bitrate: 300_000 },
];

/** A ladder between made-up fragments and a reader. */
class Bench implements Disposable {
  readonly heard = new HeardRuns();
  readonly states: LadderState[] = [];
  readonly faults: string[] = [];
  readonly pids: number[] = [];
  readonly ladder: Ladder;
  #isOver = false;

  constructor(encoder?: string) {
    const { findProgram } = readHost(process.env);
    const launcher: FfmpegLauncher = {
      path: findProgram('ffmpeg') ?? 'ffmpeg',
      setpriv: findProgram('setpriv'),
      ledger: { note: (pid) => pid !== undefined && this.pids.push(pid) },
    };
    this.ladder = new Ladder({
      reader: this.heard,
      settings: { rungs, preset: 'ultrafast', wholeAgainMs: 1_500 },
      encoder: () => encoder ?? launcher,
      logger: pino({ level: process.env['SLUICE_TEST_LOG'] ?? 'silent' }),
      onState: (state) => this.states.push(state),
      onFault: (fault) => this.faults.push(fault),
    });
  }

  /** Feeds a run, until it ends or the test does. */
  async feed(tap: SyntheticTap, run: TapRun = syntheticRun(tap)): Promise<void> {
    this.ladder.runStarted(run);
    for await (const fragment of makeFragments(tap)) {
      if (this.#isOver) return;
      this.ladder.fragment(run, fragment);
    }
  }

  [Symbol.dispose](): void {
    this.#isOver = true;
    this.ladder[Symbol.dispose]();
  }
}

const keysOf = (fragments: readonly Fragment[]) => fragments.filter(({ independent }) => independent).map(({ startMs }) => startMs);
const framesOf = (fragments: readonly Fragment[]) => fragments.reduce((sum, { frames }) => sum + frames, 0);

test('smaller pictures have the clock, the key frames and the frame rate of the original', async () => {
  using bench = new Bench();
  await bench.feed({ heights: [360], seconds: 5 });
  const { heard } = bench;
  await expect.poll(() => keysOf(heard.of('video-0')).length, patience).toBeGreaterThan(3);
  expect(heard.runs[0]?.run.renditions.map(({ name }) => name)).toEqual(['video-0', 'video-1', 'video-2', 'audio']);
  const keys = keysOf(heard.of('video-2'));
  for (const [name, size] of [
    ['video-0', { width: 160, height: 90 }],
    ['video-1', { width: 320, height: 180 }],
  ] as const) {
    await expect.poll(() => keysOf(heard.of(name)).length, patience).toBe(keys.length);
    for (const [index, startMs] of keysOf(heard.of(name)).entries()) expect(startMs).toBeCloseTo(keys[index] ?? NaN, 0);
    expect(heard.of(name)[0]?.init).toMatchObject({ size, timescale: 90_000, codec: expect.stringMatching(/^avc1\.42c0/) as string });
    const untilMs = keys.at(-1) ?? 0;
    const before = (rendition: string) => framesOf(heard.of(rendition).filter((one) => one.startMs < untilMs - 1));
    expect(before(name)).toBe(before('video-2'));
  }
  expect(bench.states.at(-1)).toEqual({ name: 'running', renditions: 2, reason: undefined });
});

test('an encoder that is killed is followed by another with the next key frame, and the original never waits', async () => {
  using bench = new Bench();
  void bench.feed({ heights: [360], seconds: 40, realTime: true });
  await expect.poll(() => bench.heard.of('video-0').length, patience).toBeGreaterThan(3);
  process.kill(bench.pids[0] ?? 0, 'SIGKILL');
  await expect.poll(() => bench.faults, patience).toEqual(['exited']);
  await expect.poll(() => bench.states.at(-1), patience).toMatchObject({ name: 'running', renditions: 2 });
  await expect.poll(() => new Set(bench.heard.of('video-0').map(({ init }) => init)).size, patience).toBe(2);
  expect(bench.heard.runs).toHaveLength(1);
});

test('an encoder that cannot keep up gives its largest picture up for a time', { timeout: 60_000 }, async () => {
  using bench = new Bench();
  void bench.feed({ heights: [360], seconds: 40, realTime: true });
  await expect.poll(() => bench.heard.of('video-0').length, patience).toBeGreaterThan(1);
  process.kill(bench.pids[0] ?? 0, 'SIGSTOP');
  await expect.poll(() => bench.faults, patience).toEqual(['behind']);
  const running = () => bench.states.flatMap((state) => (state.name === 'running' ? [state.renditions] : []));
  await expect.poll(running, patience).toEqual([2, 1, 2]);
  expect(bench.states.find(({ name }) => name === 'restarting')).toMatchObject({ detail: expect.stringContaining('too slow') as string });
});

test('an original that has grown for good begins a new run with more below it', async () => {
  using bench = new Bench();
  const run = syntheticRun({ heights: [180] });
  await bench.feed({ heights: [180], seconds: 3, withAudio: false }, run);
  await expect.poll(() => bench.heard.of('video-0').length, patience).toBeGreaterThan(3);
  for await (const fragment of makeFragments({ heights: [360], seconds: 8, withAudio: false })) {
    bench.ladder.fragment(run, { ...fragment, startMs: fragment.startMs + 3000 });
  }
  const [small, large] = bench.heard.runs;
  expect(small?.run.renditions.map(({ encoded }) => encoded?.height)).toEqual([90, undefined, undefined]);
  expect(small?.ending).toEqual({ cause: 'publisher-changed' });
  expect(large?.run).toMatchObject({ id: 2, beginsMs: expect.closeTo(8000, -2) as number });
  expect(large?.run.renditions.map(({ encoded }) => encoded?.height)).toEqual([90, 180, undefined, undefined]);
  expect([small, large].map((one) => one?.run.renditions.findLast(({ kind }) => kind === 'video')?.name)).toEqual(['video-2', 'video-2']);
});

test('without an encoder the original is shown as it is, and the state says why', async () => {
  using bench = new Bench('This FFmpeg has no libx264.');
  await bench.feed({ heights: [360], seconds: 1 });
  expect(bench.heard.runs[0]?.run.renditions.map(({ name }) => name)).toEqual(['video-0', 'audio']);
  expect(bench.states).toEqual([{ name: 'none', reason: 'This FFmpeg has no libx264.' }]);
  expect(bench.pids).toEqual([]);
});
