/** What stands for a number that is not known. */
export const unknown = '–';

/** `2.4 Mbit/s`, `180 kbit/s`. */
export function bitRate(bitsPerSecond: number | undefined): string {
  if (bitsPerSecond === undefined) return unknown;
  return bitsPerSecond >= 999_500 ? `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s` : `${Math.round(bitsPerSecond / 1000)} kbit/s`;
}

/** `1280 × 720`. */
export function pictureSize(width: number | undefined, height: number | undefined): string {
  return width === undefined || height === undefined ? unknown : `${width} × ${height}`;
}

/** `720p`, or what else is known of a quality: its name, its place. */
export function layerName({
  height,
  rid,
  spatialLayerId,
}: {
  height: number | undefined;
  rid: string | undefined;
  spatialLayerId: number;
}): string {
  if (height !== undefined) return `${height}p`;
  return rid ?? `Quality ${spatialLayerId + 1}`;
}

/** `30 fps`, a whole number. */
export function frameRate(framesPerSecond: number | undefined): string {
  return framesPerSecond === undefined ? unknown : `${Math.round(framesPerSecond)} fps`;
}

/** `0 %`, `0.3 %`, `12 %`. */
export function percentage(ratio: number | undefined): string {
  if (ratio === undefined) return unknown;
  const percent = ratio * 100;
  return `${percent === 0 || percent >= 9.95 ? Math.round(percent) : Math.max(0.1, percent).toFixed(1)} %`;
}

/** `240 ms`, `1.6 s`. */
export function shortTime(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return unknown;
  return milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

/** `12 s`, `5 min`, `3 h 20 min`. */
export function longTime(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `812 kB`, `2.4 MB`, `1.3 GB`. */
export function byteCount(bytes: number): string {
  if (bytes < 999_500) return `${Math.round(bytes / 1e3)} kB`;
  return bytes < 999_950_000 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** `1 viewer`, `3 viewers`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `VP8 + Opus`; codecs as people write them. */
export function codecNames(...codecs: readonly (string | undefined)[]): string {
  const names = codecs.filter((codec) => codec !== undefined).map((codec) => (codec.toLowerCase() === 'opus' ? 'Opus' : codec));
  return names.length === 0 ? unknown : names.join(' + ');
}
