import type { Logger } from 'pino';
import type { StreamRegistry } from '../../streams/registry.ts';
import type { StreamId } from '../../streams/stream-id.ts';
import type { OutputList } from '../output-list.ts';
import type { EgressOutput, OutputReport } from '../output.ts';
import type { RtmpOutput } from '../rtmp/rtmp-output.ts';
import type { AddedTarget, RtmpTargets } from '../rtmp/rtmp-targets.ts';
import type { HlsEgress } from '../hls/hls-egress.ts';
import type { Recordings } from '../record/recordings.ts';
import type { OutputRequest } from './output-request.ts';
import type { RequestStore } from './request-store.ts';

/** What an operator asks for. */
export type OutputWish = ({ readonly kind: 'rtmp' } & AddedTarget) | { readonly kind: 'hls' | 'record' };

/** What {@link RequestedOutputs} work with. */
export interface RequestedOutputsOptions {
  readonly outputs: OutputList;
  readonly rtmp: Pick<RtmpTargets, 'add' | 'restore'>;
  readonly recordings: Pick<Recordings, 'start' | 'restore'>;
  readonly hls: Pick<HlsEgress, 'keep' | 'restore'>;
  readonly registry: Pick<StreamRegistry, 'stream'>;
  /** Undefined: a restart forgets everything. */
  readonly store: RequestStore | undefined;
  /** How long a stream outlives its publisher, in milliseconds. */
  readonly graceMsOf: (streamId: StreamId) => number;
  readonly logger: Logger;
}

/**
 * The outputs that operators have asked for, and that are there again after a restart, be it a crash.
 *
 * A target waits for its stream for as long as it takes. A recording and HLS belong to one life of a stream: for them, a restart is a
 * publisher that is gone, who has the stream's grace time to come back.
 */
export class RequestedOutputs implements Disposable {
  readonly #options: RequestedOutputsOptions;
  readonly #requests = new Map<string, OutputRequest>();
  readonly #deadlines = new Set<NodeJS.Timeout>();
  #saved: Promise<void> = Promise.resolve();
  #isDraining = false;

  /** Makes again what an earlier life has left. */
  constructor(options: RequestedOutputsOptions) {
    this.#options = options;
    options.outputs.observer.on('removed', this.#forget);
    for (const request of options.store?.found ?? []) this.#restore(request);
  }

  /** Makes an output. Resolves when a restart would make it again. Rejects as the output's own kind does. */
  async start(streamId: StreamId, wish: OutputWish): Promise<EgressOutput> {
    const { rtmp, recordings, hls } = this.#options;
    switch (wish.kind) {
      case 'rtmp': {
        const output = await rtmp.add(streamId, wish);
        return this.#remember(output, requestFor(output, wish));
      }
      case 'record':
        return this.#remember(recordings.start(streamId), { kind: 'record', streamId });
      case 'hls':
        return this.#remember(await hls.keep(streamId), { kind: 'hls', streamId });
    }
  }

  /** Ends an output, of whomever. Resolves when no restart would make it again. */
  async stop(output: EgressOutput): Promise<void> {
    await output.stop();
    await this.#saved;
  }

  /** The gateway is about to close: what ends from now on is made again at its next start. Idempotent. */
  drain(): void {
    this.#isDraining = true;
  }

  [Symbol.dispose](): void {
    this.drain();
    this.#options.outputs.observer.off('removed', this.#forget);
    for (const deadline of this.#deadlines) clearTimeout(deadline);
  }

  #restore(request: OutputRequest): void {
    const { logger, registry, graceMsOf } = this.#options;
    const { kind, streamId } = request;
    try {
      const output = this.#makeAgain(request);
      this.#requests.set(keyOf(output), request);
      logger.info({ streamId, egress: output.id, kind }, 'output of an earlier life is there again');
      if (kind === 'rtmp') return;
      const deadline = setTimeout(() => {
        this.#deadlines.delete(deadline);
        if (registry.stream(streamId) === undefined) void output.stop();
      }, graceMsOf(streamId));
      this.#deadlines.add(deadline);
    } catch (error) {
      logger.error({ streamId, kind, err: error }, 'output of an earlier life cannot be made again');
    }
  }

  #makeAgain(request: OutputRequest): EgressOutput {
    const { rtmp, recordings, hls } = this.#options;
    switch (request.kind) {
      case 'rtmp':
        return rtmp.restore(request.streamId, request);
      case 'record':
        return recordings.restore(request.streamId);
      case 'hls':
        return hls.restore(request.streamId);
    }
  }

  async #remember(output: EgressOutput, request: OutputRequest): Promise<EgressOutput> {
    this.#requests.set(keyOf(output), request);
    this.#save();
    await this.#saved;
    return output;
  }

  readonly #forget = (output: OutputReport): void => {
    if (this.#isDraining || !this.#requests.delete(keyOf(output))) return;
    this.#save();
  };

  #save(): void {
    this.#saved = this.#options.store?.save([...this.#requests.values()]) ?? this.#saved;
  }
}

function requestFor({ streamId, name }: RtmpOutput, { url, key, encoding = 'highest' }: AddedTarget): OutputRequest {
  return { kind: 'rtmp', streamId, name, url, key, encoding };
}

function keyOf({ streamId, id }: Pick<EgressOutput, 'streamId' | 'id'>): string {
  return `${streamId}/${id}`;
}
