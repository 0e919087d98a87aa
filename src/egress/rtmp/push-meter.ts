import { longestGopMs } from '../../streams/ingest-health.ts';
import type { Fragment } from '../fragment.ts';

/** The bitrate is that of so long a time, in milliseconds. */
const windowMs = 10_000;

/** Counts what a target's server takes, and measures what it is given. */
export class PushMeter {
  #bytes = 0;
  #samples: readonly { readonly atMs: number; readonly bytes: number }[] = [];
  #keyFrameMs: number | undefined;
  #newestMs = 0;
  #gops: readonly number[] = [];

  /** Bytes that the server took, over all connections. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Longest of the last times between key frames, the present one included, in milliseconds; undefined before the first. */
  get gopMs(): number | undefined {
    return this.#keyFrameMs === undefined ? undefined : Math.max(...this.#gops, this.#newestMs - this.#keyFrameMs);
  }

  /** Whether platforms will complain about the time between key frames. */
  get isGopLong(): boolean {
    return (this.gopMs ?? 0) > longestGopMs;
  }

  /** The server took so many bytes more. */
  took(bytes: number, nowMs: number): void {
    this.#bytes += bytes;
    this.#samples = [...this.#samples.filter(({ atMs }) => nowMs - atMs < windowMs), { atMs: nowMs, bytes }];
  }

  /** What the server took of late, in bit/s; undefined where nothing is known. */
  bitrate(nowMs: number): number | undefined {
    const recent = this.#samples.filter(({ atMs }) => nowMs - atMs < windowMs);
    const [first] = recent;
    if (first === undefined || nowMs - first.atMs < 1_000) return undefined;
    const bytes = recent.slice(1).reduce((sum, sample) => sum + sample.bytes, 0);
    return Math.round((bytes * 8 * 1000) / (nowMs - first.atMs));
  }

  /** A fragment of the picture is pushed. */
  pushes({ startMs, durationMs, independent }: Pick<Fragment, 'startMs' | 'durationMs' | 'independent'>): void {
    this.#newestMs = startMs + durationMs;
    if (!independent) return;
    if (this.#keyFrameMs !== undefined) this.#gops = [...this.#gops, startMs - this.#keyFrameMs].slice(-4);
    this.#keyFrameMs = startMs;
  }

  /** Another run or connection begins: times between its key frames say nothing about the one before. */
  restart(): void {
    this.#keyFrameMs = undefined;
    this.#gops = [];
  }
}
