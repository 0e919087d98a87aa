import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { plainVp9 } from '../../media/vp9-plain.ts';

/** What a {@link Vp9Relay} is told. All ports are of 127.0.0.1, RTP on the even one and RTCP on the next. */
export interface Vp9RelayOptions {
  /** Where packets come in. */
  readonly from: number;
  /** Where FFmpeg listens. */
  readonly to: number;
  /** Told once when the stream has several spatial layers: FFmpeg cannot put them together. */
  readonly onLayers: () => void;
}

/** Stands between a leg of VP9 and FFmpeg, which does not understand the packets of browsers: see {@link plainVp9}. */
export class Vp9Relay implements Disposable {
  readonly #sockets: readonly Socket[];

  /** Binds both ports. Rejects when one is taken. */
  static async open(options: Vp9RelayOptions): Promise<Vp9Relay> {
    using sockets = new DisposableStack();
    const [rtp, rtcp] = [options.from, options.from + 1].map((port) => {
      const socket = sockets.adopt(createSocket('udp4'), (one) => one.close());
      socket.bind(port, '127.0.0.1');
      return socket;
    });
    if (rtp === undefined || rtcp === undefined) throw new TypeError('there are two');
    await Promise.all([once(rtp, 'listening'), once(rtcp, 'listening')]);
    sockets.move();
    return new Vp9Relay(rtp, rtcp, options);
  }

  private constructor(rtp: Socket, rtcp: Socket, { to, onLayers }: Vp9RelayOptions) {
    this.#sockets = [rtp, rtcp];
    let hasLayers = false;
    rtp.on('message', (packet) => {
      const plain = plainVp9(packet);
      if (plain === 'several layers' && !hasLayers) onLayers();
      hasLayers ||= plain === 'several layers';
      if (plain instanceof Uint8Array) rtp.send(plain, to, '127.0.0.1');
    });
    rtcp.on('message', (packet) => {
      rtcp.send(packet, to + 1, '127.0.0.1');
    });
    for (const socket of this.#sockets) socket.on('error', () => undefined); // a packet was lost, as packets may be
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.close();
  }
}
