import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import type { StreamRegistry } from '../streams/registry.ts';
import type { StreamId } from '../streams/stream-id.ts';
import { ChildLedger } from './child-ledger.ts';
import type { FfmpegLauncher } from './ffmpeg-process.ts';
import type { RunEnding } from './fragment.ts';
import { FragmentHub, type FragmentReader } from './fragment-hub.ts';
import { type FfmpegAbilities, type NoFfmpeg, probeFfmpeg } from './tap/ffmpeg-abilities.ts';
import { PortPairs } from './tap/port-pairs.ts';
import { StreamTap, type TapDeps } from './tap/stream-tap.ts';
import { feasibilityOf, type Feasibilities } from './tap/tap-plan.ts';
import type { TapState } from './tap/tap-state.ts';

/** Who needs a tap. */
export type HoldReason = 'hls' | 'rtmp' | 'record' | 'thumbnail';

/** What strangers (metrics, API, logs) may listen to. */
export type EgressEvents = {
  state: [StreamId, TapState];
  runended: [StreamId, RunEnding];
};

/** What an {@link EgressSupervisor} works with. */
export interface EgressSupervisorOptions {
  readonly registry: StreamRegistry;
  readonly logger: Logger;
  /** Path of FFmpeg; undefined: there is none. */
  readonly ffmpeg: string | undefined;
  /** Path of util-linux's `setpriv`, which lets programs end with us even when we are killed; undefined: do without. */
  readonly setpriv: string | undefined;
  /** Whether video of a stream that HLS and RTMP cannot carry is encoded anew as H264. */
  readonly transcodes: (streamId: StreamId) => boolean;
  /** Of x264, where it is. Default `veryfast`. */
  readonly preset?: string;
  /** Where a list of running programs is kept; see {@link ChildLedger}. */
  readonly runFolder: string;
  /** How long a tap goes on when nobody needs it any more, in milliseconds. Default 10 000. */
  readonly lingerMs?: number;
  /** Between key frames that publishers are asked for while HLS, RTMP or recordings need them (to begin, to cut, to seek), in milliseconds. Default 2000. */
  readonly keyFrameIntervalMs?: number;
  /**
   * How soon after the first key frame publishers of one encoding are asked for the second, in milliseconds: the first segment of low-latency
   * HLS is so long. Default: as all others.
   */
  readonly secondKeyFrameMs?: ((streamId: StreamId) => number | undefined) | undefined;
}

/** A stream's tap with those who need it. */
interface Entry {
  readonly hub: FragmentHub;
  readonly tap: StreamTap;
  readonly reasons: Set<{ readonly reason: HoldReason }>;
  linger: NodeJS.Timeout | undefined;
}

/** Readers hear of the end when FFmpeg has given all it had. */
async function endTap({ tap, hub }: Entry): Promise<void> {
  await tap.stop();
  hub.end();
}

/** Every tap of the gateway: started when somebody needs one, ended when nobody does, or when its stream has ended. */
export class EgressSupervisor implements AsyncDisposable {
  readonly observer = new EventEmitter<EgressEvents>();
  /** FFmpeg and what it can do, or why there is none. */
  readonly ffmpeg: Promise<FfmpegAbilities | NoFfmpeg>;
  readonly #options: EgressSupervisorOptions;
  readonly #ledger: ChildLedger;
  readonly #deps: TapDeps;
  readonly #entries = new Map<StreamId, Entry>();
  /** Those that are ending. */
  readonly #ending = new Set<Promise<void>>();
  readonly #closing = new AbortController();

  /** Ends what a crash has left behind, and begins to ask FFmpeg what it can do; does not wait for that. */
  constructor(options: EgressSupervisorOptions) {
    this.#options = options;
    this.#ledger = ChildLedger.open(options.runFolder, (pids) => {
      options.logger.warn({ pids }, 'programs of a gateway that has crashed were ended');
    });
    this.ffmpeg = this.#probe();
    this.#deps = {
      logger: options.logger,
      ports: new PortPairs(Math.random()),
      ffmpeg: this.ffmpeg,
      launcher: ({ path }) => this.#launcher(path),
      transcodes: options.transcodes,
      preset: options.preset ?? 'veryfast',
    };
    options.registry.observer.on('tracks', this.#onTracks);
    options.registry.observer.on('idle', this.#onTracks);
    options.registry.observer.on('ended', this.#onEnded);
  }

  /**
   * Keeps the stream's tap running until the returned hold is disposed; a late reader gets the present run and its fragments since the last
   * key frame first. A stream that there is not (yet) is waited for. After `ended` the reader hears no more: hold again for another life.
   */
  hold(streamId: StreamId, reader: FragmentReader, reason: HoldReason): Disposable {
    if (this.#closing.signal.aborted) {
      reader.ended();
      return { [Symbol.dispose]: () => undefined };
    }
    const entry = this.#entries.get(streamId) ?? this.#open(streamId);
    clearTimeout(entry.linger);
    const need = { reason };
    entry.reasons.add(need);
    // The segment before the present one is there at once: a stream that is recorded, say, can be played without any wait.
    const seat = entry.hub.add(reader, { keyFrames: reason === 'hls' ? 2 : 1 });
    return {
      [Symbol.dispose]: () => {
        seat[Symbol.dispose]();
        if (entry.reasons.delete(need) && entry.reasons.size === 0) this.#lingerThenClose(streamId, entry);
      },
    };
  }

  /** What the stream's tap does; `stopped` when there is none. */
  state(streamId: StreamId): TapState {
    return this.#entries.get(streamId)?.tap.state ?? { name: 'stopped', since: new Date() };
  }

  /** What can be made of the stream as it is published now, and why not. Undefined while it is not live. */
  async feasibility(streamId: StreamId): Promise<Feasibilities | undefined> {
    const tracks = this.#options.registry.stream(streamId)?.tracks;
    if (tracks === undefined) return undefined;
    const abilities = await this.ffmpeg;
    if ('problem' in abilities) {
      const no = { possible: false, reason: abilities.problem } as const;
      return { hls: no, rtmp: no, record: no };
    }
    const video = tracks.find(({ description }) => description.kind === 'video');
    return feasibilityOf(video?.description.codec, { abilities, transcode: this.#options.transcodes(streamId) });
  }

  /** What starts FFmpeg for those who read fragments. Rejects with `ERR_EGRESS_UNAVAILABLE` where there is none. */
  async launcher(): Promise<FfmpegLauncher> {
    const abilities = await this.ffmpeg;
    if ('problem' in abilities) throw new GatewayError('ERR_EGRESS_UNAVAILABLE', abilities.problem);
    return this.#launcher(abilities.path);
  }

  /** Every tap that there is, for metrics and the API. */
  taps(): readonly {
    readonly streamId: StreamId;
    readonly state: TapState;
    readonly fragmentAgeMs: number | undefined;
    readonly pid: number | undefined;
  }[] {
    return [...this.#entries].map(([streamId, { tap }]) => ({
      streamId,
      state: tap.state,
      fragmentAgeMs: tap.fragmentAgeMs,
      pid: tap.pid,
    }));
  }

  /** How many pairs of UDP ports its programs have now. */
  get leasedPorts(): number {
    return this.#deps.ports.size;
  }

  /** Ends every tap, and resolves when no program is left. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    const { observer } = this.#options.registry;
    observer.off('tracks', this.#onTracks);
    observer.off('idle', this.#onTracks);
    observer.off('ended', this.#onEnded);
    for (const streamId of [...this.#entries.keys()]) this.#onEnded(streamId);
    await Promise.all(this.#ending);
    this.#ledger[Symbol.dispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  readonly #onTracks = (streamId: StreamId): void => {
    this.#entries.get(streamId)?.tap.tracksChanged();
  };

  readonly #onEnded = (streamId: StreamId): void => {
    const entry = this.#entries.get(streamId);
    if (entry !== undefined) this.#close(streamId, entry);
  };

  #open(streamId: StreamId): Entry {
    const hub = new FragmentHub({
      onReaderError: (error) => {
        this.#options.logger.error({ streamId, err: error }, 'reader of fragments failed');
      },
    });
    const reasons: Entry['reasons'] = new Set();
    const { registry, keyFrameIntervalMs = 2_000, secondKeyFrameMs } = this.#options;
    const needsKeyFrames = (): boolean => [...reasons].some(({ reason }) => reason !== 'thumbnail');
    const tap = new StreamTap({
      streamId,
      hub,
      deps: this.#deps,
      stream: () => registry.stream(streamId),
      keyFrameIntervalMs: () => (needsKeyFrames() ? keyFrameIntervalMs : undefined),
      secondKeyFrameMs: secondKeyFrameMs?.(streamId),
      onState: (state) => this.observer.emit('state', streamId, state),
      onRunEnded: (ending) => this.observer.emit('runended', streamId, ending),
    });
    const entry: Entry = { hub, tap, reasons, linger: undefined };
    this.#entries.set(streamId, entry);
    return entry;
  }

  #lingerThenClose(streamId: StreamId, entry: Entry): void {
    entry.linger = setTimeout(() => {
      this.#close(streamId, entry);
    }, this.#options.lingerMs ?? 10_000);
  }

  #close(streamId: StreamId, entry: Entry): void {
    clearTimeout(entry.linger);
    if (this.#entries.get(streamId) === entry) this.#entries.delete(streamId);
    const ending = endTap(entry);
    this.#ending.add(ending);
    void ending.finally(() => this.#ending.delete(ending));
  }

  #launcher(path: string): FfmpegLauncher {
    return { path, ledger: this.#ledger, setpriv: this.#options.setpriv };
  }

  async #probe(): Promise<FfmpegAbilities | NoFfmpeg> {
    const { ffmpeg, logger } = this.#options;
    if (ffmpeg === undefined) return { problem: 'There is no FFmpeg here; install it, or set egress.ffmpeg.' };
    const abilities = await probeFfmpeg(ffmpeg, this.#closing.signal);
    if (this.#closing.signal.aborted) return abilities;
    logger.info(abilities, 'problem' in abilities ? 'no usable FFmpeg: no HLS, RTMP and recordings' : 'FFmpeg found');
    return abilities;
  }
}
