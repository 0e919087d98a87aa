import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { GatewayError } from '../../errors.ts';
import type { SessionClient } from '../../streams/seats.ts';
import type { StreamId } from '../../streams/stream-id.ts';
import type { OutputList } from '../output-list.ts';
import type { LadderSource } from '../ladder/ladder-source.ts';
import type { EgressOutput } from '../output.ts';
import type { Patience } from './change-signal.ts';
import { HlsDirectory } from './hls-directory.ts';
import { HlsStream, type HlsSettings } from './hls-stream.ts';
import { HlsViewers, type HlsViewer } from './hls-viewers.ts';

/** When a stream is packaged: when somebody asks, from its publisher's first media on, or never. */
export type HlsPolicy = 'on-demand' | 'always' | 'off';

/** Where fragments come from, and what became of the smaller pictures that are made of them. */
export type FragmentSource = Pick<LadderSource, 'ffmpeg' | 'feasibility' | 'hold' | 'ladder'>;

/** What {@link HlsEgress} works with. */
export interface HlsEgressOptions {
  readonly source: FragmentSource;
  readonly outputs: OutputList;
  readonly settings: HlsSettings;
  readonly policyOf: (streamId: StreamId) => HlsPolicy;
  /** Whether there is such a stream, live or waiting for its publisher. */
  readonly exists: (streamId: StreamId) => boolean;
  /** Takes a viewer's seat, which it has until `endsAt`. Throws what limits say. */
  readonly admit: (streamId: StreamId, client: SessionClient) => { readonly seat: Disposable; readonly endsAt: Date | undefined };
  readonly logger: Logger;
  /** How long a stream is packaged after its last viewer, in milliseconds. */
  readonly lingerMs: number;
  /** Also write everything to this directory. Default: no. */
  readonly directory?: string | undefined;
  /** A viewer that asked for nothing for this long is gone, in milliseconds. Default 20 000. */
  readonly viewerIdleMs?: number;
}

/** A viewer and what it watches. */
export interface HlsVisit {
  readonly viewer: HlsViewer;
  readonly stream: HlsStream;
}

interface Packaged {
  readonly stream: HlsStream;
  readonly resources: DisposableStack;
  /** On the clock of `performance.now()`: when it was last watched, or began. */
  watchedAt: number;
}

const viewerIdleMs = 20_000;
const sweepMs = 1_000;

/** How long the playlists of a stream that has ended say so, in milliseconds. */
const farewellMs = 30_000;

/** Every stream that is packaged as HLS, and everybody who watches one. */
export class HlsEgress implements Disposable {
  readonly #options: HlsEgressOptions;
  readonly #streams = new Map<StreamId, Packaged>();
  /** Streams that an operator has packaged until they end. */
  readonly #kept = new Set<StreamId>();
  readonly #viewers: HlsViewers;
  /** Of streams that are packaged no more. */
  #bytesSent = 0;
  readonly #timer: NodeJS.Timeout;
  #closed = false;

  constructor(options: HlsEgressOptions) {
    this.#options = options;
    this.#viewers = new HlsViewers({ idleMs: options.viewerIdleMs ?? viewerIdleMs, newSecret: newName });
    this.#timer = setInterval(() => this.#sweep(), sweepMs).unref();
  }

  /** Packages a stream that has gone live, where its policy says always. */
  live(streamId: StreamId): void {
    if (this.#options.policyOf(streamId) === 'always') this.#package(streamId);
  }

  /**
   * Packages a stream that there is until it ends, whoever watches.
   *
   * Throws `ERR_EGRESS_EXISTS` where that is done already, `ERR_HLS_DISABLED`, `ERR_STREAM_NOT_FOUND`, `ERR_CODEC_UNSUPPORTED` and
   * `ERR_EGRESS_UNAVAILABLE`.
   */
  async keep(streamId: StreamId): Promise<EgressOutput> {
    await this.#streamFor(streamId);
    return this.restore(streamId);
  }

  /** The same for a stream that there was before a restart, and that may come back: it is waited for. Throws the first two of these. */
  restore(streamId: StreamId): EgressOutput {
    this.#refuseDisabled(streamId);
    if (this.#kept.has(streamId)) throw new GatewayError('ERR_EGRESS_EXISTS', 'This stream is packaged until it ends already.');
    const stream = this.#package(streamId);
    this.#kept.add(streamId);
    return stream;
  }

  /**
   * Lets a viewer in, who may have to wait until there is something to play.
   *
   * Throws `ERR_HLS_DISABLED`, `ERR_STREAM_NOT_FOUND`, `ERR_HLS_NOT_READY`, `ERR_CODEC_UNSUPPORTED`, `ERR_EGRESS_UNAVAILABLE`, and what limits
   * say.
   */
  async enter(streamId: StreamId, { client, ...patience }: Patience & { readonly client: SessionClient }): Promise<HlsVisit> {
    const stream = await this.#streamFor(streamId);
    using acquired = new DisposableStack();
    const { seat, endsAt } = this.#options.admit(streamId, client);
    acquired.use(seat);
    await stream.whenPlayable(patience);
    if (patience.signal.aborted) throw new GatewayError('ERR_REQUEST_ABORTED', 'The request was aborted.');
    const viewer = this.#viewers.add({ streamId, endsAt, seat: acquired.move() });
    this.#count(streamId);
    return { viewer, stream };
  }

  /** The same, without letting anybody in: for HEAD. */
  async look(streamId: StreamId, patience: Patience): Promise<HlsStream> {
    const stream = await this.#streamFor(streamId);
    await stream.whenPlayable(patience);
    return stream;
  }

  /** A viewer by its secret, who is there now. Throws `ERR_SESSION_NOT_FOUND`, the same for one that is gone and one that never was. */
  find(streamId: StreamId, secret: string): HlsVisit {
    const viewer = this.#viewers.find(streamId, secret);
    const packaged = this.#streams.get(streamId);
    if (viewer === undefined || packaged === undefined) {
      throw new GatewayError('ERR_SESSION_NOT_FOUND', 'There is no such session, or it has ended: begin anew with index.m3u8.');
    }
    packaged.watchedAt = performance.now();
    return { viewer, stream: packaged.stream };
  }

  /** What is packaged of a stream; undefined: nothing. */
  stream(streamId: StreamId): HlsStream | undefined {
    return this.#streams.get(streamId)?.stream;
  }

  /** What all streams come to. */
  totals(): { readonly streams: number; readonly viewers: number; readonly bytesSent: number; readonly bytesHeld: number } {
    const streams = [...this.#streams.values()].map(({ stream }) => stream);
    return {
      streams: streams.filter(({ hasEnded }) => !hasEnded).length,
      viewers: streams.reduce((sum, { viewers }) => sum + viewers, 0),
      bytesSent: streams.reduce((sum, { bytesSent }) => sum + bytesSent, this.#bytesSent),
      bytesHeld: streams.reduce((sum, { presentation }) => sum + presentation.bytes, 0),
    };
  }

  [Symbol.dispose](): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    this.#viewers.clear();
    for (const streamId of [...this.#streams.keys()]) this.#drop(streamId);
  }

  #refuseDisabled(streamId: StreamId): void {
    if (this.#options.policyOf(streamId) !== 'off') return;
    throw new GatewayError('ERR_HLS_DISABLED', 'This stream is not served as HLS (streams.default.hls is off for it). Use WHEP.');
  }

  async #streamFor(streamId: StreamId): Promise<HlsStream> {
    this.#refuseDisabled(streamId);
    if (this.#options.exists(streamId)) await this.#refuseImpossible(streamId);
    const stream = this.#options.exists(streamId) && !this.#closed ? this.#package(streamId) : undefined;
    if (stream === undefined || stream.hasEnded)
      throw new GatewayError('ERR_STREAM_NOT_FOUND', 'There is no such stream, or it has ended.');
    return stream;
  }

  async #refuseImpossible(streamId: StreamId): Promise<void> {
    const { source } = this.#options;
    const abilities = await source.ffmpeg;
    if ('problem' in abilities) throw new GatewayError('ERR_EGRESS_UNAVAILABLE', `There is no HLS here: ${abilities.problem}`);
    const hls = (await source.feasibility(streamId))?.hls;
    if (hls?.possible === false) throw new GatewayError('ERR_CODEC_UNSUPPORTED', hls.reason);
  }

  /** Begins to package a stream, if it is not packaged already. A name that was used before begins anew. */
  #package(streamId: StreamId): HlsStream {
    const known = this.#streams.get(streamId);
    if (known !== undefined && !known.stream.hasEnded) return known.stream;
    if (known !== undefined) this.#drop(streamId);
    using resources = new DisposableStack();
    const { settings, outputs, source, directory, logger } = this.#options;
    const stream = new HlsStream({
      streamId,
      settings,
      newName,
      isThere: this.#options.exists(streamId),
      ladder: () => source.ladder(streamId),
      onChange: (changed) => outputs.changed(changed),
      onStop: () => this.#drop(streamId),
    });
    resources.use(outputs.add(stream));
    if (directory !== undefined) resources.use(new HlsDirectory(stream, { directory, settings, logger }));
    resources.use(source.hold(streamId, stream, 'hls'));
    this.#streams.set(streamId, { stream, resources: resources.move(), watchedAt: performance.now() });
    logger.info({ streamId }, 'hls packaging started');
    return stream;
  }

  #drop(streamId: StreamId): void {
    const packaged = this.#streams.get(streamId);
    if (packaged === undefined) return;
    this.#streams.delete(streamId);
    this.#kept.delete(streamId);
    this.#bytesSent += packaged.stream.bytesSent;
    packaged.resources.dispose();
    packaged.stream.ended();
    this.#options.logger.info({ streamId }, 'hls packaging stopped');
  }

  #count(streamId: StreamId): void {
    const packaged = this.#streams.get(streamId);
    const count = this.#viewers.count(streamId);
    if (packaged !== undefined && packaged.stream.viewers !== count) packaged.stream.viewers = count;
  }

  #sweep(): void {
    this.#viewers.sweep();
    const now = performance.now();
    for (const [streamId, packaged] of this.#streams) {
      this.#count(streamId);
      const { stream } = packaged;
      if (stream.viewers > 0) packaged.watchedAt = now;
      const unwatchedMs = now - packaged.watchedAt;
      const isKept = this.#kept.has(streamId) || this.#options.policyOf(streamId) === 'always';
      const keptMs = stream.hasEnded ? farewellMs : isKept ? Infinity : this.#options.lingerMs;
      if (unwatchedMs > keptMs) this.#drop(streamId);
    }
  }
}

/** As long as the secrets of viewers, and nobody's. */
export const standInSecret = '0'.repeat(22);

/** 128 random bits for a URL. */
function newName(): string {
  return randomBytes(16).toString('base64url');
}
