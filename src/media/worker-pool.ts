import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import * as mediasoup from 'mediasoup';
import type { TransportListenInfo, WebRtcServer, Worker } from 'mediasoup/types';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import type { EngineEvents, WorkerReport } from './engine.ts';

/** One address that media listens on. */
export interface ListenAddress {
  readonly ip: string;
  /** What candidates say instead of `ip`: behind NAT or in a container. */
  readonly announcedAddress?: string | undefined;
}

/** How {@link openWorkerPool} sets up its workers. */
export interface WorkerPoolOptions {
  /** Path of the mediasoup-worker program; undefined: mediasoup looks itself. */
  readonly workerBin: string | undefined;
  readonly workers: number;
  /** Worker n listens on `port + n`, UDP and TCP; 0 takes any free port. */
  readonly port: number;
  readonly tcp: boolean;
  /** In the order in which candidates are offered. */
  readonly listen: readonly ListenAddress[];
  readonly logger: Logger;
}

/**
 * Socket buffers of every media port, in bytes. With the kernel's default of 208 KiB, the feedback of 200 viewers overflows the shared socket
 * during key-frame bursts and everybody loses 12–38 % (media-notes §2).
 */
export const socketBufferBytes = 4 * 1024 * 1024;

/** One running worker process with its WebRtcServer. */
export interface WorkerHome {
  readonly id: number;
  readonly worker: Worker;
  readonly server: WebRtcServer;
  readonly port: number;
  /** WebRTC transports that live or are being made here; placement goes by it. */
  sessions: number;
}

/** The worker processes. A dead one is replaced at once, on the same port; nothing on the others notices. */
export class WorkerPool {
  readonly observer = new EventEmitter<EngineEvents>();
  readonly #options: WorkerPoolOptions;
  readonly #homes = new Map<number, WorkerHome>();
  readonly #closing = new AbortController();

  private constructor(options: WorkerPoolOptions) {
    this.#options = options;
  }

  /** Starts every worker. Throws `ERR_MEDIA_UNAVAILABLE` when one cannot start or its port is taken; then none is left running. */
  static async open(options: WorkerPoolOptions): Promise<WorkerPool> {
    const pool = new WorkerPool(options);
    try {
      await Promise.all(Array.from({ length: options.workers }, (_, id) => pool.#start(id)));
      return pool;
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  get ports(): readonly number[] {
    return this.#sorted().map(({ port }) => port);
  }

  /** The worker with the fewest sessions. Throws `ERR_MEDIA_UNAVAILABLE` when none is running. */
  leastLoaded(): WorkerHome {
    const [first, ...rest] = this.#sorted();
    if (first === undefined)
      throw new GatewayError('ERR_MEDIA_UNAVAILABLE', 'No media worker is running; try again.', { retryAfterSeconds: 1 });
    return rest.reduce((best, home) => (home.sessions < best.sessions ? home : best), first);
  }

  /** Where pipes between routers listen: loopback, with large buffers, and never on a port that a worker may need back. */
  get pipeListenInfo(): TransportListenInfo {
    const portRange = this.#options.port >= 30_000 ? { min: 10_000, max: 29_999 } : { min: 40_000, max: 59_999 };
    return { protocol: 'udp', ip: '127.0.0.1', portRange, ...buffers };
  }

  async reports(): Promise<readonly WorkerReport[]> {
    const reports = await Promise.all(this.#sorted().map((home) => reportOf(home).catch(() => undefined))); // a worker that dies while asked has no report
    return reports.filter((report) => report !== undefined);
  }

  /** Ends every worker, with DTLS alerts to all peers, and resolves when the processes are gone. */
  async close(): Promise<void> {
    this.#closing.abort();
    const workers = [...this.#homes.values()].map(({ worker }) => worker);
    this.#homes.clear();
    await Promise.all(workers.map(endWorker));
  }

  #sorted(): WorkerHome[] {
    return [...this.#homes.values()].toSorted((a, b) => a.id - b.id);
  }

  async #start(id: number): Promise<void> {
    const { workerBin, port, logger } = this.#options;
    const worker = await startWorker(workerBin);
    try {
      const { server, port: boundPort } = await openServer(worker, listenInfos(this.#options, port === 0 ? 0 : port + id));
      if (this.#closing.signal.aborted) return worker.close();
      this.#homes.set(id, { id, worker, server, port: boundPort, sessions: 0 });
      worker.on('died', (error) => {
        // Code 0: it was asked to end and did so in order, as when Ctrl-C reaches it before us.
        const level = error.message.includes('code:0,') ? 'warn' : 'error';
        logger[level]({ workerId: id, pid: worker.pid, err: error }, 'media worker died');
        this.#homes.delete(id);
        this.observer.emit('workerdied', id);
        void this.#replace(id);
      });
    } catch (error) {
      worker.close();
      throw error;
    }
  }

  async #replace(id: number): Promise<void> {
    const { signal } = this.#closing;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        await this.#start(id);
        this.#options.logger.info({ workerId: id, attempt }, 'media worker replaced');
        this.observer.emit('workerreplaced', id);
        return;
      } catch (error) {
        this.#options.logger.error({ workerId: id, attempt, err: error }, 'media worker cannot be replaced');
        await delay(Math.min(5000, 200 * 2 ** attempt), undefined, { signal }).catch(() => undefined); // aborted: the loop ends
      }
    }
  }
}

const buffers = { sendBufferSize: socketBufferBytes, recvBufferSize: socketBufferBytes };

function listenInfos({ listen, tcp }: WorkerPoolOptions, port: number): TransportListenInfo[] {
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

async function startWorker(workerBin: string | undefined): Promise<Worker> {
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
async function endWorker(worker: Worker): Promise<void> {
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

async function openServer(worker: Worker, infos: TransportListenInfo[]): Promise<{ server: WebRtcServer; port: number }> {
  try {
    const server = await worker.createWebRtcServer({ listenInfos: infos });
    const { udpSockets } = await server.dump();
    return { server, port: udpSockets[0]?.port ?? 0 };
  } catch (cause) {
    const where = infos.map(({ protocol, ip, port }) => `${protocol} ${ip}:${port ?? 0}`).join(', ');
    throw new GatewayError('ERR_MEDIA_UNAVAILABLE', `Cannot listen for media on ${where}; free the port or set rtc.port.`, { cause });
  }
}

async function reportOf({ id, worker, server, port }: WorkerHome): Promise<WorkerReport> {
  const [usage, dump, { webRtcTransportIds }] = await Promise.all([worker.getResourceUsage(), worker.dump(), server.dump()]);
  return {
    id,
    pid: worker.pid,
    port,
    cpuMs: usage.ru_utime + usage.ru_stime,
    memoryBytes: usage.ru_maxrss * 1024,
    routers: dump.routerIds.length,
    transports: webRtcTransportIds.length,
  };
}
