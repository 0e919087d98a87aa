import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { TransportListenInfo } from 'mediasoup/types';
import type { Logger } from 'pino';
import { GatewayError } from '../errors.ts';
import type { EngineEvents, PipeReport, WorkerLoadReport, WorkerReport } from './engine.ts';
import { LoadMeter } from './load-meter.ts';
import { LoadWatch } from './load-watch.ts';
import type { Pipe } from './pipe.ts';
import { byCpu, headroom, type Placement, type Presence } from './placement.ts';
import { buffers, endWorker, listenInfos, type ListenOptions, openServer, startWorker, type WorkerHome } from './worker-process.ts';

/** How {@link openWorkerPool} sets up its workers. */
export interface WorkerPoolOptions extends ListenOptions {
  /** Path of the mediasoup-worker program; undefined: mediasoup looks itself. */
  readonly workerBin: string | undefined;
  readonly workers: number;
  /** Worker n listens on `port + n`, UDP and TCP; 0 takes any free port. */
  readonly port: number;
  /** Share of a core up to which a worker takes viewers of a stream before they spread to another one. Default 0.7. */
  readonly spreadAbove?: number | undefined;
  /** How sessions are spread over the workers. Default: by CPU. */
  readonly placement?: Placement | undefined;
  /** A worker that answers nothing for longer than this is killed, and replaced, in milliseconds. Default 30 000. */
  readonly hungMs?: number | undefined;
  readonly logger: Logger;
}

/** How long a worker may take to tell what it holds, in milliseconds. */
const reportTimeoutMs = 3000;

/** A place for a session on a worker, counted from before the session exists. */
export interface Place {
  readonly home: WorkerHome;
  /** Idempotent. */
  readonly release: () => void;
}

/** The worker processes. A dead one is replaced at once, on the same port; nothing on the others notices. */
export class WorkerPool {
  readonly observer = new EventEmitter<EngineEvents>();
  /** Every pipe that is open. */
  readonly pipes = new Set<Pipe>();
  readonly #options: WorkerPoolOptions;
  readonly #homes = new Map<number, WorkerHome>();
  readonly #closing = new AbortController();
  readonly #watch: LoadWatch<WorkerHome>;
  readonly #placement: Placement;

  private constructor(options: WorkerPoolOptions) {
    this.#options = options;
    this.#placement = options.placement ?? byCpu;
    this.#watch = new LoadWatch({
      homes: () => this.#sorted(),
      hungMs: options.hungMs,
      onHung: ({ id, worker }) => {
        options.logger.error({ workerId: id, pid: worker.pid }, 'media worker hangs, and is killed');
        if (!worker.subprocessClosed) process.kill(worker.pid, 'SIGKILL');
      },
    });
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

  /** A worker for a stream that begins. Throws `ERR_MEDIA_UNAVAILABLE` when none answers. */
  placeOrigin(): WorkerHome {
    return found(this.#placement.publisher(this.#places())).home;
  }

  /** Counts a publisher where its stream's origin is. */
  placePublisher(home: WorkerHome): Place {
    return { home, release: home.load.place('publisher', this.#watch.sessionShare) };
  }

  /** A place for a viewer, by what each worker has of its stream. Throws `ERR_MEDIA_UNAVAILABLE` when no worker answers. */
  placeViewer(presenceAt: (home: WorkerHome) => Presence): Place {
    const { sessionShare: viewerShare } = this.#watch;
    const places = this.#places().map((place) => ({ ...place, presence: presenceAt(place.home) }));
    const { home } = found(this.#placement.viewer(places, { viewerShare, spreadAbove: this.#options.spreadAbove ?? 0.7 }));
    return { home, release: home.load.place('viewer', viewerShare) };
  }

  /** Where pipes between routers listen: loopback, with large buffers, and never on a port that a worker may need back. */
  get pipeListenInfo(): TransportListenInfo {
    const portRange = this.#options.port >= 30_000 ? { min: 10_000, max: 29_999 } : { min: 40_000, max: 59_999 };
    return { protocol: 'udp', ip: '127.0.0.1', portRange, ...buffers };
  }

  loads(): readonly WorkerLoadReport[] {
    const answering = this.#watch.answering();
    return this.#sorted().map((home) => {
      const { id, worker, port, load } = home;
      const answers = answering.includes(home);
      const { measured: cpuShare, cpuMs, publishers, viewers } = load;
      const moreViewers = answers ? headroom(load, this.#watch.sessionShare) : 0;
      return { id, pid: worker.pid, port, answers, cpuShare, cpuMs, publishers, viewers, moreViewers };
    });
  }

  async pipeReport(): Promise<PipeReport> {
    const asked = [...this.pipes].map(async (pipe) => pipe.traffic().catch(() => undefined)); // a worker that dies while asked pipes nothing
    const traffic = (await Promise.all(asked.map(async (answer) => unlessLate(answer, reportTimeoutMs)))).filter((one) => one?.runs);
    return {
      open: this.pipes.size,
      running: traffic.length,
      bitrate: traffic.reduce((sum, one) => sum + (one?.bitrate ?? 0), 0),
    };
  }

  async reports(): Promise<readonly WorkerReport[]> {
    const asked = this.#sorted().map((home) => reportOf(home).catch(() => undefined)); // a worker that dies while asked has no report
    const reports = await Promise.all(asked.map(async (report) => unlessLate(report, reportTimeoutMs)));
    return reports.filter((report) => report !== undefined);
  }

  /** Ends every worker, with DTLS alerts to all peers, and resolves when the processes are gone. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#watch[Symbol.dispose]();
    const workers = [...this.#homes.values()].map(({ worker }) => worker);
    this.#homes.clear();
    await Promise.all(workers.map(endWorker));
  }

  #places() {
    return this.#watch.answering().map((home) => ({ home, id: home.id, share: home.load.share, sessions: home.load.sessions }));
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
      this.#homes.set(id, { id, worker, server, port: boundPort, load: new LoadMeter(0, performance.now()) });
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

function found<T>(place: T | undefined): T {
  if (place !== undefined) return place;
  throw new GatewayError('ERR_MEDIA_UNAVAILABLE', 'No media worker answers; try again.', { retryAfterSeconds: 1 });
}

/** What comes in time; undefined for what does not. */
async function unlessLate<T>(answer: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, undefined);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
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
