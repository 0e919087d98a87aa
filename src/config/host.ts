import { accessSync, constants, readFileSync } from 'node:fs';
import { availableParallelism, networkInterfaces } from 'node:os';
import { delimiter, join } from 'node:path';

/** Facts about the machine that settings and the banner depend on. */
export interface Host {
  readonly cores: number;
  readonly interfaces: ReturnType<typeof networkInterfaces>;
  /** Where FFmpeg is; undefined when it is not on PATH. */
  readonly ffmpeg: string | undefined;
  /** The largest socket buffers that the kernel grants, in bytes; undefined where it does not tell (not Linux). */
  readonly socketBufferBytes: { readonly receive: number; readonly send: number } | undefined;
}

/** Looks at this machine. */
export function readHost(environment: NodeJS.ProcessEnv): Host {
  const [receive, send] = [readNumber('/proc/sys/net/core/rmem_max'), readNumber('/proc/sys/net/core/wmem_max')];
  return {
    cores: availableParallelism(),
    interfaces: networkInterfaces(),
    ffmpeg: findProgram('ffmpeg', environment['PATH'] ?? ''),
    socketBufferBytes: receive === undefined || send === undefined ? undefined : { receive, send },
  };
}

function findProgram(name: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false; // absent or not ours to run: both mean that we cannot use it
  }
}

function readNumber(file: string): number | undefined {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10);
  } catch {
    return undefined; // not Linux, or /proc is hidden
  }
}
