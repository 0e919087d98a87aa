import type { Fragment, TapRun } from '../../../../src/egress/fragment.ts';
import { LadderPackager } from '../../../../src/egress/hls/ladder-packager.ts';
import { writeMediaPlaylist } from '../../../../src/egress/hls/media-playlist.ts';
import type { Packager } from '../../../../src/egress/hls/packager.ts';
import { PartPackager } from '../../../../src/egress/hls/part-packager.ts';
import { mediaPlaylistOf } from '../../../../src/egress/hls/playlist-views.ts';
import { Presentation } from '../../../../src/egress/hls/presentation.ts';

/** What a test may choose. */
export interface PackagingOptions {
  readonly segmentMs?: number;
  readonly partMs?: number;
  readonly listed?: number;
  readonly mostBytes?: number;
}

/** Packages made-up runs one after the other, and keeps every playlist that a player could have read. */
export class Packaging {
  readonly presentation: Presentation;
  readonly #lowLatency: boolean;
  readonly #options: Required<PackagingOptions>;
  readonly #keys = new Map<string, Fragment>();
  readonly #history = new Map<string, string[]>();
  #packager: Packager | undefined;
  #ended = false;

  constructor(kind: 'parts' | 'ladder', { segmentMs = 1000, partMs = 235, listed = 6, mostBytes = Infinity }: PackagingOptions = {}) {
    let names = 0;
    this.#lowLatency = kind === 'parts';
    this.#options = { segmentMs, partMs, listed, mostBytes };
    this.presentation = new Presentation({ listed, mostBytes, newName: () => `n${(names += 1)}` });
  }

  /** Ends the run before, and packages another. */
  run(run: TapRun, fragments: readonly Fragment[]): this {
    this.#packager?.end();
    this.#record();
    const options = {
      run,
      presentation: this.presentation,
      segmentMs: this.#options.segmentMs,
      partMs: this.#options.partMs,
      epochMs: run.startedAt.getTime(),
      keys: this.#keys,
    };
    this.#packager = this.#lowLatency ? new PartPackager(options) : new LadderPackager(options);
    return this.push(fragments);
  }

  push(fragments: readonly Fragment[]): this {
    for (const fragment of fragments) {
      const { version } = this.presentation;
      this.#packager?.push(fragment);
      if (this.presentation.version !== version) this.#record();
    }
    return this;
  }

  /** Ends the run. */
  endRun(): this {
    this.#packager?.end();
    this.#packager = undefined;
    this.#record();
    return this;
  }

  /** Ends the stream. */
  end(): this {
    this.endRun();
    this.#ended = true;
    this.#record();
    return this;
  }

  /** Every version of a rendition's playlist, oldest first. */
  history(rendition: string): readonly string[] {
    return this.#history.get(rendition) ?? [];
  }

  /** The present playlist of each rendition. */
  get playlists(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.#history].map(([name, texts]) => [name, texts.at(-1) ?? '']));
  }

  #record(): void {
    for (const rendition of this.presentation.renditions) {
      const terms = {
        segmentMs: this.#options.segmentMs,
        partMs: this.#lowLatency ? this.#options.partMs : undefined,
        blocksReload: true,
        ended: this.#ended,
      };
      const view = mediaPlaylistOf(this.presentation, rendition, terms);
      if (view.segments.length === 0) continue;
      const text = writeMediaPlaylist(view);
      const texts = this.#history.get(rendition) ?? [];
      if (texts.at(-1) !== text) texts.push(text);
      this.#history.set(rendition, texts);
    }
  }
}

/** Bytes of each listed segment of a rendition: silence is small. */
export function bytesPerSegment(presentation: Presentation, rendition: string): readonly number[] {
  return presentation.listed(rendition).map(({ segment }) => {
    return segment.parts.flatMap(({ chunks }) => chunks).reduce((sum, { length }) => sum + length, 0);
  });
}
