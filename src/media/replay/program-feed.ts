import { createSocket, type Socket } from 'node:dgram';
import { randomInt } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { PlacedPacket } from '../instant/gop-cache.ts';
import { rewritten, emptyPacket } from '../instant/rtp-rewriter.ts';
import { ownClock, senderReport } from '../instant/sender-report.ts';
import type { Moment } from './arrival-clock.ts';
import { roomAt } from './socket-room.ts';

/** How a track is sent to a program. */
export interface ProgramFeedOptions {
  /** UDP port of 127.0.0.1, for RTP and RTCP: what is said of the clock before the first packet is then heard before it. */
  readonly port: number;
  readonly payloadType: number;
  /** In Hz. */
  readonly clockRate: number;
}

/** What the owner of a feed listens to. */
type ProgramFeedEvents = {
  /** A packet leaves. */
  sent: [PlacedPacket];
};

/** How often it is looked whether there is room for more, in milliseconds. */
const lookMs = 4;

/** Sends the packets of one track to a program on this machine: what was kept no faster than it is read, and then what comes, in the same order. */
export class ProgramFeed implements Disposable {
  readonly events = new EventEmitter<ProgramFeedEvents>();
  readonly #options: ProgramFeedOptions;
  readonly #socket: Socket;
  readonly #closing = new AbortController();
  readonly #ssrc = randomInt(1, 2 ** 32 - 1);
  readonly #queue: PlacedPacket[] = [];
  readonly #sent = { packets: 0, octets: 0 };
  #isDraining = false;
  #taken = 0;

  static async open(options: ProgramFeedOptions): Promise<ProgramFeed> {
    const socket = createSocket('udp4');
    socket.on('error', () => undefined); // the program is gone, and its owner hears of that
    try {
      socket.connect(options.port, '127.0.0.1');
      await once(socket, 'connect');
      return new ProgramFeed(options, socket);
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  private constructor(options: ProgramFeedOptions, socket: Socket) {
    this.#options = options;
    this.#socket = socket;
  }

  /** How many packets it was given: those that wait count, so that a program that does not read is noticed. */
  get taken(): number {
    return this.#taken;
  }

  /** Sends packets one after the other, behind those that wait. */
  push(...packets: readonly PlacedPacket[]): void {
    if (this.#closing.signal.aborted) return;
    this.#taken += packets.length;
    const [only] = packets;
    if (packets.length === 1 && only !== undefined && !this.#isDraining) {
      this.#send(only);
      return;
    }
    this.#queue.push(...packets);
    if (!this.#isDraining) void this.#drain();
  }

  /** Says which moment a timestamp stands for, on the clock of `performance.now()`. */
  report({ timestamp, ms }: Moment): void {
    if (this.#closing.signal.aborted) return;
    const { clockRate } = this.#options;
    const options = { ssrc: this.#ssrc, clockRate, ...this.#sent };
    this.#socket.send(senderReport(ownClock({ timestamp, arrivedMs: ms }), options, ms));
  }

  [Symbol.dispose](): void {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#queue.length = 0;
    this.#socket.close();
  }

  async #drain(): Promise<void> {
    const { signal } = this.#closing;
    this.#isDraining = true;
    while (this.#queue.length > 0) {
      const room = await roomAt(this.#options.port);
      for (const placed of this.#queue.splice(0, room)) this.#send(placed);
      if (this.#queue.length > 0) await delay(lookMs, undefined, { signal }).catch(() => undefined); // closed: the queue is empty then
    }
    this.#isDraining = false;
  }

  #send(placed: PlacedPacket): void {
    if (this.#closing.signal.aborted) return;
    const { packet, sequence, timestamp } = placed;
    const header = { ssrc: this.#ssrc, payloadType: this.#options.payloadType, sequence, timestamp };
    // What has no payload is sent all the same: a program would wait for its number.
    const copy = rewritten(packet, header) ?? emptyPacket(header);
    this.#socket.send(copy);
    this.#sent.packets += 1;
    this.#sent.octets += copy.length - 12;
    this.events.emit('sent', placed);
  }
}
