import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { GatewayError } from '../../errors.ts';
import type { StreamId } from '../../streams/stream-id.ts';
import type { EgressSupervisor } from '../supervisor.ts';
import { awaitPicture } from './picture-reader.ts';
import { renderThumbnail } from './render-thumbnail.ts';

/** A small JPEG of a moment of a stream. */
export interface Thumbnail {
  readonly jpeg: Uint8Array;
  /** Changes with the picture; hexadecimal. */
  readonly hash: string;
  readonly takenAt: Date;
}

/** What strangers (metrics) may listen to. */
export type ThumbnailEvents = { made: [{ readonly outcome: 'made' | 'failed' }] };

/** What {@link Thumbnails} works with. */
export interface ThumbnailOptions {
  readonly supervisor: Pick<EgressSupervisor, 'hold' | 'ffmpeg' | 'feasibility'>;
  /** How long a picture is shown before another one is made, in milliseconds. Default 10 000. */
  readonly freshMs?: number;
  /** How long a request waits for the first picture, in milliseconds. Default 5000. */
  readonly waitMs?: number;
}

/** How many programs make pictures at the same time: a page with many streams asks for all of them at once. */
const maxRuns = 2;

/** How many pictures are kept of streams that nobody asks for any more. */
const maxKept = 200;

/** Makes small pictures of streams when somebody asks, and no more often than they change notably. */
export class Thumbnails {
  readonly observer = new EventEmitter<ThumbnailEvents>();
  readonly #options: ThumbnailOptions;
  /** By stream; the one that was made last is last. */
  readonly #kept = new Map<StreamId, Thumbnail>();
  readonly #making = new Map<StreamId, Promise<Thumbnail>>();
  readonly #waiting: (() => void)[] = [];
  #runs = 0;

  constructor(options: ThumbnailOptions) {
    this.#options = options;
  }

  /**
   * A picture that is fresh. Everybody who asks meanwhile gets the same.
   *
   * Throws `ERR_EGRESS_UNAVAILABLE` when none can be made: no FFmpeg, a codec that it cannot read, or no picture in time.
   */
  async of(streamId: StreamId): Promise<Thumbnail> {
    const kept = this.#kept.get(streamId);
    if (kept !== undefined && Date.now() - kept.takenAt.getTime() < (this.#options.freshMs ?? 10_000)) return kept;
    const making = this.#making.get(streamId) ?? this.#make(streamId);
    this.#making.set(streamId, making);
    return making;
  }

  /** Whether there may be one of a stream: FFmpeg is here and can read its video. */
  async possible(streamId: StreamId): Promise<boolean> {
    return (await this.#options.supervisor.feasibility(streamId))?.record.possible ?? false;
  }

  async #make(streamId: StreamId): Promise<Thumbnail> {
    try {
      const thumbnail = await this.#take(streamId);
      this.#keep(streamId, thumbnail);
      this.observer.emit('made', { outcome: 'made' });
      return thumbnail;
    } catch (error) {
      this.observer.emit('made', { outcome: 'failed' });
      throw error;
    } finally {
      this.#making.delete(streamId);
    }
  }

  async #take(streamId: StreamId): Promise<Thumbnail> {
    const { supervisor, waitMs = 5_000 } = this.#options;
    const [abilities, feasibility] = await Promise.all([supervisor.ffmpeg, supervisor.feasibility(streamId)]);
    if ('problem' in abilities) throw unavailable(abilities.problem);
    if (feasibility === undefined) throw unavailable('The stream has no publisher now; try again.', 5);
    if (!feasibility.record.possible) throw unavailable(feasibility.record.reason);
    const takenAt = new Date();
    const fragment = await awaitPicture((reader) => supervisor.hold(streamId, reader, 'thumbnail'), waitMs);
    if (fragment === undefined) throw unavailable('No picture came in time; try again.', 2);
    const jpeg = await this.#inTurn(async () => renderThumbnail(abilities.path, fragment));
    if (jpeg === undefined) throw unavailable('The picture could not be decoded; try again.', 2);
    return { jpeg, hash: createHash('sha256').update(jpeg).digest('hex').slice(0, 32), takenAt };
  }

  #keep(streamId: StreamId, thumbnail: Thumbnail): void {
    this.#kept.delete(streamId);
    this.#kept.set(streamId, thumbnail);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > maxKept && oldest !== undefined) this.#kept.delete(oldest);
  }

  async #inTurn<T>(step: () => Promise<T>): Promise<T> {
    while (this.#runs >= maxRuns) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#runs += 1;
    try {
      return await step();
    } finally {
      this.#runs -= 1;
      this.#waiting.shift()?.();
    }
  }
}

function unavailable(message: string, retryAfterSeconds?: number): GatewayError {
  return new GatewayError('ERR_EGRESS_UNAVAILABLE', message, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
}
