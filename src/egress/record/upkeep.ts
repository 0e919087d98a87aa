import type { Logger } from 'pino';
import type { OutputEnding } from '../output.ts';
import { hasRoom, readDiskSpace } from '../storage/free-space.ts';
import { expiredOf, type RetentionLimits } from '../storage/retention.ts';
import type { Catalogue } from './catalogue.ts';
import type { Recording } from './recording.ts';

/** What {@link Upkeep} works with. */
export interface UpkeepOptions {
  readonly catalogue: Catalogue;
  readonly minFreeBytes: number;
  readonly retention: RetentionLimits;
  /** What the bucket has not confirmed stays, however old it is. */
  readonly needsUpload: boolean;
  readonly logger: Logger;
  /** There is no room for recordings any more, or there is again (undefined); told again each time that somebody should try again. */
  readonly roomChanged: (obstacle: OutputEnding | undefined) => void;
}

/** How often the disk is looked at, in milliseconds: at 100 Mbit/s, 25 MB come in that time. */
const lookEveryMs = 2_000;

/** How often recordings are counted and weighed, in looks; and recordings whose disk failed begin again. */
const looksPerRound = 15;

/** Looks after the disk: recordings stop before it is full, and those that are too old or too many are deleted. */
export class Upkeep implements Disposable {
  readonly #options: UpkeepOptions;
  #timer: NodeJS.Timeout | undefined;
  #looks = 0;
  #hasRoom = true;
  #closed = false;
  #availableBytes: number | undefined;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  /** Of the disk, when it was last looked at; undefined: it could not be. */
  get availableBytes(): number | undefined {
    return this.#availableBytes;
  }

  /** Why nothing can be recorded now; undefined: it can. */
  get obstacle(): OutputEnding | undefined {
    if (this.#hasRoom) return undefined;
    const keptFree = Math.round(this.#options.minFreeBytes / 2 ** 20);
    return {
      cause: 'disk-full',
      detail: `The disk has less than ${keptFree} MiB free (egress.storage.minFree). Recording goes on when there is room.`,
    };
  }

  /** Looks now and from now on. Never rejects. */
  async look(): Promise<void> {
    if (this.#looks % looksPerRound === 0) await this.#expire();
    await this.#readSpace();
    this.#looks += 1;
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.look(), lookEveryMs).unref();
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #readSpace(): Promise<void> {
    const { catalogue, minFreeBytes, logger, roomChanged } = this.#options;
    try {
      const space = await readDiskSpace(catalogue.folder);
      this.#availableBytes = space.availableBytes;
      const had = this.#hasRoom;
      this.#hasRoom = hasRoom(space, minFreeBytes, had);
      if (had !== this.#hasRoom)
        logger[this.#hasRoom ? 'info' : 'error'](
          space,
          this.#hasRoom ? 'disk has room for recordings again' : 'disk has no room for recordings',
        );
      if (had !== this.#hasRoom || this.#looks % looksPerRound === 0) roomChanged(this.obstacle);
    } catch (error) {
      if (this.#availableBytes !== undefined) logger.error({ err: error }, 'disk for recordings cannot be looked at');
      this.#availableBytes = undefined;
    }
  }

  async #expire(): Promise<void> {
    const { catalogue, retention, needsUpload, logger } = this.#options;
    const kept = catalogue.all().map((recording) => ({ ...keptOf(recording, needsUpload), recording }));
    for (const { recording } of expiredOf(kept, retention, new Date())) {
      try {
        await catalogue.remove(recording);
        const { id: recordingId, streamId, path, bytes } = recording;
        logger.info({ recordingId, streamId, path, bytes }, 'recording expired');
      } catch (error) {
        logger.error({ err: error, recordingId: recording.id }, 'recording that has expired cannot be deleted');
      }
    }
  }
}

function keptOf({ id, startedAt, durationMs, bytes, state, remote }: Recording, needsUpload: boolean) {
  const isUploaded = !needsUpload || remote?.confirmedAt !== undefined;
  return {
    id,
    endedAt: new Date(startedAt.getTime() + durationMs),
    bytes: state === 'deleted' ? 0 : bytes,
    isSettled: (state === 'complete' || state === 'deleted') && isUploaded,
  };
}
