import { readFileSync } from 'node:fs';
import { packetsUpTo, readWaiting } from './udp-sockets.ts';

/** Share of a receive buffer that may be full of what asks for room; the rest is for what does not. */
const share = 0.5;

/** How often it is looked at most, in milliseconds. */
const lookEveryMs = 1;

/** What a {@link ReceiverRoom} is of. */
export interface Receiver {
  /** Its UDP port, on this machine, where nobody else sends. */
  readonly port: number;
  /** Size of its receive buffer, as the kernel counts. */
  readonly bufferBytes: number;
}

/** How many packets may be sent to where `waiting` bytes of a buffer are full. Undefined, where nobody can tell: any number. */
export function roomIn(bufferBytes: number, waiting: number | undefined): number {
  return waiting === undefined ? Infinity : packetsUpTo(share * bufferBytes, waiting);
}

/**
 * Room in the receive buffer of a socket that a busy program may not read for a while: the kernel drops what overflows it, and tells nobody. Looks
 * at the kernel's table of sockets, some 50 µs, whenever so many packets were sent as there was room for; elsewhere than on Linux there always is.
 */
export class ReceiverRoom {
  readonly #receiver: Receiver;
  readonly #readTable: () => string;
  #left = 0;
  #lookedMs = -Infinity;

  /** `readTable` reads the sockets of this machine as Linux prints them; it throws where there is no such table. */
  constructor(receiver: Receiver, readTable: () => string = () => readFileSync('/proc/net/udp', 'latin1')) {
    this.#receiver = receiver;
    this.#readTable = readTable;
  }

  /** Whether there is room for a packet. */
  isLeft(nowMs: number): boolean {
    if (this.#left < 1 && nowMs - this.#lookedMs >= lookEveryMs) {
      this.#lookedMs = nowMs;
      this.#left = roomIn(this.#receiver.bufferBytes, this.#look());
    }
    return this.#left >= 1;
  }

  /** A packet was sent. */
  take(): void {
    this.#left -= 1;
  }

  #look(): number | undefined {
    try {
      return readWaiting(this.#readTable(), this.#receiver.port);
    } catch {
      return undefined; // not Linux, or no /proc: what is lost then is asked for by the players
    }
  }
}
