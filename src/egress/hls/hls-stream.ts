import { GatewayError } from '../../errors.ts';
import type { StreamId } from '../../streams/stream-id.ts';
import type { FragmentReader } from '../fragment-hub.ts';
import type { Fragment, RunEnding, TapRun } from '../fragment.ts';
import type { LadderState } from '../ladder/ladder-state.ts';
import type { EgressOutput, OutputReport, OutputState } from '../output.ts';
import { ChangeSignal, type Patience } from './change-signal.ts';
import { LadderPackager } from './ladder-packager.ts';
import { writeMultivariantPlaylist } from './multivariant-playlist.ts';
import { audioName, type Packager } from './packager.ts';
import { PartPackager } from './part-packager.ts';
import { hasCome, isTooFar, partMs, reloadWaitMs, type Awaited, type Newest } from './reload.ts';
import { PlaylistShelf, type Playlist } from './playlist-shelf.ts';
import { multivariantPlaylistOf, targetDurationS } from './playlist-views.ts';
import { Presentation } from './presentation.ts';
import { reportRendition } from './rendition-report.ts';
import type { MediaFile } from './segment.ts';

/** How streams are packaged. */
export interface HlsSettings {
  /** How long segments should be, in milliseconds. */
  readonly segmentMs: number;
  /** Complete segments in a playlist. */
  readonly listed: number;
  /** Parts for runs with one video encoding (LL-HLS). */
  readonly lowLatency: boolean;
  /** Media that one stream may hold, in bytes; three segments are held whatever they take. */
  readonly mostBytes: number;
}

/** What an {@link HlsStream} works with. */
export interface HlsStreamOptions {
  readonly streamId: StreamId;
  readonly settings: HlsSettings;
  /** Gives names that nobody can guess. */
  readonly newName: () => string;
  /** Whether there is such a stream; false: it is waited for. */
  readonly isThere: boolean;
  /** What becomes of the smaller pictures that are to be made of it; undefined: there are to be none. */
  readonly ladder: () => LadderState | undefined;
  /** Told when {@link HlsStream.report} has something new to say. */
  readonly onChange: (stream: HlsStream) => void;
  /** Told when it is asked to stop. */
  readonly onStop: (stream: HlsStream) => void;
}

/** How long a request waits for a part that a playlist promised, in milliseconds. */
const promiseMs = 3_000;

/** One stream as HLS: packages its fragments, and answers for files and playlists from memory. */
export class HlsStream implements FragmentReader, EgressOutput {
  readonly id = 'hls';
  readonly kind = 'hls';
  readonly streamId: StreamId;
  readonly presentation: Presentation;
  readonly #options: HlsStreamOptions;
  readonly #shelf: PlaylistShelf;
  readonly #changes = new ChangeSignal();
  readonly #keys = new Map<string, Fragment>();
  #run: TapRun | undefined;
  #packager: Packager | undefined;
  #state: OutputState;
  #ended = false;
  #endsAt = 0;
  #bytesSent = 0;
  #viewers = 0;

  constructor(options: HlsStreamOptions) {
    const { settings, newName } = options;
    this.streamId = options.streamId;
    this.#options = options;
    this.#state = options.isThere ? { name: 'starting', since: new Date() } : { name: 'waiting', since: new Date(), reason: 'publisher' };
    this.presentation = new Presentation({ listed: settings.listed, mostBytes: settings.mostBytes, newName });
    this.#shelf = new PlaylistShelf(this.presentation, { segmentMs: settings.segmentMs, partMs: settings.lowLatency ? partMs : undefined });
  }

  /** Nothing follows: the stream has ended. */
  get hasEnded(): boolean {
    return this.#ended;
  }

  /** Every rendition that there is to play has a segment. */
  get isPlayable(): boolean {
    if (this.#run === undefined) return false;
    const names = [audioName, ...this.#run.renditions.map(({ name }) => name), ...this.presentation.renditions];
    return names.every((name) => this.presentation.listed(name).some(({ segment }) => segment.complete));
  }

  runStarted(run: TapRun): void {
    this.#run = run;
    if (run.renditions.some(({ name }) => name === 'webm')) {
      const detail = 'HLS cannot carry VP8 as it is: publish H264, or set streams.default.transcode.';
      this.#become({ name: 'failed', since: new Date(), ending: { cause: 'codec', detail } });
      return;
    }
    const { settings } = this.#options;
    const options = {
      run,
      presentation: this.presentation,
      segmentMs: settings.segmentMs,
      partMs,
      epochMs: Math.max(run.startedAt.getTime(), this.#endsAt - (run.beginsMs ?? 0)), // clocks that were set back would confuse players
      keys: this.#keys,
    };
    const isSingle = run.renditions.filter(({ kind }) => kind === 'video').length <= 1;
    this.#packager = isSingle && settings.lowLatency ? new PartPackager(options) : new LadderPackager(options);
    this.#become({ name: 'starting', since: new Date() });
  }

  fragment(_run: TapRun, fragment: Fragment): void {
    const { version } = this.presentation;
    this.#packager?.push(fragment);
    if (this.presentation.version === version) return;
    if (this.#state.name === 'starting' && this.isPlayable) this.#become({ name: 'running', since: new Date() });
    this.#changes.tell();
  }

  runEnded(_run: TapRun, { cause }: RunEnding): void {
    this.#packager?.end();
    this.#packager = undefined;
    const ends = this.presentation.renditions.map((name) => this.presentation.listed(name).at(-1)?.segment);
    this.#endsAt = Math.max(this.#endsAt, ...ends.map((last) => (last === undefined ? 0 : last.startsAt + last.durationMs)));
    if (!this.#ended) this.#become({ name: 'waiting', since: new Date(), reason: cause });
  }

  ended(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#packager?.end();
    this.#packager = undefined;
    this.#become({ name: 'stopped', since: new Date() });
  }

  /**
   * Waits until there is something to play.
   *
   * Throws `ERR_CODEC_UNSUPPORTED` where there will never be, `ERR_STREAM_NOT_FOUND` when the stream ends and `ERR_HLS_NOT_READY`
   * when the time is over.
   */
  async whenPlayable(patience: Patience): Promise<void> {
    await this.#changes.until({ name: 'playable', holds: () => this.isPlayable || this.#ended || this.#state.name === 'failed' }, patience);
    if (this.#state.name === 'failed') throw new GatewayError('ERR_CODEC_UNSUPPORTED', this.#state.ending.detail);
    if (this.#ended) throw new GatewayError('ERR_STREAM_NOT_FOUND', 'This stream has ended.');
    if (!this.isPlayable) throw notReady();
  }

  /** The multivariant playlist, whose media playlists are in `directory`. */
  multivariant(directory: string): string {
    const videos = (this.#run?.renditions ?? []).filter(({ kind }) => kind === 'video');
    return writeMultivariantPlaylist(multivariantPlaylistOf(this.presentation, videos, directory));
  }

  /**
   * A media playlist, once it has what is awaited; as it is if that takes too long, because players give up after a few errors but not while
   * a publisher is away. Undefined for a rendition that there is not.
   *
   * Throws `ERR_REQUEST_INVALID` when what is awaited is too far in the future.
   */
  async mediaPlaylist(rendition: string, awaited: Awaited | undefined, signal: AbortSignal): Promise<Playlist | undefined> {
    const newest = this.#newest(rendition);
    if (newest === undefined) return undefined;
    if (awaited !== undefined && isTooFar(awaited, newest)) {
      throw new GatewayError('ERR_REQUEST_INVALID', 'This playlist cannot wait for a segment that far ahead.');
    }
    if (awaited !== undefined) await this.#untilCome(rendition, awaited, signal);
    return this.#shelf.media(rendition, this.#ended);
  }

  /** A file by its name, waited for where it is a part that a playlist promised. */
  async file(name: string, signal: AbortSignal): Promise<MediaFile | undefined> {
    if (this.presentation.file(name) === undefined && this.presentation.isPromised(name)) {
      const holds = (): boolean => this.#ended || this.presentation.file(name) !== undefined;
      await this.#changes.until({ name: `file ${name}`, holds }, { timeoutMs: promiseMs, signal });
    }
    return this.presentation.file(name);
  }

  /** Bytes that went to viewers. */
  get bytesSent(): number {
    return this.#bytesSent;
  }

  /** Counts what went to viewers. */
  countSent(bytes: number): void {
    this.#bytesSent += bytes;
  }

  /** How many viewers there are. */
  set viewers(count: number) {
    this.#viewers = count;
    this.#options.onChange(this);
  }

  get viewers(): number {
    return this.#viewers;
  }

  /** Tells of every change of the playlists until the result is disposed of. */
  onChange(listener: () => void): Disposable {
    return this.#changes.listen(listener);
  }

  report(): OutputReport {
    const renditions = (this.#run?.renditions ?? []).map(({ name }) => reportRendition(this.presentation, name));
    return {
      id: this.id,
      kind: this.kind,
      streamId: this.streamId,
      state: this.#state,
      details: {
        viewers: this.#viewers,
        bytesSent: this.#bytesSent,
        bytesHeld: this.presentation.bytes,
        lowLatency: this.#packager instanceof PartPackager,
        ladder: this.#options.ladder(),
        renditions,
      },
    };
  }

  async stop(): Promise<void> {
    this.ended();
    this.#options.onStop(this);
  }

  #become(state: OutputState): void {
    this.#state = state;
    this.#options.onChange(this);
    this.#changes.tell();
  }

  async #untilCome(rendition: string, awaited: Awaited, signal: AbortSignal): Promise<void> {
    const timeoutMs = reloadWaitMs(awaited, 1000 * targetDurationS(this.presentation, this.#options.settings.segmentMs));
    const holds = (): boolean => {
      const newest = this.#newest(rendition);
      return this.#ended || (newest !== undefined && hasCome(awaited, newest));
    };
    await this.#changes.until({ name: `${rendition} ${awaited.number} ${awaited.part ?? 'whole'}`, holds }, { timeoutMs, signal });
  }

  #newest(rendition: string): Newest | undefined {
    return this.presentation.listed(rendition).at(-1);
  }
}

function notReady(): GatewayError {
  return new GatewayError('ERR_HLS_NOT_READY', 'There is nothing to play yet: no key frame came, or nobody publishes now. Try again.', {
    retryAfterSeconds: 2,
  });
}
