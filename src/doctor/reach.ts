import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import type { MediaEngine } from '../media/engine.ts';
import { isAnswerTo, writeBindingRequest, type BindingRequest } from './stun.ts';

/** Whether media at one address that clients are told answers to this host. */
export interface Reach {
  readonly protocol: 'udp' | 'tcp';
  readonly address: string;
  readonly port: number;
  readonly answered: boolean;
}

/** How often it is looked for an answer, and asked again over UDP, in milliseconds. */
const lookEveryMs = 300;

/** Looks without an answer after which there is none. Where the machine stood still, the clock went on, and the answer waits. */
const looks = 5;

/**
 * Sends an ICE connectivity check to every candidate of one worker, from this host, as a player would before its first packet.
 *
 * An answer proves that the address leads to our socket from here; it says nothing about a firewall farther out.
 */
export async function probeCandidates(engine: MediaEngine): Promise<readonly Reach[]> {
  const stream = engine.openStream();
  try {
    const transport = await stream.openPublisher();
    const { iceCandidates, iceParameters } = transport.local;
    return await Promise.all(
      iceCandidates.map(async ({ protocol, address, port }) => {
        const request = writeBindingRequest(iceParameters);
        const answered = await (protocol === 'udp' ? askOverUdp : askOverTcp)(request, { address, port });
        return { protocol, address, port, answered };
      }),
    );
  } finally {
    stream.close();
  }
}

interface Target {
  readonly address: string;
  readonly port: number;
}

async function askOverUdp(request: BindingRequest, { address, port }: Target): Promise<boolean> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  return new Promise((resolve) => {
    const settle = (answered: boolean): void => {
      clearInterval(timer);
      socket.removeAllListeners('message').close();
      resolve(answered);
    };
    // An address that cannot be reached or resolved says so here or stays silent: no answer either way.
    const ask = (): void => socket.send(request.packet, port, address, () => undefined);
    let looked = 0;
    const timer = setInterval(() => {
      if ((looked += 1) < looks) ask();
      else settle(false);
    }, lookEveryMs);
    socket.on('error', () => undefined);
    socket.on('message', (packet) => {
      if (isAnswerTo(request, packet)) settle(true);
    });
    ask();
  });
}

/** Frames are preceded by their length (RFC 4571). */
async function askOverTcp(request: BindingRequest, { address, port }: Target): Promise<boolean> {
  const socket = connect({ host: address, port });
  return new Promise((resolve) => {
    const settle = (answered: boolean): void => {
      clearInterval(timer);
      socket.destroy();
      resolve(answered);
    };
    let looked = 0;
    const timer = setInterval(() => {
      if ((looked += 1) === looks) settle(false);
    }, lookEveryMs);
    let received = Buffer.alloc(0);
    socket.on('error', () => {
      settle(false);
    });
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) settle(isAnswerTo(request, received.subarray(2)));
    });
    const length = Buffer.alloc(2);
    length.writeUInt16BE(request.packet.length);
    socket.on('connect', () => socket.write(Buffer.concat([length, request.packet])));
  });
}
