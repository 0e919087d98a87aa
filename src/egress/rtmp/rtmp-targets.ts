import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import { GatewayError } from '../../errors.ts';
import type { RegistryEvents } from '../../streams/registry-events.ts';
import type { StreamId } from '../../streams/stream-id.ts';
import type { OutputList } from '../output-list.ts';
import type { OutputState } from '../output.ts';
import type { EgressSupervisor } from '../supervisor.ts';
import type { TapState } from '../tap/tap-state.ts';
import { RtmpOutput } from './rtmp-output.ts';
import type { RtmpEvents } from './rtmp-output-options.ts';
import { parseRtmpTarget, type WrittenTarget } from './rtmp-target.ts';

/** A target that a stream gets by configuration. */
export interface ConfiguredTarget {
  readonly name: string;
  readonly url: string;
  /** Asked before every connection. Rejects when it stands in a file that cannot be read. */
  readonly key: () => Promise<string>;
  /** `highest`, or the rid of a simulcast encoding. */
  readonly encoding: string;
}

/** A target that an operator adds to one stream. */
export interface AddedTarget extends Omit<WrittenTarget, 'name'> {
  /** Default: six random digits. */
  readonly name?: string | undefined;
  /** `highest`, or the rid of a simulcast encoding. Default `highest`. */
  readonly encoding?: string | undefined;
}

/** What {@link RtmpTargets} work with. */
export interface RtmpTargetsOptions {
  readonly taps: Pick<EgressSupervisor, 'hold' | 'state' | 'launcher'>;
  readonly outputs: OutputList;
  readonly streams: EventEmitter<RegistryEvents>;
  /** Whether a stream is known to have its key frames too far apart for platforms. */
  readonly isGopLong: (streamId: StreamId) => boolean;
  readonly targetsOf: (streamId: StreamId) => readonly ConfiguredTarget[];
  /** PEM file of the authorities that `rtmps` servers are verified with. Default: those of the system. */
  readonly caFile: string | undefined;
  readonly logger: Logger;
}

/** One target of one stream, and what it holds. */
interface Entry {
  readonly output: RtmpOutput;
  readonly listed: Disposable;
  readonly isConfigured: boolean;
  /** Whether it wants fragments: while its stream is there. */
  isFed: boolean;
  grip: Disposable | undefined;
}

/** Each costs a process. */
const mostPerStream = 20;

/**
 * Every RTMP target: those of the configuration, which come and go with their streams, and those that operators added, which stay until they
 * are removed and wait for their stream to be published again.
 */
export class RtmpTargets implements AsyncDisposable {
  readonly observer = new EventEmitter<RtmpEvents>();
  readonly #options: RtmpTargetsOptions;
  readonly #entries = new Map<RtmpOutput, Entry>();
  /** Configured targets that an operator removed, until the stream ends. */
  readonly #removed = new Map<StreamId, Set<string>>();
  readonly #listening = new DisposableStack();

  constructor(options: RtmpTargetsOptions) {
    this.#options = options;
    const { streams } = options;
    const onLive = (streamId: StreamId): void => {
      this.#begin(streamId);
    };
    const onEnded = (streamId: StreamId): void => {
      this.#removed.delete(streamId);
    };
    streams.on('live', onLive).on('ended', onEnded);
    this.#listening.defer(() => streams.off('live', onLive).off('ended', onEnded));
  }

  /**
   * Adds a target to a stream, live or not.
   *
   * Throws `ERR_EGRESS_TARGET_INVALID`, `ERR_EGRESS_EXISTS`, `ERR_EGRESS_UNAVAILABLE` and `ERR_LIMIT_REACHED`.
   */
  async add(streamId: StreamId, { name = randomBytes(3).toString('hex'), ...target }: AddedTarget): Promise<RtmpOutput> {
    parseRtmpTarget({ ...target, name });
    await this.#options.taps.launcher();
    return this.restore(streamId, { ...target, name });
  }

  /** Adds a target that there was before a restart, also where FFmpeg is gone. Throws the same otherwise. */
  restore(streamId: StreamId, { name, url, key, encoding = 'highest' }: AddedTarget & { readonly name: string }): RtmpOutput {
    parseRtmpTarget({ name, url, key });
    return this.#open(streamId, { name, url, key: async () => key, encoding }, false).output;
  }

  /** Ends every connection, and waits for it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listening.dispose();
    await Promise.all([...this.#entries.keys()].map(async (output) => output.stop()));
  }

  #begin(streamId: StreamId): void {
    for (const target of this.#options.targetsOf(streamId)) {
      const isRemoved = this.#removed.get(streamId)?.has(target.name) === true;
      const isThere = this.#options.outputs.find(streamId, idOf(target.name)) !== undefined;
      if (isRemoved || isThere) continue;
      try {
        this.#open(streamId, target, true);
      } catch (error) {
        this.#options.logger.error({ streamId, target: target.name, err: error }, 'rtmp target of the configuration cannot be used');
      }
    }
    for (const entry of this.#entries.values()) if (entry.output.streamId === streamId) this.#feed(entry);
  }

  #open(streamId: StreamId, target: ConfiguredTarget, isConfigured: boolean): Entry {
    const { outputs, caFile, logger, taps } = this.#options;
    this.#refuseMore(streamId, target.name);
    const { name, url, key, encoding } = target;
    const output = new RtmpOutput({
      id: idOf(name),
      streamId,
      shown: { name, url: parseRtmpTarget({ name, url, key: 'x' }).shownUrl },
      target: async () => parseRtmpTarget({ name, url, key: await key() }),
      encoding,
      launcher: async () => taps.launcher(),
      caFile,
      logger,
      observer: this.observer,
      isGopLong: () => this.#options.isGopLong(streamId),
      trouble: () => troubleIn(taps.state(streamId)),
      onChanged: () => {
        outputs.changed(output);
      },
      onStreamEnded: () => {
        this.#streamEnded(output);
      },
      onStopped: () => {
        this.#forget(output);
      },
    });
    const entry: Entry = { output, listed: outputs.add(output), isConfigured, isFed: false, grip: undefined };
    this.#entries.set(output, entry);
    this.#feed(entry);
    return entry;
  }

  #refuseMore(streamId: StreamId, name: string): void {
    const { outputs } = this.#options;
    if (outputs.find(streamId, idOf(name)) !== undefined) {
      throw new GatewayError('ERR_EGRESS_EXISTS', `The stream has a target ${name} already; remove it first, or take another name.`);
    }
    if (outputs.list(streamId).filter(({ kind }) => kind === 'rtmp').length >= mostPerStream) {
      throw new GatewayError('ERR_LIMIT_REACHED', `A stream has at most ${mostPerStream} targets.`);
    }
  }

  #feed(entry: Entry): void {
    if (entry.isFed) return;
    entry.isFed = true;
    const grip = this.#options.taps.hold(entry.output.streamId, entry.output, 'rtmp');
    if (entry.isFed) entry.grip = grip;
    else grip[Symbol.dispose](); // the stream was at its end
  }

  #streamEnded(output: RtmpOutput): void {
    const entry = this.#entries.get(output);
    if (entry === undefined) return;
    this.#letGo(entry);
    if (entry.isConfigured) void output.stop();
  }

  /** It was stopped: by an operator, because its stream has ended, or because the gateway closes. */
  #forget(output: RtmpOutput): void {
    const entry = this.#entries.get(output);
    if (entry === undefined) return;
    this.#entries.delete(output);
    const wasAsked = entry.isFed;
    this.#letGo(entry);
    entry.listed[Symbol.dispose]();
    if (entry.isConfigured && wasAsked) this.#remember(output);
  }

  #remember({ streamId, name }: RtmpOutput): void {
    const names = this.#removed.get(streamId) ?? new Set<string>();
    this.#removed.set(streamId, names.add(name));
  }

  #letGo(entry: Entry): void {
    entry.isFed = false;
    entry.grip?.[Symbol.dispose]();
    entry.grip = undefined;
  }
}

/** Why no fragments come, where it is the tap that fails. */
function troubleIn(state: TapState): OutputState | undefined {
  if (state.name !== 'failed') return undefined;
  const { since, ending } = state;
  return { name: 'failed', since, ending: { cause: ending.cause, detail: 'detail' in ending ? ending.detail : '' } };
}

function idOf(name: string): string {
  return `rtmp-${name}`;
}
