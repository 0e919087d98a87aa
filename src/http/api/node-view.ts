import type { NodeView } from './schemas.ts';

/** How busy a media worker is. */
export interface WorkerLoad {
  readonly id: number;
  readonly pid: number;
  readonly port: number;
  readonly answers: boolean;
  readonly cpuMs: number;
  readonly cpuShare: number;
  readonly publishers: number;
  readonly viewers: number;
  readonly moreViewers: number;
}

/** What a media worker says that it holds. */
export interface WorkerHoldings {
  readonly id: number;
  readonly memoryBytes: number;
  readonly routers: number;
}

/** Facts about the machine that do not change while the gateway runs. */
export interface NodeFacts {
  readonly cores: number;
  /** Addresses that clients are offered. */
  readonly mediaAddresses: readonly string[];
  /** What the kernel grants; undefined where it does not tell. */
  readonly socketBufferBytes: { readonly receive: number; readonly send: number } | undefined;
  readonly wantedSocketBufferBytes: number;
  /** Path; undefined when there is none. */
  readonly ffmpeg: string | undefined;
}

/** What {@link viewNode} is made of. */
export interface NodeState {
  readonly version: string;
  readonly draining: boolean;
  readonly facts: NodeFacts;
  readonly loads: readonly WorkerLoad[];
  /** Of those that answer. */
  readonly workers: readonly WorkerHoldings[];
  readonly process: {
    readonly nodeVersion: string;
    readonly uptimeSeconds: number;
    readonly memoryBytes: number;
    /** In microseconds, as Node gives it. */
    readonly cpu: NodeJS.CpuUsage;
  };
}

/** This gateway and its machine, as operators see them. */
export function viewNode({ version, draining, facts, loads, workers, process }: NodeState): NodeView {
  const { cores, mediaAddresses, socketBufferBytes, wantedSocketBufferBytes, ffmpeg } = facts;
  return {
    version,
    status: draining ? 'draining' : loads.some(({ answers }) => answers) ? 'ok' : 'unavailable',
    uptimeSeconds: Math.floor(process.uptimeSeconds),
    node: process.nodeVersion,
    memoryBytes: process.memoryBytes,
    cpuMs: Math.round((process.cpu.user + process.cpu.system) / 1000),
    workers: loads.map(({ id, pid, port, answers, cpuMs, cpuShare, publishers, viewers, moreViewers }) => {
      const { memoryBytes, routers } = workers.find((worker) => worker.id === id) ?? {};
      return {
        ...{ id, pid, port, answers, cpuMs: Math.round(cpuMs), cpuShare: Number(cpuShare.toFixed(3)), publishers, viewers, moreViewers },
        ...(memoryBytes === undefined || routers === undefined ? {} : { memoryBytes, routers }),
      };
    }),
    host: {
      cores,
      mediaAddresses: [...mediaAddresses],
      wantedSocketBufferBytes,
      ...(socketBufferBytes === undefined
        ? {}
        : { receiveBufferBytes: socketBufferBytes.receive, sendBufferBytes: socketBufferBytes.send }),
    },
    ...(ffmpeg === undefined ? {} : { ffmpeg }),
  };
}
