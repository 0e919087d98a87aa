import { setTimeout as delay } from 'node:timers/promises';
import { LadderSource, type LadderSourceOptions } from './ladder/ladder-source.ts';
import { EgressSupervisor, type EgressSupervisorOptions } from './supervisor.ts';
import { OutputList } from './output-list.ts';
import { Thumbnails } from './thumbnail/thumbnails.ts';

/** How long outputs may take to close what they have written, in milliseconds: the gateway's own grace time is longer. */
const flushMs = 5_000;

const noLadder: Required<EgressOptions>['ladder'] = { settings: { rungs: [], preset: 'veryfast' }, climbs: () => false };

/** What {@link Egress} works with. */
export interface EgressOptions extends EgressSupervisorOptions {
  /** Which streams have smaller pictures for HLS, and which. Default: none. */
  readonly ladder?: Pick<LadderSourceOptions, 'settings' | 'climbs'>;
}

/** Everything that takes streams out by other ways than WHEP, and its one owner. */
export class Egress implements AsyncDisposable {
  readonly supervisor: EgressSupervisor;
  readonly ladders: LadderSource;
  readonly outputs = new OutputList();
  readonly thumbnails: Thumbnails;
  #closing: Promise<void> | undefined;

  constructor({ ladder = noLadder, ...options }: EgressOptions) {
    this.supervisor = new EgressSupervisor(options);
    this.ladders = new LadderSource({ supervisor: this.supervisor, logger: options.logger, ...ladder });
    this.thumbnails = new Thumbnails({ supervisor: this.supervisor });
  }

  /**
   * Ends every tap, while publishers still send, so that their last fragments reach the outputs; then every output. Resolves when all are
   * closed, or after 5 s. Idempotent.
   */
  async close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.supervisor.close();
    const deadline = new AbortController();
    const timeout = delay(flushMs, undefined, { signal: deadline.signal }).catch(() => undefined); // all closed before
    await Promise.race([this.outputs.close(), timeout]);
    deadline.abort();
  }
}
