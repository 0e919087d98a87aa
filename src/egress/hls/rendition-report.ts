import type { Presentation } from './presentation.ts';

/** A rendition as operators see it: what it is coded as, its size in pixels and its rate in bit/s as far as they are known. */
export function reportRendition(presentation: Presentation, name: string) {
  const { codec, size } = presentation.initOf(name) ?? {};
  const rate = presentation.rate(name);
  return { name, codec, ...size, bitrate: rate && Math.round(rate.average) };
}
