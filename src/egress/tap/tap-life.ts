import { EventEmitter } from 'node:events';
import { type FfmpegLauncher, FfmpegProcess } from '../ffmpeg-process.ts';
import type { Fragment, RunEnding } from '../fragment.ts';
import { RenditionParser } from '../rendition-parser.ts';
import { WebmParser } from '../webm-parser.ts';
import { waitUntilBound } from './bound-ports.ts';
import { CatchUp } from './catch-up.ts';
import { untilKeyFrames } from './first-key-frames.ts';
import { KeyFramePace } from './key-frame-pace.ts';
import { RenditionFeed } from './rendition-feed.ts';
import { tapArguments } from './tap-arguments.ts';
import { tapEnding } from './tap-ending.ts';
import { describeLegs, type LegOptions, openLegs } from './tap-legs.ts';
import { TapJudge } from './tap-watch.ts';

/** What a {@link TapLife} works with. */
export interface TapLifeOptions extends Omit<LegOptions, 'onProblem'> {
  readonly launcher: FfmpegLauncher;
  /** Of x264, where video is encoded anew. */
  readonly preset: string;
  /** Between key frames that the publisher is asked for, in milliseconds; undefined: only the first. */
  readonly keyFrameIntervalMs: () => number | undefined;
  /** How soon after the first key frame a publisher of one encoding is asked for the second, in milliseconds; undefined: as for all others. */
  readonly secondKeyFrameMs?: number | undefined;
}

/** What the owner of a run listens to. */
export type TapLifeEvents = { fragment: [Fragment] };

/** How long FFmpeg may take to bind its ports, in milliseconds. */
const bindMs = 5_000;

const watchMs = 500;
const paceMs = 50;

/** One life of a tap's FFmpeg: its RTP legs, its process and its pipes. Ends by itself when any of them does; nothing is left behind then. */
export class TapLife implements AsyncDisposable {
  readonly events = new EventEmitter<TapLifeEvents>();
  /** Why it ended, once everything of it is gone; never rejects. */
  readonly ended: Promise<RunEnding>;
  readonly #options: TapLifeOptions;
  readonly #process: FfmpegProcess;
  readonly #feeds: readonly RenditionFeed[];
  readonly #resources: DisposableStack;
  readonly #over = new AbortController();
  #startedAt: Date | undefined;
  /** Of a run that begins in the past. */
  #catchUp: CatchUp | undefined;
  #pace: KeyFramePace | undefined;
  #ending: RunEnding | undefined;

  /** Opens the legs and starts FFmpeg. Throws `ERR_MEDIA_UNAVAILABLE` when a track has gone, `RangeError` when no port is free. */
  static async open(options: TapLifeOptions): Promise<TapLife> {
    using acquired = new DisposableStack();
    const { plan } = options;
    const { promise: problem, resolve: onProblem } = Promise.withResolvers<string>();
    const { legs, ports, resources } = await openLegs({ ...options, onProblem });
    acquired.use(resources);
    const feeds = legs.map(
      (leg, index) => new RenditionFeed(plan.renditions[index] ?? { name: 'webm', kind: leg.kind, rid: undefined }, leg),
    );
    const intervalMs = options.keyFrameIntervalMs() ?? 2_000;
    const process = new FfmpegProcess(
      options.launcher,
      tapArguments(plan, { keyFrameSeconds: intervalMs / 1000, preset: options.preset, replays: options.replays }),
      {
        input: describeLegs(options, { legs, ports }),
        outputs: plan.renditions.length,
      },
    );
    return new TapLife(options, { feeds, process, ports, problem, resources: acquired.move() });
  }

  private constructor(
    options: TapLifeOptions,
    parts: {
      readonly feeds: readonly RenditionFeed[];
      readonly process: FfmpegProcess;
      readonly ports: readonly number[];
      readonly problem: Promise<string>;
      readonly resources: DisposableStack;
    },
  ) {
    this.#options = options;
    this.#process = parts.process;
    this.#feeds = parts.feeds;
    this.#resources = parts.resources;
    for (const feed of this.#feeds) this.#follow(feed);
    for (const [index] of options.plan.renditions.entries()) this.#read(index);
    void this.#feed(parts.ports);
    void this.#hearOfProblems(parts.problem);
    this.ended = this.#untilEnded();
  }

  /** Since the last fragment of any rendition (audio may be muted for long), in milliseconds; undefined before the first. */
  get fragmentAgeMs(): number | undefined {
    const ages = this.#feeds.flatMap((feed) => feed.ageMs(performance.now()) ?? []);
    return ages.length === 0 ? undefined : Math.min(...ages);
  }

  /** The wall clock at its 0; undefined before the first fragment. */
  get startedAt(): Date | undefined {
    return this.#startedAt;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Ends it: what FFmpeg holds comes out first, as far as it does so at once. The first ending counts. */
  async stop(ending: RunEnding = { cause: 'stopped' }): Promise<void> {
    this.#ending ??= ending;
    await this.#process.interrupt(); // before the legs are closed: FFmpeg does not hear it while it waits for packets
    await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Ends it at once. */
  #fail(ending: RunEnding): void {
    this.#ending ??= ending;
    this.#process.kill();
  }

  async #hearOfProblems(problem: Promise<string>): Promise<void> {
    this.#fail({ cause: 'failed', detail: await problem });
  }

  async #untilEnded(): Promise<RunEnding> {
    const exit = await this.#process.ended;
    for (const left of this.#catchUp?.flush() ?? []) this.events.emit('fragment', left);
    this.#over.abort();
    this.#resources.dispose();
    return tapEnding({ exit, ours: this.#ending });
  }

  #follow(feed: RenditionFeed): void {
    feed.leg.events.on('keyframe', () => {
      const now = performance.now();
      feed.keyFrameSent(now);
      // The lowest encoding's are what everything is cut at; a viewer may cause one of another encoding at any time.
      if (feed === this.#feeds[0]) this.#pace?.keyFrame(now);
    });
    feed.leg.events.once('ended', () => {
      void this.stop({ cause: 'publisher-gone' });
    });
  }

  #read(index: number): void {
    const { plan } = this.#options;
    const rendition = plan.renditions[index];
    const feed = this.#feeds[index];
    if (rendition === undefined || feed === undefined) throw new TypeError('a rendition has a leg');
    const parser = plan.container === 'webm' ? new WebmParser(rendition.name) : new RenditionParser(rendition.name);
    const pipe = this.#process.output(index);
    pipe.on('error', () => undefined); // the process has ended, and tells why itself
    pipe.on('data', (chunk: Buffer) => {
      try {
        for (const fragment of parser.push(chunk)) {
          feed.took(fragment, performance.now());
          this.#give(feed, fragment);
        }
      } catch (error) {
        this.#fail({ cause: 'failed', detail: error instanceof Error ? error.message : String(error) });
      }
    });
  }

  #give(feed: RenditionFeed, fragment: Fragment): void {
    this.#startedAt ??= feed.zeroAt(fragment);
    if (feed.leg.since !== undefined) this.#catchUp ??= new CatchUp(this.#options.plan.renditions.map(({ name }) => name));
    const due = this.#catchUp?.push(fragment, Date.now() - this.#startedAt.getTime()) ?? [fragment];
    for (const each of due) this.events.emit('fragment', each);
  }

  /** Lets packets through in the one order that works: video when FFmpeg listens, audio when every encoding has shown a key frame. */
  async #feed(ports: readonly number[]): Promise<void> {
    const { signal } = this.#over;
    try {
      const pairs = ports.flatMap((port) => [port, port + 1]);
      if (!(await waitUntilBound(pairs, bindMs, signal))) {
        this.#fail({ cause: 'stalled', detail: 'FFmpeg did not open its ports' });
        return;
      }
      const [videos, audios] = (['video', 'audio'] as const).map((kind) => this.#feeds.filter(({ leg }) => leg.kind === kind));
      await Promise.all((videos ?? []).map(async (feed) => feed.resume(performance.now())));
      // mediasoup tells no key frames of AV1.
      const told = (videos ?? []).filter((_feed, index) => this.#options.plan.legs[index]?.codec !== 'AV1');
      await untilKeyFrames(told, signal);
      await Promise.all((audios ?? []).map(async (feed) => feed.resume(performance.now())));
      this.#watch();
      this.#keepPace(videos ?? []);
    } catch (error) {
      if (!signal.aborted) this.#fail({ cause: 'failed', detail: error instanceof Error ? error.message : String(error) });
    }
  }

  #watch(): void {
    const judge = new TapJudge();
    this.#every(watchMs, async () => {
      await Promise.all(this.#feeds.map(async (feed) => feed.look(performance.now())));
      const facts = this.#renditionFacts();
      const problem = judge.look(facts, performance.now());
      if (problem !== undefined) this.#fail({ cause: 'stalled', detail: problem });
    });
  }

  /** In WebM, the one output is judged by the video alone. */
  #renditionFacts() {
    const { renditions } = this.#options.plan;
    return this.#feeds.slice(0, renditions.length).flatMap((feed) => feed.facts ?? []);
  }

  #keepPace(videos: readonly RenditionFeed[]): void {
    if (videos.length === 0) return;
    const { secondKeyFrameMs } = this.#options;
    this.#every(paceMs, async () => {
      const intervalMs = this.#options.keyFrameIntervalMs();
      if (intervalMs === undefined) this.#pace = undefined;
      else this.#pace ??= new KeyFramePace(intervalMs, performance.now(), videos.length === 1 ? secondKeyFrameMs : undefined);
      // All encodings together, so that they can be cut together.
      if (this.#pace?.wants(performance.now()) === true) await Promise.all(videos.map(async ({ leg }) => leg.requestKeyFrame()));
    });
  }

  /** Repeats a step until the run is over; a step that fails because the run is over is none. */
  #every(intervalMs: number, step: () => Promise<void>): void {
    const { signal } = this.#over;
    const timer = setInterval(() => {
      step().catch((error: unknown) => {
        if (!signal.aborted) this.#fail({ cause: 'failed', detail: error instanceof Error ? error.message : String(error) });
      });
    }, intervalMs);
    signal.addEventListener('abort', () => {
      clearInterval(timer);
    });
    if (signal.aborted) clearInterval(timer);
  }
}
