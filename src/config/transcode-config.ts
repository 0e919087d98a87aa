import type { Settings } from './schema.ts';

/** How video is encoded anew. */
export interface TranscodeConfig {
  /** From the smallest up. */
  readonly ladder: readonly {
    /** Pixels of the shorter side. */
    readonly lines: number;
    /** The most that it may take, in bit/s. */
    readonly bitrate: number;
  }[];
  readonly preset: Settings['egress']['transcode']['preset'];
}

/** Turns checked settings into the values that the code works with. */
export function parseTranscode({ ladder, preset }: Settings['egress']['transcode']): TranscodeConfig {
  return { ladder: ladder.map(parseRung).toSorted((one, other) => one.lines - other.lines), preset };
}

/** `480p:1200k` or `480p`, as the schema has checked it. */
export function parseRung(text: string): TranscodeConfig['ladder'][number] {
  const [height = '', bitrate] = text.split(':');
  const lines = Number.parseInt(height, 10);
  return { lines, bitrate: bitrate === undefined ? usualBitrate(lines) : Number.parseInt(bitrate, 10) * 1000 };
}

/** What a 16:9 picture at 30 frames a second takes to look good: 2.5 Mbit/s at 720p, 1.2 at 480p; the smaller, the more for each pixel. */
function usualBitrate(lines: number): number {
  return Math.max(1, Math.round((2_500_000 * (lines / 720) ** 1.8) / 50_000)) * 50_000;
}
