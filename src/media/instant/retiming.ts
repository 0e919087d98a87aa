import { isAfter } from '../rtp-header.ts';
import type { PlacedPacket } from './gop-cache.ts';

/**
 * Timestamps for the replay of a GOP: its frames, as far apart as they will arrive, ending at the true time of the last one.
 *
 * With their own timestamps a player's jitter buffer may play the burst out in real time, and stay late by the age of the GOP; and mediasoup
 * would forget the key frame, which lies seconds before the newest packet, before the player could ask for its lost packets again.
 *
 * `span` is how long the replay takes, in units of the RTP clock; one that takes longer than the GOP moves nothing. Gives the new timestamp for each old one.
 */
export function retimed(gop: readonly PlacedPacket[], span: number): ReadonlyMap<number, number> {
  const frames = [...new Set(gop.map(({ timestamp }) => timestamp))].toSorted((a, b) => (isAfter(a, b) ? 1 : -1));
  const [first = 0, last = 0] = [frames[0], frames.at(-1)];
  const ownSpan = (last - first + 2 ** 32) % 2 ** 32;
  if (span >= ownSpan) return new Map(frames.map((timestamp) => [timestamp, timestamp]));
  const step = Math.max(1, Math.floor(span / (frames.length - 1)));
  return new Map(frames.map((timestamp, index) => [timestamp, (last - (frames.length - 1 - index) * step + 2 ** 32) % 2 ** 32]));
}
