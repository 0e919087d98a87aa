import { accessSync, constants, readFileSync } from 'node:fs';
import { availableParallelism, networkInterfaces } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';

/** Facts about the machine that settings and the banner depend on. */
export interface Host {
  readonly cores: number;
  readonly interfaces: ReturnType<typeof networkInterfaces>;
  /** The path of a program, which may be a path itself, or a name that is looked for on PATH; undefined when it is not there. */
  readonly findProgram: (name: string) => string | undefined;
  /** The largest socket buffers that the kernel grants, in bytes; undefined where it does not tell (not Linux). */
  readonly socketBufferBytes: { readonly receive: number; readonly send: number } | undefined;
}

/** Looks at this machine. */
export function readHost(environment: NodeJS.ProcessEnv): Host {
  const [receive, send] = [readNumber('/proc/sys/net/core/rmem_max'), readNumber('/proc/sys/net/core/wmem_max')];
  return {
    cores: availableParallelism(),
    interfaces: networkInterfaces(),
    findProgram: (name) => findProgram(name, environment['PATH'] ?? ''),
    socketBufferBytes: receive === undefined || send === undefined ? undefined : { receive, send },
  };
}

function findProgram(name: string, path: string): string | undefined {
  const candidates =
    isAbsolute(name) || name.includes('/')
      ? [name]
      : path.split(delimiter).flatMap((folder) => (folder === '' ? [] : [join(folder, name)]));
  return candidates.find(isExecutable);
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
