import type { Offsets } from './continuity.ts';
import type { PlacedPacket } from './gop-cache.ts';
import { Pacer, replayRate } from './pacer.ts';
import { retimed } from './retiming.ts';
import { rewritten } from './rtp-rewriter.ts';
import { type ClockMapping, senderReport } from './sender-report.ts';

/** Takes packets of ours to a router; drops them once it is closed. */
export interface PacketSink {
  send(packet: Buffer): void;
  sendRtcp(packet: Buffer): void;
}

/** Where an injection goes. */
export interface InjectionTarget {
  readonly sink: PacketSink;
  readonly ssrc: number;
  readonly payloadType: number;
  /** In Hz. */
  readonly clockRate: number;
  /** What the numbers of the packets are moved by; default: nothing. */
  readonly offsets?: Offsets;
}

/** A GOP on its way to a producer of ours, key frame first and at a pace, and behind it what comes meanwhile. */
export class Injection {
  readonly #target: InjectionTarget;
  readonly #queue: PlacedPacket[];
  readonly #timestamps: ReadonlyMap<number, number>;
  readonly #pacer: Pacer;
  readonly #first: number;
  readonly #sent = { packets: 0, octets: 0 };
  #highest = 0;

  /** `gop` must hold a packet. */
  constructor(target: InjectionTarget, gop: readonly PlacedPacket[], nowMs: number) {
    const bytes = gop.reduce((sum, { packet }) => sum + packet.length, 0);
    const rate = replayRate(streamRate(gop, bytes));
    this.#target = target;
    this.#queue = [...gop];
    this.#first = gop[0]?.sequence ?? 0;
    this.#timestamps = retimed(gop, Math.round(((bytes * 8) / rate) * target.clockRate));
    this.#pacer = new Pacer(rate, nowMs);
  }

  /** Whether everything has been sent that has come. */
  get isLive(): boolean {
    return this.#queue.length === 0;
  }

  /** The highest sequence number that was sent. */
  get highest(): number {
    return this.#highest;
  }

  /** Takes what has arrived. What lies before the key frame is of no use. */
  push(placed: PlacedPacket): void {
    if (placed.sequence > this.#first) this.#queue.push(placed);
  }

  /** Sends what the pace allows now. */
  pump(nowMs: number): void {
    for (;;) {
      const [next] = this.#queue;
      if (next === undefined || !this.#pacer.admits(next.packet.length, nowMs)) return;
      this.#queue.shift();
      this.#send(next);
    }
  }

  /** Sends everything now. */
  flush(): void {
    for (const placed of this.#queue.splice(0)) this.#send(placed);
  }

  /** Passes the publisher's clock on, so that picture and sound are played together. */
  tell(mapping: ClockMapping, nowMs: number): void {
    const { sink, ssrc, clockRate } = this.#target;
    sink.sendRtcp(senderReport(mapping, { ssrc, clockRate, ...this.#sent }, nowMs));
  }

  #send({ packet, sequence, timestamp }: PlacedPacket): void {
    const { sink, ssrc, payloadType, offsets = { sequence: 0, timestamp: 0 } } = this.#target;
    const moved = { sequence: sequence + offsets.sequence, timestamp: (this.#timestamps.get(timestamp) ?? timestamp) + offsets.timestamp };
    const copy = rewritten(packet, { ssrc, payloadType, ...moved });
    if (copy === undefined) return;
    sink.send(copy);
    this.#highest = Math.max(this.#highest, moved.sequence);
    this.#sent.packets += 1;
    this.#sent.octets += copy.length - 12;
  }
}

/** How fast the packets came, in bit/s. */
function streamRate(gop: readonly PlacedPacket[], bytes: number): number {
  const tookMs = (gop.at(-1)?.arrivedMs ?? 0) - (gop[0]?.arrivedMs ?? 0);
  return tookMs <= 0 ? 0 : (bytes * 8000) / tookMs;
}
