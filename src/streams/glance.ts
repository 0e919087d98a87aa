import type { PacketGlance } from '../media/track.ts';
import type { GlanceSummary } from './ingest-health.ts';

/** A {@link GlanceSummary} and where its RTP clock stood, which the next one counts on from. */
export interface Glance extends GlanceSummary {
  readonly timestamp: number;
}

/** What the headers of one encoding's packets tell; `previous` is the glance before at the same encoding. Undefined without packets. */
export function summariseGlance(packets: readonly PacketGlance[], clockRate: number, previous: Glance | undefined): Glance | undefined {
  const [first] = packets;
  if (first === undefined) return undefined;
  const inOrder = packets.toSorted((a, b) => distance(a.sequence, b.sequence, 16));
  const mediaMs = ({ timestamp }: PacketGlance): number =>
    (previous?.mediaMs ?? 0) + (distance(timestamp, previous?.timestamp ?? first.timestamp, 32) * 1000) / clockRate;
  // The packet that waited least on its way tells most of the two clocks.
  const quickest = packets.reduce((best, packet) => (packet.arrivedMs - mediaMs(packet) < best.arrivedMs - mediaMs(best) ? packet : best));
  const times = [...new Set(packets.map(({ timestamp }) => distance(timestamp, first.timestamp, 32)))];
  const span = Math.max(...times) - Math.min(...times);
  return {
    arrivedMs: quickest.arrivedMs,
    mediaMs: mediaMs(quickest),
    timestamp: quickest.timestamp,
    framesPerSecond: span === 0 ? undefined : ((times.length - 1) * clockRate) / span,
    reorders: inOrder.filter(({ timestamp }, index) => distance(timestamp, inOrder[index - 1]?.timestamp ?? timestamp, 32) < 0).length,
  };
}

/** `a - b` of counters of so many bits that wrap around; negative when `a` is the earlier one. */
function distance(a: number, b: number, bits: 16 | 32): number {
  const size = 2 ** bits;
  const difference = (a - b + size) % size;
  return difference >= size / 2 ? difference - size : difference;
}
