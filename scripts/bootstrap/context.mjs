import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * What every part of the bootstrap works with.
 *
 * @typedef {object} Context
 * @property {string} root The clone.
 * @property {NodeJS.ProcessEnv} env The environment of this process; settings come from here only.
 * @property {string} cacheDir Where things outlive the clone: Node, the worker, locks, logs of failed builds.
 * @property {boolean} isRoot Whether we may install packages of the system.
 * @property {AbortSignal} signal Aborted by Ctrl-C and by a polite kill; ends whatever is running.
 * @property {(line: string) => void} say Tells the user something, on standard error.
 */

/** A failure that the user can mend: shown as it is, without a stack. */
export class BootstrapError extends Error {
  /**
   * @param {string} message
   * @param {{ exitCode?: number }} [options]
   */
  constructor(message, { exitCode = 1 } = {}) {
    super(message);
    this.name = 'BootstrapError';
    this.exitCode = exitCode;
  }
}

/**
 * `SLUICE_CACHE_DIR`, else the place where the XDG base directory specification puts caches.
 *
 * @param {NodeJS.ProcessEnv} env
 * @returns {string}
 */
function cacheDirOf(env) {
  if (env['SLUICE_CACHE_DIR']) return resolve(env['SLUICE_CACHE_DIR']);
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'sluice');
}

/**
 * @param {AbortSignal} signal
 * @returns {Context}
 */
export function openContext(signal) {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
  const say = (/** @type {string} */ line) => process.stderr.write(`sluice: ${line}\n`);
  return { root, env: process.env, cacheDir: cacheDirOf(process.env), isRoot: process.getuid?.() === 0, signal, say };
}

/**
 * A short name for some contents: the same contents, the same name.
 *
 * @param {Iterable<string | Uint8Array>} parts
 * @returns {string} 16 hexadecimal digits
 */
export function digestOf(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part).update('\0');
  return hash.digest('hex').slice(0, 16);
}
