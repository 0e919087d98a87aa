import { run } from './programs.mjs';

/** @typedef {import('./context.mjs').Context} Context */

const deadlineMs = 10 * 60_000;

/**
 * Installs exactly what a lock file says, development tools included, without any package's install scripts.
 *
 * @param {Context} context
 * @param {string} folder Where `package.json` and `package-lock.json` are.
 * @returns {Promise<import('./programs.mjs').Ending>}
 */
export function npmCi(context, folder) {
  // The npm that called us, run by the Node that runs us: it leaves out optional packages that do not go with the Node below it.
  const caller = context.env['npm_execpath'] ?? '';
  const [command, first] = caller.endsWith('npm-cli.js') ? [process.execPath, [caller]] : ['npm', []];
  const args = [...first, 'ci', '--prefix', folder, '--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  return run(context, command, args, { cwd: folder, deadlineMs });
}
