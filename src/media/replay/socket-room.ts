import { readFile } from 'node:fs/promises';
import { packetsUpTo, readWaiting } from '../udp-sockets.ts';

/** What may wait in a socket, in bytes as the kernel counts them: a third of what it takes where `net.core.rmem_max` is as systems come. */
const mostWaiting = 131_072;

/** At once, however much room there is. */
const mostPackets = 50;

/** Where the system does not tell. */
const blindPackets = 20;

/** How many packets may be sent where so many bytes wait; undefined: nobody knows. */
export function roomFor(waiting: number | undefined): number {
  if (waiting === undefined) return blindPackets;
  return Math.min(mostPackets, packetsUpTo(mostWaiting, waiting));
}

/** How many packets a program on this machine that listens on a UDP port of IPv4 has room for now. */
export async function roomAt(port: number): Promise<number> {
  const table = await readFile('/proc/net/udp', 'latin1').catch(() => ''); // not Linux
  return roomFor(readWaiting(table, port));
}
