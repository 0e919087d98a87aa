import { EventEmitter } from 'node:events';
import type { Dirent } from 'node:fs';
import { readdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { GatewayError } from '../../errors.ts';
import type { StreamId } from '../../streams/stream-id.ts';
import { makeFolder, syncFolder } from '../storage/folder-sync.ts';
import type { Recording } from './recording.ts';
import { growingEnding, parseSideCar, sideCarEnding, writeSideCar } from './side-car.ts';

/** What strangers may listen to. */
export type CatalogueEvents = { completed: [Recording]; removed: [Recording] };

/** Which recordings to list. */
export interface CatalogueQuery {
  readonly streamId?: StreamId | undefined;
  readonly state?: Recording['state'] | undefined;
  /** Those that began at this time or later. */
  readonly from?: Date | undefined;
  /** Those that began before this time. */
  readonly until?: Date | undefined;
  /** Where the page before ended. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** A page of the list, newest first. */
export interface CataloguePage {
  readonly recordings: readonly Recording[];
  /** For `after` of the next page; undefined: this is the last one. */
  readonly next: string | undefined;
}

/** What is appended to a side-car's name until it is whole. */
const draftEnding = '.tmp';

/** Every recording in the folder, as the side-cars tell, and the only one who writes those. */
export class Catalogue {
  readonly folder: string;
  readonly observer = new EventEmitter<CatalogueEvents>();
  readonly #recordings: Map<string, Recording>;

  /** Reads every side-car in the folder, which need not be there yet. Rejects as the file system does. */
  static async open(folder: string): Promise<Catalogue> {
    const recordings = new Map<string, Recording>();
    for (const entry of await filesIn(folder)) {
      if (!entry.isFile() || !entry.name.endsWith(sideCarEnding)) continue;
      const file = join(entry.parentPath, entry.name);
      const path = relative(folder, file).slice(0, -sideCarEnding.length).split(sep).join('/');
      const recording = parseSideCar(await readFile(file, 'utf8'), path);
      if (recording !== undefined) recordings.set(recording.id, recording);
    }
    return new Catalogue(folder, recordings);
  }

  private constructor(folder: string, recordings: Map<string, Recording>) {
    this.folder = folder;
    this.#recordings = recordings;
  }

  /** Throws `ERR_RECORDING_NOT_FOUND`. */
  get(id: string): Recording {
    const recording = this.#recordings.get(id);
    if (recording === undefined) throw new GatewayError('ERR_RECORDING_NOT_FOUND', 'There is no such recording, or not any more.');
    return recording;
  }

  all(): readonly Recording[] {
    return [...this.#recordings.values()];
  }

  list({ streamId, state, from, until, after, limit }: CatalogueQuery): CataloguePage {
    const matches = this.all().filter(
      (recording) =>
        (streamId === undefined || recording.streamId === streamId) &&
        (state === undefined || recording.state === state) &&
        (from === undefined || recording.startedAt >= from) &&
        (until === undefined || recording.startedAt < until),
    );
    const newestFirst = matches.map((recording) => ({ recording, place: placeOf(recording) })).toSorted(byPlaceDescending);
    const rest = after === undefined ? newestFirst : newestFirst.filter(({ place }) => place < after);
    const page = rest.slice(0, limit);
    return { recordings: page.map(({ recording }) => recording), next: rest.length > limit ? page.at(-1)?.place : undefined };
  }

  /** Where the file of a recording is, under its own name or as it grows. */
  fileOf({ path, state }: Recording): string {
    const file = join(this.folder, ...path.split('/'));
    return state === 'recording' || state === 'finishing' ? `${file}${growingEnding}` : file;
  }

  /** Keeps a recording and its side-car, which is whole or not there at any time. */
  async save(recording: Recording): Promise<void> {
    const sideCar = this.#sideCarOf(recording);
    await makeFolder(dirname(sideCar));
    await writeFile(`${sideCar}${draftEnding}`, writeSideCar(recording), { flush: true });
    await rename(`${sideCar}${draftEnding}`, sideCar);
    await syncFolder(dirname(sideCar));
    const before = this.#recordings.get(recording.id);
    this.#recordings.set(recording.id, recording);
    if (before !== undefined && before.path !== recording.path) await rm(this.#sideCarOf(before), { force: true });
    if (before?.state !== 'complete' && recording.state === 'complete') this.observer.emit('completed', recording);
  }

  /** Takes note of how a recording stands, without writing it down. */
  note(id: string, changes: Partial<Pick<Recording, 'bytes' | 'durationMs' | 'state' | 'ending'>>): void {
    const recording = this.#recordings.get(id);
    if (recording !== undefined) this.#recordings.set(id, { ...recording, ...changes });
  }

  /** Deletes a recording, its side-car, and the folders that this leaves empty. */
  async remove(recording: Recording): Promise<void> {
    await rm(this.fileOf(recording), { force: true });
    await rm(this.#sideCarOf(recording), { force: true });
    await this.#removeEmptyFolders(dirname(this.#sideCarOf(recording)));
    if (this.#recordings.delete(recording.id)) this.observer.emit('removed', recording);
  }

  #sideCarOf({ path }: Recording): string {
    return join(this.folder, ...path.split('/')) + sideCarEnding;
  }

  async #removeEmptyFolders(folder: string): Promise<void> {
    if (!folder.startsWith(this.folder + sep)) return;
    try {
      await rmdir(folder);
    } catch {
      return; // not empty, or somebody else's already
    }
    await this.#removeEmptyFolders(dirname(folder));
  }
}

async function filesIn(folder: string): Promise<readonly Dirent[]> {
  try {
    return await readdir(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []; // made with the first recording
    throw error;
  }
}

/** Sorts by time, then by id. */
function placeOf({ startedAt, id }: Recording): string {
  return `${startedAt.toISOString()}_${id}`;
}

function byPlaceDescending(one: { readonly place: string }, other: { readonly place: string }): number {
  return one.place < other.place ? 1 : -1;
}
