/** A UDP socket, as the system tells of it. */
export interface UdpSocket {
  /** Its local port. */
  readonly port: number;
  /** What has arrived and was not read yet, in bytes as the kernel counts them. */
  readonly waitingBytes: number;
}

/** The sockets in a table as Linux prints it (`/proc/net/udp`, `/proc/net/udp6`). */
export function parseUdpSockets(table: string): readonly UdpSocket[] {
  const rows = table.matchAll(/^ *\d+: [0-9A-F]+:([0-9A-F]{4}) \S+ \S+ [0-9A-F]+:([0-9A-F]+) /gm);
  return [...rows].map(([, port = '', waiting = '']) => ({ port: Number.parseInt(port, 16), waitingBytes: Number.parseInt(waiting, 16) }));
}

/** Bytes that wait in the UDP sockets of a port, by a table as Linux prints it; undefined where nobody has bound it. */
export function readWaiting(table: string, port: number): number | undefined {
  const sockets = parseUdpSockets(table).filter((socket) => socket.port === port);
  return sockets.length === 0 ? undefined : Math.max(...sockets.map(({ waitingBytes }) => waitingBytes));
}

/** What Linux counts for a waiting packet of 1200 bytes. */
export const packetBytes = 2_304;

/** How many packets may join what waits before there are more bytes than `most`. */
export function packetsUpTo(most: number, waiting: number): number {
  return Math.max(0, Math.floor((most - waiting) / packetBytes));
}
