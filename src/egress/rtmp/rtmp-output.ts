import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { StreamId } from '../../streams/stream-id.ts';
import type { FragmentReader } from '../fragment-hub.ts';
import type { Fragment, TapRun } from '../fragment.ts';
import type { EgressOutput, OutputEnding, OutputReport } from '../output.ts';
import { GopMemory } from './gop-memory.ts';
import { PushMeter } from './push-meter.ts';
import { planPush, type PushDecision, type PushPlan } from './push-plan.ts';
import { describePush, longGopAdvice } from './push-report.ts';
import { initialPushState, nextPushState, retryDelayMs, type PushEvent, type PushState } from './push-state.ts';
import { Push, type PushBeginning } from './push.ts';
import { byPreference, RenditionSwitch } from './rendition-switch.ts';
import type { RtmpOutputOptions } from './rtmp-output-options.ts';

/** How long a connection waits for a publisher that is gone, in milliseconds: one that comes back soon is told on without a new connection. */
const holdMs = 10_000;

type Beginning = { readonly name: 'push'; readonly plan: PushPlan; readonly run: TapRun; readonly choice: RenditionSwitch };

type Decision = Exclude<PushDecision, { readonly name: 'push' }> | Beginning;

interface PresentRun {
  readonly run: TapRun;
  readonly memory: GopMemory;
}

/** One RTMP target of one stream: keeps a connection to it while the stream is published, and tries again until it is stopped. */
export class RtmpOutput implements EgressOutput, FragmentReader {
  readonly kind = 'rtmp';
  readonly id: string;
  readonly streamId: StreamId;
  /** What people call it; unique within its stream. */
  readonly name: string;
  readonly #options: RtmpOutputOptions;
  readonly #log: Logger;
  readonly #meter = new PushMeter();
  /** Tells the loop to look again. */
  readonly #news = new EventEmitter<{ news: [] }>();
  readonly #stopping = new AbortController();
  readonly #loop: Promise<void>;
  #state: PushState = initialPushState(new Date());
  #run: PresentRun | undefined;
  #push: Push | undefined;
  #hold: NodeJS.Timeout | undefined;
  #attempts = 0;
  #hasWarned = false;
  #lastError: (OutputEnding & { readonly at: Date }) | undefined;
  #stopped: Promise<void> | undefined;

  constructor(options: RtmpOutputOptions) {
    this.#options = options;
    this.id = options.id;
    this.streamId = options.streamId;
    this.name = options.shown.name;
    this.#log = options.logger.child({ streamId: options.streamId, egress: options.id });
    this.#loop = this.#keepPushing();
  }

  report(): OutputReport {
    const { shown } = this.#state;
    const state = (shown.name === 'waiting' ? this.#options.trouble() : undefined) ?? shown;
    const details = describePush({
      ...this.#options.shown,
      state,
      attempts: this.#attempts,
      backlogBytes: this.#push?.backlogBytes ?? 0,
      rendition: this.#push?.rendition,
      lastError: this.#lastError,
      meter: this.#meter,
      isGopKnownLong: this.#options.isGopLong(),
      now: new Date(),
      nowMs: performance.now(),
    });
    return { id: this.id, kind: this.kind, streamId: this.streamId, state, details };
  }

  runStarted(run: TapRun): void {
    this.#run = { run, memory: new GopMemory() };
  }

  fragment(_run: TapRun, fragment: Fragment): void {
    this.#run?.memory.keep(fragment);
    if (this.#isHeld) this.#resume();
    else if (this.#push?.take(fragment) === false) void this.#push.finish(); // other tracks now: the loop connects anew
    this.#warnOfLongGop();
    this.#news.emit('news');
  }

  runEnded(): void {
    this.#run = undefined;
    this.#apply({ type: 'idle', reason: 'publisher' });
    const push = this.#push;
    if (push === undefined) return;
    push.pause();
    clearTimeout(this.#hold);
    this.#hold = setTimeout(() => void push.finish(), holdMs);
  }

  /** The stream has ended, so nobody comes back soon. */
  ended(): void {
    if (this.#run !== undefined) this.runEnded();
    void this.#push?.finish();
    this.#options.onStreamEnded();
  }

  /** Ends the connection as it should be ended. Resolves when it has. Idempotent. */
  async stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.#stopping.abort();
    this.#apply({ type: 'stopped' });
    this.#news.emit('news');
    await Promise.all([this.#push?.finish(), this.#loop]);
    this.#options.onStopped();
  }

  /** Whether the connection waits for a publisher that is gone. */
  get #isHeld(): boolean {
    return this.#push !== undefined && this.#hold !== undefined;
  }

  async #keepPushing(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const decision = this.#decide();
      if (decision.name === 'unfit' && this.#state.shown.name !== 'failed') this.#refuse(decision.ending);
      if (decision.name !== 'push') {
        await once(this.#news, 'news');
        continue;
      }
      const ending = await this.#pushOnce();
      if (ending !== undefined && !signal.aborted) await this.#pauseAfter(ending);
    }
  }

  /** One connection, from its attempt to its end. */
  async #pushOnce(): Promise<OutputEnding | undefined> {
    this.#attempts += 1;
    this.#options.observer.emit('attempted');
    this.#apply({ type: 'ready' });
    try {
      const [launcher, target] = await Promise.all([this.#options.launcher(), this.#options.target()]);
      const decision = this.#decide(); // the stream went on meanwhile
      if (decision.name !== 'push' || this.#stopping.signal.aborted) return undefined;
      this.#push = this.#connect({ launcher, target }, decision);
    } catch (error) {
      return { cause: 'failed', detail: error instanceof Error ? error.message : 'The push cannot be started.' };
    }
    const ending = await this.#push.ended;
    const wasHeld = this.#isHeld;
    this.#push = undefined;
    clearTimeout(this.#hold);
    this.#hold = undefined;
    return wasHeld ? undefined : ending; // nobody minds a connection that nothing went through
  }

  #decide(): Decision {
    if (this.#run === undefined) return { name: 'wait' };
    const { run, memory } = this.#run;
    const choice = new RenditionSwitch(byPreference(run.renditions, this.#options.encoding), memory);
    const decision = planPush(run, memory, choice);
    return decision.name === 'push' ? { ...decision, run, choice } : decision;
  }

  #connect(means: Pick<PushBeginning, 'launcher' | 'target'>, { run, plan, choice }: Beginning): Push {
    const { caFile } = this.#options;
    this.#meter.restart();
    const onProgress = (bytes: number): void => {
      this.#meter.took(bytes, performance.now());
      this.#options.observer.emit('sent', bytes);
      if (this.#push?.isAccepted === true && this.#state.shown.name === 'starting') this.#apply({ type: 'accepted' });
    };
    return new Push({ ...means, caFile, run, plan, choice, meter: this.#meter, onProgress });
  }

  /** Tells the next run on through the open connection, or makes way for another one. */
  #resume(): void {
    const decision = this.#decide();
    if (decision.name !== 'push' || this.#push?.isOpen !== true) return;
    if (!this.#push.resume(decision)) {
      void this.#push.finish();
      return;
    }
    clearTimeout(this.#hold);
    this.#hold = undefined;
    this.#apply({ type: 'ready' });
    this.#apply({ type: 'accepted' });
  }

  /** Once for each time that it begins. */
  #warnOfLongGop(): void {
    const isLong = this.#meter.isGopLong;
    if (isLong === this.#hasWarned) return;
    this.#hasWarned = isLong;
    if (isLong) this.#log.warn({ code: 'WARN_GOP_LONG', gopMs: this.#meter.gopMs }, longGopAdvice);
    this.#options.onChanged();
  }

  #refuse(ending: OutputEnding): void {
    this.#apply({ type: 'unfit', ending });
    this.#log.warn(ending, 'rtmp target cannot take this stream');
  }

  async #pauseAfter(ending: OutputEnding): Promise<void> {
    this.#lastError = { ...ending, at: new Date() };
    this.#options.observer.emit('broken', ending);
    this.#state = nextPushState(this.#state, { type: 'broken', ending }, new Date());
    const retryMs = retryDelayMs(this.#state.failures);
    this.#log.warn({ ...ending, attempt: this.#state.failures, retryMs }, 'rtmp target lost');
    if (this.#run === undefined) this.#state = nextPushState(this.#state, { type: 'idle', reason: 'publisher' }, new Date());
    this.#options.onChanged();
    await delay(retryMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined); // it is stopped
  }

  #apply(event: PushEvent): void {
    const before = this.#state.shown;
    this.#state = nextPushState(this.#state, event, new Date());
    const { shown } = this.#state;
    if (shown === before) return;
    if (shown.name !== before.name) this.#log.info({ state: shown.name }, 'rtmp target changed');
    this.#options.onChanged();
  }
}
