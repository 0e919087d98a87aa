import * as mediasoup from 'mediasoup';
import type { TransportListenInfo, WebRtcServer, Worker } from 'mediasoup/types';
import { GatewayError } from '../errors.ts';
import type { LoadMeter } from './load-meter.ts';

/** One running worker process with its WebRtcServer. */
export interface WorkerHome {
  readonly id: number;
  readonly worker: Worker;
  readonly server: WebRtcServer;
  readonly port: number;
  readonly load: LoadMeter;
}

/** One address that media listens on. */
export interface ListenAddress {
  readonly ip: string;
  /** What candidates say instead of `ip`: behind NAT or in a container. */
  readonly announcedAddress?: string | undefined;
}

/** Where workers listen. */
export interface ListenOptions {
  readonly tcp: boolean;
  /** In the order in which candidates are offered. */
  readonly listen: readonly ListenAddress[];
}

/**
 * Socket buffers of every media port, in bytes. With the kernel's default of 208 KiB, the feedback of 200 viewers overflows the shared socket
 * during key-frame bursts and everybody loses 12–38 % (media-notes §2).
 */
export const socketBufferBytes = 4 * 1024 * 1024;

/** Socket buffers of everything that carries media. */
export const buffers = { sendBufferSize: socketBufferBytes, recvBufferSize: socketBufferBytes };

/** What a worker's WebRtcServer listens on. */
export function listenInfos({ listen, tcp }: ListenOptions, port: number): TransportListenInfo[] {
  const protocols = tcp ? (['udp', 'tcp'] as const) : (['udp'] as const);
  return protocols.flatMap((protocol) =>
    listen.map(({ ip, announcedAddress }) => ({
      protocol,
      ip,
      port,
      ...(announcedAddress === undefined ? {} : { announcedAddress }),
      ...buffers,
    })),
  );
}

/** Starts a worker process. Throws `ERR_MEDIA_UNAVAILABLE`. */
export async function startWorker(workerBin: string | undefined): Promise<Worker> {
  const listeners = process.listeners('SIGTERM');
  const worker = mediasoup.createWorker({ logLevel: 'warn', ...(workerBin === undefined ? {} : { workerBin }) });
  // mediasoup would close this worker by itself on SIGTERM, before the gateway could refuse newcomers and end its sessions in order.
  for (const listener of process.listeners('SIGTERM')) if (!listeners.includes(listener)) process.off('SIGTERM', listener);
  try {
    return await worker;
  } catch (cause) {
    throw new GatewayError('ERR_MEDIA_UNAVAILABLE', 'The mediasoup worker could not be started; see MEDIASOUP_WORKER_BIN.', { cause });
  }
}

/** Closes a worker and waits for its process; one that does not go in 2 s is killed. */
export async function endWorker(worker: Worker): Promise<void> {
  if (worker.subprocessClosed) return;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(() => process.kill(worker.pid, 'SIGKILL'), 2000);
    worker.once('subprocessclose', () => {
      clearTimeout(timer);
      resolve();
    });
    worker.close();
  });
}

/** Listens on a worker's one port, and tells which it is. Throws `ERR_MEDIA_UNAVAILABLE` when it is taken. */
export async function openServer(worker: Worker, infos: TransportListenInfo[]): Promise<{ server: WebRtcServer; port: number }> {
  try {
    const server = await worker.createWebRtcServer({ listenInfos: infos });
    const { udpSockets } = await server.dump();
    return { server, port: udpSockets[0]?.port ?? 0 };
  } catch (cause) {
    const where = infos.map(({ protocol, ip, port }) => `${protocol} ${ip}:${port ?? 0}`).join(', ');
    throw new GatewayError('ERR_MEDIA_UNAVAILABLE', `Cannot listen for media on ${where}; free the port or set rtc.port.`, { cause });
  }
}
