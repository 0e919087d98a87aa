import { mkdir, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { HlsSettings, HlsStream } from './hls-stream.ts';
import { writeMediaPlaylist } from './media-playlist.ts';
import { mediaPlaylistOf } from './playlist-views.ts';

/** What an {@link HlsDirectory} works with. */
export interface HlsDirectoryOptions {
  /** Each stream has a directory of its name in it. */
  readonly directory: string;
  readonly settings: HlsSettings;
  readonly logger: Logger;
  /** How long a file stays that no playlist lists any more, in milliseconds. Default: a minute. */
  readonly retentionMs?: number;
}

/** Where the media playlists are, beside `media`: as under `/hls/{stream}/`, so that their URIs are right in both. */
const playlistFolder = 'live';
const mediaFolder = 'media';
const retentionMs = 60_000;

/**
 * Writes a stream's playlists and segments to a directory, for a web server or a CDN: whole files only, and each segment before the first
 * playlist that lists it. There are no parts: a file server cannot wait for them.
 *
 * The directory begins empty. When it is disposed of, the last playlists stay, with what they list.
 */
export class HlsDirectory implements Disposable {
  readonly #stream: HlsStream;
  readonly #options: HlsDirectoryOptions;
  readonly #root: string;
  readonly #subscription: Disposable;
  /** Files that were written; when each was last listed, on the clock of `performance.now()`. */
  readonly #written = new Map<string, number>();
  readonly #texts = new Map<string, string>();
  #writing: Promise<void>;
  #isDue = false;
  #hasFailed = false;

  constructor(stream: HlsStream, options: HlsDirectoryOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#root = join(options.directory, stream.streamId);
    this.#writing = this.#begin().catch((error: unknown) => this.#fail(error));
    this.#subscription = stream.onChange(() => this.#schedule());
  }

  [Symbol.dispose](): void {
    this.#subscription[Symbol.dispose]();
  }

  async #begin(): Promise<void> {
    await rm(this.#root, { recursive: true, force: true });
    for (const folder of [playlistFolder, mediaFolder]) await mkdir(join(this.#root, folder), { recursive: true });
  }

  /** One at a time; changes meanwhile are one more. */
  #schedule(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#writing = this.#writeAfter(this.#writing);
  }

  async #writeAfter(before: Promise<void>): Promise<void> {
    await before;
    this.#isDue = false;
    try {
      await this.#write();
      this.#hasFailed = false;
    } catch (error) {
      this.#fail(error);
    }
  }

  async #write(): Promise<void> {
    const { presentation, hasEnded, isPlayable } = this.#stream;
    const { segmentMs } = this.#options.settings;
    const terms = { segmentMs, partMs: undefined, blocksReload: false, ended: hasEnded };
    const playlists = presentation.renditions.map((name) => [name, mediaPlaylistOf(presentation, name, terms)] as const);
    for (const [, { segments }] of playlists) {
      for (const { uri, initUri } of segments) for (const file of [initUri, uri]) await this.#writeMedia(file);
    }
    for (const [name, playlist] of playlists) {
      if (playlist.segments.length > 0) await this.#writeText(join(playlistFolder, `${name}.m3u8`), writeMediaPlaylist(playlist));
    }
    if (isPlayable) await this.#writeText('index.m3u8', this.#stream.multivariant(playlistFolder));
    await this.#removeOld();
  }

  /** `uri` is as in playlists: `../media/{name}.m4s`. */
  async #writeMedia(uri: string): Promise<void> {
    const fileName = uri.slice(uri.lastIndexOf('/') + 1);
    const isKnown = this.#written.has(fileName);
    this.#written.set(fileName, performance.now());
    if (isKnown) return;
    const chunks = this.#stream.presentation.file(fileName.slice(0, fileName.lastIndexOf('.')))?.chunks;
    if (chunks !== undefined) await this.#replace(join(mediaFolder, fileName), chunks);
  }

  async #writeText(path: string, text: string): Promise<void> {
    if (this.#texts.get(path) === text) return;
    await this.#replace(path, [Buffer.from(text)]);
    this.#texts.set(path, text);
  }

  async #replace(path: string, chunks: readonly Uint8Array[]): Promise<void> {
    const target = join(this.#root, path);
    await writeFile(`${target}.part`, chunks);
    await rename(`${target}.part`, target);
  }

  async #removeOld(): Promise<void> {
    const before = performance.now() - (this.#options.retentionMs ?? retentionMs);
    for (const [fileName, listedAt] of this.#written) {
      if (listedAt >= before) continue;
      this.#written.delete(fileName);
      await unlink(join(this.#root, mediaFolder, fileName));
    }
  }

  /** Once, until it works again: a full disk would fill the log, too. */
  #fail(error: unknown): void {
    if (!this.#hasFailed) this.#options.logger.error({ streamId: this.#stream.streamId, err: error }, 'hls directory cannot be written');
    this.#hasFailed = true;
  }
}
