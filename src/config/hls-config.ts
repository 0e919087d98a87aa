import { milliseconds } from './duration.ts';
import type { Settings } from './schema.ts';

/** How streams are packaged as HLS. */
export interface HlsConfig {
  readonly segmentMs: number;
  /** Complete segments in a playlist. */
  readonly listed: number;
  readonly lowLatency: boolean;
  readonly lingerMs: number;
  /** Of one stream. */
  readonly mostBytes: number;
  readonly directory: string | undefined;
}

const bytesPerMiB = 2 ** 20;

/** Turns checked settings into the values that the code works with. */
export function parseHls({ segmentDuration, segments, lowLatency, linger, memory, directory }: Settings['egress']['hls']): HlsConfig {
  return {
    segmentMs: milliseconds(segmentDuration),
    listed: segments,
    lowLatency,
    lingerMs: milliseconds(linger),
    mostBytes: memory * bytesPerMiB,
    directory,
  };
}
