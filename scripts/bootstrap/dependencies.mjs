import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BootstrapError, digestOf } from './context.mjs';
import { withLock } from './lock.mjs';
import { npmCi } from './npm.mjs';
import { libcOf } from './platform.mjs';

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {{ version?: string, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} LockedPackage */
/** @typedef {{ packages: Record<string, LockedPackage> }} LockFile */

/**
 * Installs the dependencies when `package-lock.json` (or Node) has changed since they were installed.
 *
 * @param {Context} context
 * @returns {Promise<void>}
 */
export async function installDependencies(context) {
  const lockText = await readFile(join(context.root, 'package-lock.json'), 'utf8');
  const stamp = digestOf([lockText, process.version.split('.')[0] ?? '', process.platform, process.arch]);
  const stampFile = join(context.root, 'node_modules', '.sluice-install');
  const isInstalled = async () => (await readFile(stampFile, 'utf8').catch(() => '')) === stamp;
  if (await isInstalled()) return;
  await withLock(context, `the dependencies of ${context.root}`, async () => {
    if (await isInstalled()) return;
    if (!(await isInstalledByHand(context, lockText))) {
      context.say('installing dependencies (npm ci)');
      const installed = await npmCi(context, context.root);
      if (!installed.ok) throw new BootstrapError(`npm ci failed (${installed.reason}):\n${installed.output.trim()}`);
    }
    await writeFile(stampFile, stamp);
  });
}

/**
 * Whether somebody's own `npm ci` or `npm install` has already brought everything that the lock file names for this system.
 *
 * @param {Context} context
 * @param {string} lockText
 * @returns {Promise<boolean>}
 */
async function isInstalledByHand(context, lockText) {
  const treeText = await readFile(join(context.root, 'node_modules', '.package-lock.json'), 'utf8').catch(() => '{"packages":{}}');
  const { packages: wanted } = /** @type {LockFile} */ (JSON.parse(lockText));
  const { packages: present } = /** @type {LockFile} */ (JSON.parse(treeText));
  return Object.entries(wanted).every(([path, { version, ...conditions }]) => {
    if (path === '' || present[path]?.version === version) return true;
    return !present[path] && !isNeededHere(conditions);
  });
}

/**
 * @param {LockedPackage} conditions
 * @returns {boolean}
 */
function isNeededHere({ optional, os, cpu, libc }) {
  if (!optional) return true;
  if (!os && !cpu) return false; // optional for everybody, or part of something for another system
  const matches = (/** @type {string[] | undefined} */ names, /** @type {string} */ own) => !names || names.includes(own);
  return matches(os, process.platform) && matches(cpu, process.arch) && matches(libc, libcOf().name);
}
