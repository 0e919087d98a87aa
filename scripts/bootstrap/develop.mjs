import { watch } from 'node:fs';
import { join } from 'node:path';
import { copyStaticFiles } from './build.mjs';
import { handOver } from './programs.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/**
 * Runs the gateway from its sources and restarts it when one of them changes; keeps `dist/web` up to date for the pages.
 *
 * @param {Context} context The sources have been built once.
 * @param {readonly string[]} args For the gateway.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<number>}
 */
export async function develop(context, args, env) {
  const web = join(context.root, 'src', 'web');
  const output = join(context.root, 'dist', 'web');
  const watcher = watch(web, { recursive: true }, () => {
    copyStaticFiles(context, output).catch((/** @type {unknown} */ error) => context.say(`cannot copy the pages: ${String(error)}`));
  });
  try {
    const tsc = join(context.root, 'node_modules', '.bin', 'tsc');
    const compiling = handOver(context, tsc, ['-p', web, '--outDir', output, '--watch', '--preserveWatchOutput'], env);
    const gateway = handOver(context, process.execPath, ['--watch', '--watch-preserve-output', join('src', 'main.ts'), ...args], env);
    // Both run until Ctrl-C, which reaches both.
    const [exitCode] = await Promise.all([gateway, compiling]);
    return exitCode;
  } finally {
    watcher.close();
  }
}
