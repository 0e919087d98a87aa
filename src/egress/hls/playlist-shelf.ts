import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { writeMediaPlaylist } from './media-playlist.ts';
import { mediaPlaylistOf } from './playlist-views.ts';
import type { Presentation } from './presentation.ts';

/** A playlist as it goes to players, in both codings; written once for all of them. */
export class Playlist {
  readonly text: string;
  #gzip: Buffer | undefined;
  #hash: string | undefined;

  constructor(text: string) {
    this.text = text;
  }

  get gzip(): Buffer {
    return (this.#gzip ??= gzipSync(this.text));
  }

  /** Tells its content from any other. */
  get hash(): string {
    return (this.#hash ??= createHash('sha256').update(this.text).digest('base64url').slice(0, 16));
  }
}

/** Playlists as long as they are the present ones. */
export class PlaylistShelf {
  readonly #presentation: Presentation;
  readonly #terms: { readonly segmentMs: number; readonly partMs: number | undefined };
  readonly #playlists = new Map<string, { readonly version: number; readonly ended: boolean; readonly playlist: Playlist }>();

  constructor(presentation: Presentation, terms: { readonly segmentMs: number; readonly partMs: number | undefined }) {
    this.#presentation = presentation;
    this.#terms = terms;
  }

  /** The media playlist of a rendition as it is now. */
  media(rendition: string, ended: boolean): Playlist {
    const { version } = this.#presentation;
    const known = this.#playlists.get(rendition);
    if (known?.version === version && known.ended === ended) return known.playlist;
    const view = mediaPlaylistOf(this.#presentation, rendition, { ...this.#terms, blocksReload: true, ended });
    const playlist = new Playlist(writeMediaPlaylist(view));
    this.#playlists.set(rendition, { version, ended, playlist });
    return playlist;
  }
}
