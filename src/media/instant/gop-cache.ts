import { isAfter, rtpSequence, rtpTimestamp, unwrap } from '../rtp-header.ts';
import { beginsKeyFrame, type GopCodec } from './key-frame.ts';
import { PacketMemory } from './packet-memory.ts';

/** A packet of a stream, in its place. */
export interface PlacedPacket {
  readonly packet: Uint8Array;
  /** Sequence number without wrap-around: only differences mean something. */
  readonly sequence: number;
  /** RTP timestamp, as sent. */
  readonly timestamp: number;
  /** On the clock of whoever fills the cache, in milliseconds. */
  readonly arrivedMs: number;
  /** A key frame begins here, and with it the cache began anew. */
  readonly beginsGop: boolean;
}

/** The longest and largest GOP that is worth replaying: beyond it, waiting for the next key frame is the lesser evil. */
export const gopLimits = { durationMs: 5000, bytes: 2_500_000 } as const;

/** A packet that is still missing after this time, in milliseconds, will not come: retransmission takes a round trip or two. */
const patienceMs = 300;

/** An encoding from which nothing came for this long, in milliseconds, has stopped: its picture is out of date. */
const staleMs = 1000;

/**
 * The packets of one encoding since its last key frame, sorted by sequence number: retransmitted ones come late and take their place.
 *
 * Holds nothing while the GOP is longer or larger than {@link gopLimits}.
 */
export class GopCache {
  readonly #codec: GopCodec;
  readonly #memory = new PacketMemory();
  #packets: PlacedPacket[] = [];
  #bytes = 0;
  #highest: number | undefined;
  /** Of the last whole GOP, in bit/s; undefined: there was none. */
  #rateBefore: number | undefined;

  constructor(codec: GopCodec) {
    this.#codec = codec;
  }

  /** Size of what is held, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /** What the encoding takes, in bit/s, as measured of the last whole GOP, because a key frame alone tells nothing; before, of what has come. 0: unknown. */
  get rate(): number {
    return this.#rateBefore ?? rateOf(this.#packets);
  }

  /** Takes what arrived, and tells its place in the stream; undefined for what was there already. */
  push(packet: Uint8Array, nowMs: number): PlacedPacket | undefined {
    const sequence = unwrap(rtpSequence(packet), this.#highest);
    const timestamp = rtpTimestamp(packet);
    this.#highest = Math.max(this.#highest ?? sequence, sequence);
    const beginsGop = beginsKeyFrame(this.#codec, packet) && this.#isEarlierOrNewer(sequence, timestamp);
    const placed = { packet, sequence, timestamp, arrivedMs: nowMs, beginsGop };
    const begin = this.#packets[0];
    if (beginsGop) this.#beginAt(sequence);
    else if (begin === undefined || sequence < begin.sequence) return placed;
    return this.#insert(placed) ? placed : undefined;
  }

  /** Forgets everything, up to the next key frame. */
  clear(): void {
    this.#packets = [];
    this.#memory.reuse();
    this.#bytes = 0;
  }

  /** Whether {@link gop} has something to give: not when nothing is held, a packet is missing that will not come any more, or the stream has stopped. */
  hasGop(nowMs: number): boolean {
    const newest = this.#packets.at(-1);
    if (newest === undefined || nowMs - newest.arrivedMs > staleMs) return false;
    return !this.#packets.some(({ sequence, arrivedMs }, index) => {
      const before = this.#packets[index - 1];
      return before !== undefined && sequence - before.sequence > 1 && nowMs - arrivedMs > patienceMs;
    });
  }

  /** What a newcomer needs to see the present picture: everything since the last key frame, in order; undefined where there is none to give. */
  gop(nowMs: number): readonly PlacedPacket[] | undefined {
    if (!this.hasGop(nowMs)) return undefined;
    this.#memory.lend();
    return [...this.#packets];
  }

  /** Parameter sets may come more than once in a key frame: it begins with the first, which a retransmission may bring last. */
  #isEarlierOrNewer(sequence: number, timestamp: number): boolean {
    const begin = this.#packets[0];
    if (begin === undefined || isAfter(timestamp, begin.timestamp)) return true;
    return timestamp === begin.timestamp && sequence < begin.sequence;
  }

  #beginAt(begin: number): void {
    const rate = rateOf(this.#packets.filter(({ sequence }) => sequence < begin));
    if (rate > 0) this.#rateBefore = rate;
    this.#packets = this.#packets.filter(({ sequence }) => sequence > begin);
    if (this.#packets.length > 0) this.#memory.lend(); // to the GOP that begins: they came before its key frame
    this.#memory.reuse();
    this.#bytes = bytesOf(this.#packets);
  }

  /** False for a duplicate. */
  #insert(placed: PlacedPacket): boolean {
    const before = this.#packets.findLastIndex(({ sequence }) => sequence <= placed.sequence);
    if (this.#packets[before]?.sequence === placed.sequence) return false;
    this.#packets.splice(before + 1, 0, { ...placed, packet: this.#memory.keep(placed.packet) });
    this.#bytes += placed.packet.length;
    const startedMs = this.#packets[0]?.arrivedMs ?? placed.arrivedMs;
    if (this.#bytes > gopLimits.bytes || placed.arrivedMs - startedMs > gopLimits.durationMs) this.clear();
    return true;
  }
}

/** How fast packets came, in bit/s; 0 where that cannot be told. */
export function rateOf(packets: readonly PlacedPacket[]): number {
  const tookMs = (packets.at(-1)?.arrivedMs ?? 0) - (packets[0]?.arrivedMs ?? 0);
  return tookMs <= 0 ? 0 : (bytesOf(packets) * 8000) / tookMs;
}

/** Size of packets, in bytes. */
export function bytesOf(packets: readonly PlacedPacket[]): number {
  return packets.reduce((sum, { packet }) => sum + packet.length, 0);
}
