import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { LiveTrack } from '../../streams/publish-session.ts';
import type { Stream } from '../../streams/stream.ts';
import type { StreamId } from '../../streams/stream-id.ts';
import type { FfmpegLauncher } from '../ffmpeg-process.ts';
import type { RunEnding } from '../fragment.ts';
import type { FragmentHub } from '../fragment-hub.ts';
import type { FfmpegAbilities, NoFfmpeg } from './ffmpeg-abilities.ts';
import { flows, whichFlow } from './flowing-tracks.ts';
import type { PortPairs } from './port-pairs.ts';
import { goodRunMs, restartDelayMs } from './restart-delay.ts';
import { isPortTaken } from './tap-ending.ts';
import { TapLife } from './tap-life.ts';
import { planTap, type TapPlan } from './tap-plan.ts';
import type { TapState } from './tap-state.ts';

/** What every tap of a gateway works with. */
export interface TapDeps {
  readonly logger: Logger;
  readonly ports: PortPairs;
  /** FFmpeg, once it was asked what it can do. */
  readonly ffmpeg: Promise<FfmpegAbilities | NoFfmpeg>;
  readonly launcher: (abilities: FfmpegAbilities) => FfmpegLauncher;
  /** See `EgressSupervisorOptions`. */
  readonly transcodes: (streamId: StreamId) => boolean;
  /** Of x264, where video is encoded anew. */
  readonly preset: string;
}

/** What a {@link StreamTap} is told of its stream, and tells its owner. */
export interface TapOptions {
  readonly streamId: StreamId;
  readonly hub: FragmentHub;
  readonly deps: TapDeps;
  /** The stream, while there is one. */
  readonly stream: () => Stream | undefined;
  readonly keyFrameIntervalMs: () => number | undefined;
  readonly secondKeyFrameMs?: number | undefined;
  readonly onState: (state: TapState) => void;
  readonly onRunEnded: (ending: RunEnding) => void;
}

/** How often tracks that are silent are looked at, in milliseconds. */
const silentLookMs = 500;

/** One stream's tap: run after run of FFmpeg, as publishers come and go, until it is stopped. */
export class StreamTap {
  readonly #options: TapOptions;
  readonly #log: Logger;
  readonly #stopping = new AbortController();
  /** Replaced whenever the stream's tracks have changed. */
  #changed = new AbortController();
  #state: TapState = { name: 'waiting', since: new Date(), reason: waitsForPublisher };
  #life: TapLife | undefined;
  #runs = 0;
  /** Tracks of which fragments were given out. */
  #shown: readonly LiveTrack[] | undefined;
  #attempt = 1;
  readonly #done: Promise<void>;

  constructor(options: TapOptions) {
    this.#options = options;
    this.#log = options.deps.logger.child({ streamId: options.streamId });
    this.#done = this.#runUntilStopped();
  }

  get state(): TapState {
    return this.#state;
  }

  get fragmentAgeMs(): number | undefined {
    return this.#life?.fragmentAgeMs;
  }

  /** The number of its FFmpeg, while one runs. */
  get pid(): number | undefined {
    return this.#life?.pid;
  }

  /** The stream has other tracks now, or none. */
  tracksChanged(): void {
    this.#changed.abort();
    this.#changed = new AbortController();
    void this.#life?.stop(this.#tracks() === undefined ? { cause: 'publisher-gone' } : { cause: 'publisher-changed' });
  }

  /** Ends it: FFmpeg first, so that what it holds comes out. Resolves when it is gone. Idempotent. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all([this.#life?.stop(), this.#done]);
  }

  async #runUntilStopped(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const changed = this.#changed.signal;
      await this.#step(AbortSignal.any([signal, changed])).catch((error: unknown) => {
        this.#log.error({ err: error }, 'tap failed');
        return delay(1_000, undefined, { signal }).catch(() => undefined); // aborted: the loop ends
      });
    }
    this.#enter({ name: 'stopped', since: new Date() });
  }

  /** Waits for what is missing, or lives one life of FFmpeg. */
  async #step(interrupted: AbortSignal): Promise<void> {
    const ffmpeg = await this.#options.deps.ffmpeg;
    if (interrupted.aborted) return;
    const stream = this.#options.stream();
    const tracks = stream?.tracks;
    if (stream === undefined || tracks === undefined) return this.#wait(interrupted, waitsForPublisher);
    if ('problem' in ffmpeg) return this.#giveUp(interrupted, ffmpeg.problem);
    const flowing = await whichFlow(tracks, interrupted);
    if (interrupted.aborted) return;
    const described = tracks.map(({ description }, index) => ({ description, flows: flowing[index] === true }));
    const { streamId, deps } = this.#options;
    const plan = planTap(described, { abilities: ffmpeg, transcode: deps.transcodes(streamId) });
    if (plan === undefined) return this.#wait(interrupted, 'The publisher sends no media.', silentLookMs);
    if ('refused' in plan) return this.#giveUp(interrupted, plan.refused);
    await this.#live({ stream, tracks, plan, launcher: deps.launcher(ffmpeg) });
  }

  async #wait(interrupted: AbortSignal, reason: string, lookAgainMs = 2 ** 31 - 1): Promise<void> {
    this.#attempt = 1;
    if (this.#state.name !== 'waiting' || this.#state.reason !== reason) this.#enter({ name: 'waiting', since: new Date(), reason });
    await delay(lookAgainMs, undefined, { signal: interrupted }).catch(() => undefined); // aborted: what was waited for may be there
  }

  /** Until the stream has other tracks. */
  async #giveUp(interrupted: AbortSignal, detail: string): Promise<void> {
    this.#enter({ name: 'failed', since: new Date(), ending: { cause: 'failed', detail } });
    await delay(2 ** 31 - 1, undefined, { signal: interrupted }).catch(() => undefined); // aborted: other tracks
  }

  async #live({ stream, tracks, plan, launcher }: LifeParts): Promise<void> {
    this.#enter({ name: 'starting', since: new Date(), attempt: this.#attempt });
    const startedAt = performance.now();
    const ending = await this.#oneLife({ stream, tracks, plan, launcher });
    this.#options.hub.endRun(ending);
    this.#options.onRunEnded(ending);
    if (this.#stopping.signal.aborted || ending.cause === 'stopped') return;
    const wasGood = performance.now() - startedAt > goodRunMs;
    // Without media the next step waits, so this cannot spin.
    if (ending.cause === 'publisher-changed' || ending.cause === 'publisher-gone') this.#attempt = 1;
    else await this.#rest(ending, wasGood);
  }

  async #oneLife({ stream, tracks, plan, launcher }: LifeParts): Promise<RunEnding> {
    const { deps, keyFrameIntervalMs, secondKeyFrameMs } = this.#options;
    try {
      await using life = await TapLife.open({
        launcher,
        preset: deps.preset,
        ports: deps.ports,
        media: stream.media,
        tracks: incomingOf(tracks),
        plan,
        // What readers were given already is not given to them again.
        replays: this.#shown !== tracks && stream.publisher?.isDeaf === true,
        keyFrameIntervalMs,
        secondKeyFrameMs,
      });
      this.#life = life;
      if (this.#stopping.signal.aborted || this.#tracks() !== tracks) await life.stop({ cause: 'publisher-changed' });
      this.#hear(life, { plan, tracks });
      using _watch = this.#watchSilentTracks(life, tracks, plan);
      const ending = await life.ended;
      life.events.removeAllListeners(); // what still comes out of a pipe belongs to no run
      return ending;
    } catch (error) {
      this.#log.debug({ err: error }, 'tap could not be opened');
      return { cause: 'failed', detail: error instanceof Error ? error.message : String(error) };
    } finally {
      this.#life = undefined;
    }
  }

  /** The run begins with its first fragment: the wall clock at its zero is known then. */
  #hear(life: TapLife, { plan, tracks }: Pick<LifeParts, 'plan' | 'tracks'>): void {
    const { hub } = this.#options;
    let begun = false;
    life.events.on('fragment', (fragment) => {
      if (!begun) {
        begun = true;
        this.#runs += 1;
        this.#shown = tracks;
        hub.startRun({ id: this.#runs, startedAt: life.startedAt ?? new Date(), renditions: plan.renditions });
        this.#enter({ name: 'running', since: new Date(), runId: this.#runs });
      }
      hub.push(fragment);
    });
  }

  /** A track that was silent at the start needs a new run when it comes: FFmpeg is told at the start what it gets. */
  #watchSilentTracks(life: TapLife, tracks: readonly LiveTrack[], plan: TapPlan): Disposable {
    const silent = tracks.filter((_track, index) => !plan.legs.some(({ track }) => track === index));
    const timer = setInterval(() => {
      void Promise.all(silent.map(flows))
        .then(async (now) => (now.includes(true) ? life.stop({ cause: 'publisher-changed' }) : undefined))
        .catch(() => undefined); // a track that has gone ends the run by itself
    }, silentLookMs);
    if (silent.length === 0) clearInterval(timer);
    return {
      [Symbol.dispose]: () => {
        clearInterval(timer);
      },
    };
  }

  async #rest(ending: RunEnding, wasGood: boolean): Promise<void> {
    const attempt = wasGood ? 1 : this.#attempt;
    const delayMs = isPortTaken(ending) ? 0 : restartDelayMs(attempt);
    this.#log.warn({ ending, attempt, delayMs }, 'tap ended, and is started again');
    this.#enter({ name: 'restarting', since: new Date(), attempt, ending, retryAt: new Date(Date.now() + delayMs) });
    this.#attempt = attempt + 1;
    const signal = AbortSignal.any([this.#stopping.signal, this.#changed.signal]);
    await delay(delayMs, undefined, { signal }).catch(() => undefined); // aborted: other tracks are a new chance
  }

  #tracks(): readonly LiveTrack[] | undefined {
    return this.#options.stream()?.tracks;
  }

  #enter(state: TapState): void {
    this.#state = state;
    this.#options.onState(state);
  }
}

interface LifeParts {
  readonly stream: Stream;
  readonly tracks: readonly LiveTrack[];
  readonly plan: TapPlan;
  readonly launcher: FfmpegLauncher;
}

const waitsForPublisher = 'The stream has no publisher now.';

const incomingOf = (tracks: readonly LiveTrack[]) => tracks.map(({ description, incoming }) => ({ description, incoming }));
