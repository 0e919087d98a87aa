import { asTimestamp, isAfter, timestampStep } from '../rtp-header.ts';
import type { PlacedPacket } from './gop-cache.ts';

/** How a replay is laid out in time, in units of the RTP clock. */
export interface ReplayTimes {
  /** How long it takes. One that takes longer than the GOP moves nothing, if it may. */
  readonly span: number;
  /** The highest timestamp that the player has been sent before; undefined: none. */
  readonly after?: number | undefined;
}

/**
 * Timestamps for the replay of a GOP: its frames, as far apart as they will arrive, ending at the true time of the last one.
 *
 * With their own timestamps a player's jitter buffer may play the burst out in real time, and stay late by the age of the GOP; and mediasoup
 * would forget the key frame, which lies seconds before the newest packet, before the player could ask for its lost packets again.
 *
 * A GOP that is replayed again lies behind everything that was sent, be it that its frames are a single unit apart: mediasoup keeps no packet to
 * be asked for again whose timestamp is lower than that of the packet before, and decoders take such a frame for one of the past.
 *
 * Gives the new timestamp for each old one.
 */
export function retimed(gop: readonly PlacedPacket[], { span, after }: ReplayTimes): ReadonlyMap<number, number> {
  const frames = [...new Set(gop.map(({ timestamp }) => timestamp))].toSorted((a, b) => (isAfter(a, b) ? 1 : -1));
  const [first = 0, last = 0] = [frames[0], frames.at(-1)];
  const ownSpan = asTimestamp(last - first);
  const begin = after === undefined || isAfter(first, after) ? first : after + 1;
  if (span >= ownSpan && begin === first) return new Map(frames.map((timestamp) => [timestamp, timestamp]));
  const room = timestampStep(last, begin);
  const step = Math.max(1, Math.floor(Math.min(span, room) / (frames.length - 1)));
  const end = Math.max(room, step * (frames.length - 1)); // behind the beginning
  return new Map(frames.map((timestamp, index) => [timestamp, asTimestamp(begin + end - (frames.length - 1 - index) * step)]));
}
