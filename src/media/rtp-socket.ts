import { createSocket, type Socket } from 'node:dgram';
import { EventEmitter, once } from 'node:events';
import type { PlainTransport, Router, TransportListenInfo } from 'mediasoup/types';
import { madeOn } from './made-on.ts';
import { ReceiverRoom } from './receiver-room.ts';

/** What an {@link RtpSocket} tells; each with the packet. */
export interface RtpSocketEvents {
  readonly rtp: [Buffer];
  readonly rtcp: [Buffer];
}

/**
 * A transport of a router, and a socket of ours beside it on loopback: RTP between Node.js and a worker.
 *
 * Half the price of mediasoup's DirectTransport, which copies packets byte by byte into messages and takes each from a message of its own. But
 * nothing keeps these packets and the requests to the worker in one order, and the kernel drops what overflows a receive buffer: some 180
 * packets with Linux's defaults (`net.core.rmem_max`), 3500 with what the README advises. Who can wait asks {@link hasRoom} first.
 */
export class RtpSocket {
  readonly transport: PlainTransport;
  readonly events = new EventEmitter<RtpSocketEvents>();
  readonly #socket: Socket;
  readonly #room: ReceiverRoom;

  /** Rejects when the worker is gone or no port is free; then nothing is left behind. */
  static async open(router: Router, listenInfo: TransportListenInfo): Promise<RtpSocket> {
    await using opened = new AsyncDisposableStack();
    const { recvBufferSize, sendBufferSize } = listenInfo; // as large as those at the other end
    const options = {
      type: 'udp4',
      ...(recvBufferSize === undefined ? {} : { recvBufferSize }),
      ...(sendBufferSize === undefined ? {} : { sendBufferSize }),
    } as const;
    const socket = opened.adopt(createSocket(options), (one) => {
      one.close();
    });
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const transport = await madeOn(router, router.createPlainTransport({ listenInfo, rtcpMux: true, comedia: false }));
    opened.defer(() => {
      transport.close();
    });
    await transport.connect({ ip: '127.0.0.1', port: socket.address().port });
    socket.connect(transport.tuple.localPort, '127.0.0.1');
    await once(socket, 'connect');
    if (transport.closed) throw new Error('the router has closed meanwhile');
    opened.move();
    return new RtpSocket(transport, socket);
  }

  private constructor(transport: PlainTransport, socket: Socket) {
    this.transport = transport;
    this.#socket = socket;
    // The other end asked for a buffer as large as ours, so the kernel gave it as much.
    this.#room = new ReceiverRoom({ port: transport.tuple.localPort, bufferBytes: socket.getRecvBufferSize() });
    socket.on('message', (packet) => {
      this.events.emit(isRtcp(packet) ? 'rtcp' : 'rtp', packet);
    });
    socket.on('error', () => undefined); // nobody hears us any more: the transport closes with its worker
    transport.observer.once('close', () => {
      socket.close();
    });
  }

  get closed(): boolean {
    return this.transport.closed;
  }

  /** Whether the worker has kept up with what it was sent; where not, packets may be lost. */
  get hasRoom(): boolean {
    return this.#room.isLeft(performance.now());
  }

  /** Sends RTP or RTCP, of which the parts are one packet; nothing once it is closed. */
  send(...parts: readonly Uint8Array[]): void {
    if (this.transport.closed) return;
    this.#room.take();
    this.#socket.send(parts);
  }

  close(): void {
    this.transport.close();
  }
}

/** Payload types and RTCP packet types do not overlap (RFC 5761 §4). */
function isRtcp(packet: Buffer): boolean {
  const second = packet[1] ?? 0;
  return second >= 192 && second <= 223;
}
