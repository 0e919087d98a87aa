import { asTimestamp, isAfter } from '../rtp-header.ts';
import { rtpPayload } from '../rtp-payload.ts';
import type { Offsets } from './continuity.ts';
import { bytesOf, type PlacedPacket, rateOf } from './gop-cache.ts';
import type { GopCodec } from './key-frame.ts';
import { Pacer, replayRate } from './pacer.ts';
import { retimed } from './retiming.ts';
import { rewrittenParts } from './rtp-rewriter.ts';
import { type ClockMapping, senderReport } from './sender-report.ts';
import { moveVp8PictureId, vp8PictureId } from './vp8-picture-id.ts';

/** Takes packets of ours to a router; drops them once it is closed. */
export interface PacketSink {
  /** Whether what is sent now will surely arrive. */
  readonly hasRoom: boolean;
  /** Sends RTP or RTCP, of which the parts are one packet. */
  send(...parts: readonly Uint8Array[]): void;
}

/** Where an injection goes. */
export interface InjectionTarget {
  readonly sink: PacketSink;
  readonly codec: GopCodec;
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
  #offsets: Offsets;
  #queue: PlacedPacket[] = [];
  #timestamps: ReadonlyMap<number, number> = new Map();
  #pacer: Pacer;
  #first = 0;
  #isRepeating = false;
  /** In bit/s, once another encoding than the first is shown. */
  #pace: number | undefined;
  /** The newest packet that came, of the present encoding. */
  #last: PlacedPacket | undefined;
  /** What the picture IDs of VP8 are moved by; the highest that was sent. */
  readonly #pictures: { movedBy: number; last: number | undefined } = { movedBy: 0, last: undefined };
  readonly #sent = { packets: 0, octets: 0 };
  #highest = 0;
  /** The highest timestamp that was sent, before it was moved by the offset. */
  #newest: number | undefined;

  /** `gop` must hold a packet. */
  constructor(target: InjectionTarget, gop: readonly PlacedPacket[], nowMs: number) {
    this.#target = target;
    this.#offsets = target.offsets ?? { sequence: 0, timestamp: 0 };
    this.#pacer = this.#begin(gop, nowMs);
  }

  /**
   * Begins anew, with the GOP as it is now: for a player that has lost the key frame. What was on its way is dropped, for `gop` holds it too; numbers
   * and timestamps go on from those that were sent, and so do VP8's picture IDs: libwebrtc would take the pictures that it has for those that
   * come again, and give them up for being late.
   */
  repeat(gop: readonly PlacedPacket[], nowMs: number): void {
    if (!this.hasBegun) return;
    this.#goOn(gop, nowMs);
  }

  /**
   * Goes on with another encoding of the same track, whose GOP this is, behind what was sent of the one before; no more of that must come. `pace`
   * in bit/s. A player that is behind when the next GOP begins is sent no more of this one.
   */
  change(gop: readonly PlacedPacket[], pace: number, nowMs: number): void {
    const timeOf = (newest: PlacedPacket | undefined): number =>
      newest === undefined ? 0 : newest.timestamp + ((nowMs - newest.arrivedMs) * this.#target.clockRate) / 1000;
    const timestamp = Math.round(timeOf(this.#last) + this.#offsets.timestamp - timeOf(gop.at(-1)));
    if (this.#newest !== undefined) this.#newest = asTimestamp(this.#newest + this.#offsets.timestamp - timestamp);
    this.#offsets = { ...this.#offsets, timestamp };
    this.#pace = pace;
    this.#goOn(gop, nowMs);
  }

  /** Whether everything has been sent that has come. */
  get isLive(): boolean {
    return this.#queue.length === 0;
  }

  /** Whether a GOP is on its way that the player has been sent before. */
  get isRepeating(): boolean {
    return this.#isRepeating && !this.isLive;
  }

  /** Whether something has been sent. */
  get hasBegun(): boolean {
    return this.#newest !== undefined;
  }

  /** The highest sequence number that was sent. */
  get highest(): number {
    return this.#highest;
  }

  /** Takes what has arrived. What lies before the key frame is of no use. */
  push(placed: PlacedPacket): void {
    if (placed.sequence <= this.#first) return;
    if (placed.beginsGop && this.#pace !== undefined && !this.isLive) this.#skipTo(placed);
    this.#queue.push(placed);
    this.#last = placed;
  }

  /** Sends what the pace allows now, and what there is room for. */
  pump(nowMs: number): void {
    for (;;) {
      const [next] = this.#queue;
      if (next === undefined || !this.#target.sink.hasRoom || !this.#pacer.admits(next.packet.length, nowMs)) return;
      this.#queue.shift();
      this.#send(next);
    }
  }

  /** Sends everything now: nothing may come later. */
  flush(): void {
    for (const placed of this.#queue.splice(0)) this.#send(placed);
  }

  /** Passes the publisher's clock on, so that picture and sound are played together. */
  tell(mapping: ClockMapping, nowMs: number): void {
    const { sink, ssrc, clockRate } = this.#target;
    sink.send(senderReport(mapping, { ssrc, clockRate, ...this.#sent, timestampOffset: this.#offsets.timestamp }, nowMs));
  }

  #goOn(gop: readonly PlacedPacket[], nowMs: number): void {
    const [begin] = gop;
    if (begin === undefined) return;
    this.#joinOn(begin);
    this.#isRepeating = true;
    this.#pacer = this.#begin(gop, nowMs);
  }

  /** Drops what is still to be sent: a GOP begins, and who is behind is live again with it. */
  #skipTo(begin: PlacedPacket): void {
    this.#queue = [];
    this.#timestamps = new Map();
    this.#first = begin.sequence;
    this.#joinOn(begin);
  }

  /** This one gets the numbers behind those that were sent. */
  #joinOn(begin: PlacedPacket): void {
    this.#offsets = { ...this.#offsets, sequence: this.#highest + 1 - begin.sequence };
    const picture = this.#target.codec === 'VP8' ? vp8PictureId(rtpPayload(begin.packet) ?? begin.packet) : undefined;
    if (picture !== undefined && this.#pictures.last !== undefined) this.#pictures.movedBy = this.#pictures.last + 1 - picture;
  }

  #begin(gop: readonly PlacedPacket[], nowMs: number): Pacer {
    const rate = this.#pace ?? replayRate(rateOf(gop));
    this.#last = gop.at(-1);
    this.#queue = [...gop];
    this.#first = gop[0]?.sequence ?? 0;
    this.#timestamps = retimed(gop, { span: Math.round(((bytesOf(gop) * 8) / rate) * this.#target.clockRate), after: this.#newest });
    return new Pacer(rate, nowMs);
  }

  #send({ packet, sequence, timestamp }: PlacedPacket): void {
    const { sink, ssrc, payloadType } = this.#target;
    const shown = this.#timestamps.get(timestamp) ?? timestamp;
    const moved = { sequence: sequence + this.#offsets.sequence, timestamp: shown + this.#offsets.timestamp };
    const parts = rewrittenParts(packet, { ssrc, payloadType, ...moved });
    if (parts === undefined) return;
    const [header, payload] = parts;
    sink.send(header, this.#withPicture(payload, moved.sequence));
    this.#highest = Math.max(this.#highest, moved.sequence);
    if (this.#newest === undefined || isAfter(shown, this.#newest)) this.#newest = shown;
    this.#sent.packets += 1;
    this.#sent.octets += payload.length;
  }

  #withPicture(payload: Uint8Array, sequence: number): Uint8Array {
    if (this.#target.codec !== 'VP8') return payload;
    const { movedBy } = this.#pictures;
    const moved = movedBy === 0 ? payload : Uint8Array.from(payload); // it is everybody's
    if (movedBy !== 0) moveVp8PictureId(moved, movedBy);
    if (sequence >= this.#highest) this.#pictures.last = vp8PictureId(moved);
    return moved;
  }
}
