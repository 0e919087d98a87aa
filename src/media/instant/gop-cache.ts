import { isAfter, rtpSequence, rtpTimestamp, unwrap } from '../rtp-header.ts';
import { beginsKeyFrame, type GopCodec } from './key-frame.ts';
import { KeptPackets } from './kept-packets.ts';

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
  readonly #kept = new KeptPackets();
  #highest: number | undefined;
  /** Of the last whole GOP, in bit/s; undefined: there was none. */
  #rateBefore: number | undefined;

  constructor(codec: GopCodec) {
    this.#codec = codec;
  }

  /** Size of what is held, in bytes. */
  get bytes(): number {
    return this.#kept.bytes;
  }

  /** What the encoding takes, in bit/s, as measured of the last whole GOP, because a key frame alone tells nothing; before, of what has come. 0: unknown. */
  get rate(): number {
    return this.#rateBefore ?? this.#kept.rate();
  }

  /** Takes what arrived, and tells its place in the stream; undefined for what was there already. */
  push(packet: Uint8Array, nowMs: number): PlacedPacket | undefined {
    const sequence = unwrap(rtpSequence(packet), this.#highest);
    const timestamp = rtpTimestamp(packet);
    this.#highest = Math.max(this.#highest ?? sequence, sequence);
    const beginsGop = beginsKeyFrame(this.#codec, packet) && this.#isEarlierOrNewer(sequence, timestamp);
    const placed = { packet, sequence, timestamp, arrivedMs: nowMs, beginsGop };
    if (beginsGop) this.#beginAt(sequence);
    else if (this.#kept.length === 0 || sequence < this.#kept.sequence(0)) return placed;
    return this.#insert(placed) ? placed : undefined;
  }

  /** Forgets everything, up to the next key frame. */
  clear(): void {
    this.#kept.clear();
  }

  /** Whether {@link gop} has something to give: not when nothing is held, a packet is missing that will not come any more, or the stream has stopped. */
  hasGop(nowMs: number): boolean {
    const { length } = this.#kept;
    if (length === 0 || nowMs - this.#kept.arrivedMs(length - 1) > staleMs) return false;
    for (let index = 1; index < length; index += 1) {
      const isBehindGap = this.#kept.sequence(index) - this.#kept.sequence(index - 1) > 1;
      if (isBehindGap && nowMs - this.#kept.arrivedMs(index) > patienceMs) return false;
    }
    return true;
  }

  /** What a newcomer needs to see the present picture: everything since the last key frame, in order; undefined where there is none to give. */
  gop(nowMs: number): readonly PlacedPacket[] | undefined {
    return this.hasGop(nowMs) ? this.#kept.from() : undefined;
  }

  /** Parameter sets may come more than once in a key frame: it begins with the first, which a retransmission may bring last. */
  #isEarlierOrNewer(sequence: number, timestamp: number): boolean {
    const begin = this.#kept.timestamp(0);
    if (this.#kept.length === 0 || isAfter(timestamp, begin)) return true;
    return timestamp === begin && sequence < this.#kept.sequence(0);
  }

  #beginAt(begin: number): void {
    const rate = this.#kept.rate(this.#lastUpTo(begin - 1) + 1);
    if (rate > 0) this.#rateBefore = rate;
    const ahead = this.#kept.from(this.#lastUpTo(begin) + 1); // of the GOP that begins, but they came before its key frame
    this.#kept.clear();
    for (const placed of ahead) this.#kept.insert(this.#kept.length, placed);
  }

  /** False for a duplicate. */
  #insert(placed: PlacedPacket): boolean {
    const before = this.#lastUpTo(placed.sequence);
    if (before >= 0 && this.#kept.sequence(before) === placed.sequence) return false;
    this.#kept.insert(before + 1, placed);
    if (this.#kept.bytes > gopLimits.bytes || placed.arrivedMs - this.#kept.arrivedMs(0) > gopLimits.durationMs) this.clear();
    return true;
  }

  /** Where the last one is whose number is not behind this; -1 where there is none. */
  #lastUpTo(sequence: number): number {
    let index = this.#kept.length - 1;
    while (index >= 0 && this.#kept.sequence(index) > sequence) index -= 1;
    return index;
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
