import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { gatewayFlags } from '../../scripts/bootstrap/gateway-flags.mjs';
import { leashed } from '../fixtures/leash.ts';
import type { Turns } from './programs/turn-probe.ts';

const probe = fileURLToPath(new URL('programs/turn-probe.ts', import.meta.url));

/** How a {@link BenchGateway} is started. */
export interface BenchGatewayOptions {
  readonly workers?: number;
  /** Environment variables. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Whether its thread is looked at every millisecond, for {@link BenchGateway.turns}. Default false: it costs about 1 % of a core. */
  readonly probed?: boolean;
}

/** A gateway as `npm start` starts it, on free ports of 127.0.0.1. It closes when this process is gone. */
export class BenchGateway implements AsyncDisposable {
  readonly url: string;
  /** Time from `spawn` to the line that says that it listens, in milliseconds. */
  readonly startedInMs: number;
  readonly #child: ChildProcess;

  static async open(program: string, { workers, settings = {}, probed = false }: BenchGatewayOptions = {}): Promise<BenchGateway> {
    const startedAt = performance.now();
    const child = spawn(...leashed(process.execPath, [...gatewayFlags, ...(probed ? ['--import', probe] : []), program], 'TERM'), {
      env: { ...environment(workers), ...settings },
      stdio: ['ignore', 'pipe', 'inherit', ...(probed ? (['ipc'] as const) : [])],
    });
    const lines = createInterface({ input: child.stdout ?? Readable.from([]) });
    for await (const line of lines) {
      const port = portIn(line);
      if (port !== undefined) return new BenchGateway(child, port, performance.now() - startedAt);
    }
    throw new Error(`${program} ended before it listened`);
  }

  private constructor(child: ChildProcess, port: number, startedInMs: number) {
    this.#child = child;
    this.url = `http://127.0.0.1:${port}`;
    this.startedInMs = startedInMs;
    child.stdout?.resume(); // its log is not read, but written as ever
  }

  whip(stream: string): string {
    return `${this.url}/whip/${stream}`;
  }

  whep(stream: string): string {
    return `${this.url}/whep/${stream}`;
  }

  /** The gateway's own process. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** The most that its thread did at a time since this was last asked; it must have been opened as `probed`. */
  async turns(): Promise<Turns> {
    const answer = once(this.#child, 'message');
    this.#child.send('turns');
    const [turns] = (await answer) as [Turns];
    return turns;
  }

  /** Its media workers' processes. */
  async workerPids(): Promise<readonly number[]> {
    const { workers } = (await (await fetch(`${this.url}/health`)).json()) as { workers: { pid: number }[] };
    return workers.map(({ pid }) => pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exit;
  }
}

/** Limits that one client of many sessions would reach. */
const limits = ['PUBLISHERS', 'PUBLISHERS_PER_ADDRESS', 'VIEWERS_PER_ADDRESS', 'POSTS_PER_MINUTE', 'DELETES_PER_MINUTE'];

/** Nothing of the caller's own settings counts. */
function environment(workers: number | undefined): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('SLUICE_'));
  return {
    ...Object.fromEntries(inherited),
    SLUICE_CONFIG: '/dev/null',
    SLUICE_HTTP_PORT: '0',
    SLUICE_RTC_PORT: '0',
    SLUICE_RTC_LISTEN: '127.0.0.1',
    SLUICE_LOG_PRETTY: 'false',
    SLUICE_EGRESS_STATE_DIRECTORY: 'none',
    ...Object.fromEntries(limits.map((limit) => [`SLUICE_LIMITS_${limit}`, '1000000'])),
    ...(workers === undefined ? {} : { SLUICE_RTC_WORKERS: workers.toString() }),
  };
}

function portIn(line: string): number | undefined {
  if (!line.includes('"msg":"gateway listening"')) return undefined;
  return (JSON.parse(line) as { http: { port: number } }).http.port;
}
