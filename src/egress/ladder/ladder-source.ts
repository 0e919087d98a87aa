import { EventEmitter } from 'node:events';
import type { Logger } from 'pino';
import type { StreamId } from '../../streams/stream-id.ts';
import type { FfmpegLauncher } from '../ffmpeg-process.ts';
import type { FragmentReader } from '../fragment-hub.ts';
import type { EgressSupervisor, HoldReason } from '../supervisor.ts';
import type { FfmpegAbilities, NoFfmpeg } from '../tap/ffmpeg-abilities.ts';
import type { Feasibilities } from '../tap/tap-plan.ts';
import type { LadderFault } from './ladder-keeper.ts';
import { Ladder, type LadderSettings } from './ladder.ts';
import type { LadderState } from './ladder-state.ts';

/** What strangers (metrics, API) may listen to. */
export type LadderEvents = { state: [StreamId, LadderState]; fault: [StreamId, LadderFault] };

/** What a {@link LadderSource} works with. */
export interface LadderSourceOptions {
  readonly supervisor: Pick<EgressSupervisor, 'ffmpeg' | 'feasibility' | 'hold' | 'launcher'>;
  readonly settings: LadderSettings;
  /** Whether a stream is to have a ladder. */
  readonly climbs: (streamId: StreamId) => boolean;
  readonly logger: Logger;
}

/** Fragments of streams as the supervisor of taps gives them, with smaller pictures where a stream is to have a ladder. */
export class LadderSource {
  readonly observer = new EventEmitter<LadderEvents>();
  readonly ffmpeg: Promise<FfmpegAbilities | NoFfmpeg>;
  readonly #options: LadderSourceOptions;
  /** Undefined until FFmpeg was asked, which it is before any run; a sentence where it cannot encode. */
  #encoder: FfmpegLauncher | string = 'FFmpeg was not asked yet.';
  /** Of every reader that has a ladder. */
  readonly #states = new Map<Ladder, { readonly streamId: StreamId; readonly state: LadderState }>();

  constructor(options: LadderSourceOptions) {
    this.#options = options;
    this.ffmpeg = options.supervisor.ffmpeg;
    void this.#findEncoder();
  }

  /** See {@link EgressSupervisor.feasibility}. */
  async feasibility(streamId: StreamId): Promise<Feasibilities | undefined> {
    return this.#options.supervisor.feasibility(streamId);
  }

  /** See {@link EgressSupervisor.hold}. Each reader has an encoder of its own: it is for one reader of a stream. */
  hold(streamId: StreamId, reader: FragmentReader, reason: HoldReason): Disposable {
    const { supervisor, settings, climbs, logger } = this.#options;
    if (!climbs(streamId)) return supervisor.hold(streamId, reader, reason);
    using resources = new DisposableStack();
    const ladder = resources.use(
      new Ladder({
        reader,
        settings,
        encoder: () => this.#encoder,
        logger: logger.child({ streamId }),
        onState: (state) => {
          this.#states.set(ladder, { streamId, state });
          this.observer.emit('state', streamId, state);
        },
        onFault: (fault) => this.observer.emit('fault', streamId, fault),
      }),
    );
    this.#states.set(ladder, { streamId, state: { name: 'waiting' } });
    resources.defer(() => this.#states.delete(ladder));
    resources.use(supervisor.hold(streamId, ladder, reason));
    return resources.move();
  }

  /** What becomes of a stream's ladder; undefined: it has none. */
  ladder(streamId: StreamId): LadderState | undefined {
    return this.states().find((one) => one.streamId === streamId)?.state;
  }

  /** Every ladder that there is. */
  states(): readonly { readonly streamId: StreamId; readonly state: LadderState }[] {
    return [...this.#states.values()];
  }

  async #findEncoder(): Promise<void> {
    const abilities = await this.ffmpeg;
    if ('problem' in abilities) this.#encoder = abilities.problem;
    else if (abilities.encodesH264) this.#encoder = await this.#options.supervisor.launcher();
    else this.#encoder = `This FFmpeg (${abilities.version}) has no libx264.`;
  }
}
