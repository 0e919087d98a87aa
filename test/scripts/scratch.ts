import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { Context } from '../../scripts/bootstrap/context.mjs';

/** A folder for one test that holds a clone, a cache and stand-ins for programs; gone when the test ends. */
export interface Scratch extends AsyncDisposable {
  readonly dir: string;
  /** What the bootstrap has said so far, line by line. */
  readonly said: readonly string[];
  /** A bootstrap on this folder. Its `PATH` has the stand-ins first, and then the system's own programs. */
  context(overrides?: Partial<Context>): Context;
  /** Writes a file below the folder. */
  write(path: string, text: string): Promise<string>;
  /** Writes a shell script to `bin/`, which is on the `PATH`, or elsewhere below the folder. */
  script(path: string, body: string): Promise<string>;
}

/** Opens a folder for one test; close it with `await using`. */
export async function openScratch(): Promise<Scratch> {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-scripts-'));
  await mkdir(join(dir, 'clone'));
  const said: string[] = [];
  const write = async (path: string, text: string) => {
    const file = join(dir, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    return file;
  };
  return {
    dir,
    said,
    write,
    context: (overrides) => ({
      root: join(dir, 'clone'),
      env: { PATH: [join(dir, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter) },
      cacheDir: join(dir, 'cache'),
      isRoot: true,
      signal: new AbortController().signal,
      say: (line) => said.push(line),
      ...overrides,
    }),
    script: async (path, body) => {
      const file = await write(path, `#!/bin/sh\n${body}\n`);
      await chmod(file, 0o755);
      return file;
    },
    [Symbol.asyncDispose]: async () => rm(dir, { recursive: true, force: true }),
  };
}
