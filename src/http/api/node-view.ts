import type { NodeView } from './schemas.ts';

/** What a media worker uses. */
export interface WorkerUsage {
  readonly id: number;
  readonly pid: number;
  readonly port: number;
  readonly cpuMs: number;
  readonly memoryBytes: number;
  readonly routers: number;
  readonly transports: number;
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
  readonly workers: readonly WorkerUsage[];
  readonly process: {
    readonly nodeVersion: string;
    readonly uptimeSeconds: number;
    readonly memoryBytes: number;
    /** In microseconds, as Node gives it. */
    readonly cpu: NodeJS.CpuUsage;
  };
}

/** This gateway and its machine, as operators see them. */
export function viewNode({ version, draining, facts, workers, process }: NodeState): NodeView {
  const { cores, mediaAddresses, socketBufferBytes, wantedSocketBufferBytes, ffmpeg } = facts;
  return {
    version,
    status: draining ? 'draining' : workers.length === 0 ? 'unavailable' : 'ok',
    uptimeSeconds: Math.floor(process.uptimeSeconds),
    node: process.nodeVersion,
    memoryBytes: process.memoryBytes,
    cpuMs: Math.round((process.cpu.user + process.cpu.system) / 1000),
    workers: workers.map(({ id, pid, port, cpuMs, memoryBytes, routers, transports }) => ({
      id,
      pid,
      port,
      cpuMs: Math.round(cpuMs),
      memoryBytes,
      routers,
      transports,
    })),
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
