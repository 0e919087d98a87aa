import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { digestOf } from './context.mjs';

/** @typedef {import('./context.mjs').Context} Context */

const heartbeatMs = 2_000;
const staleAfterMs = 20_000;
const pollMs = 200;

/**
 * Does something while no other bootstrap on this cache does the same.
 *
 * The lock is a file that its owner keeps touching: unlike a process id, its age means the same after a restart and in another container.
 *
 * @template T
 * @param {Context} context
 * @param {string} subject For people: `the mediasoup worker`. Locks of one name exclude each other.
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withLock(context, subject, work) {
  const path = join(context.cacheDir, 'locks', `${digestOf([subject])}.lock`);
  const token = randomUUID();
  await mkdir(dirname(path), { recursive: true });
  for (let waited = false; !(await take(path, token)); waited = true) {
    if (!waited) context.say(`waiting for another bootstrap, which is busy with ${subject}`);
    await delay(pollMs, undefined, { signal: context.signal });
  }
  const heartbeat = setInterval(() => void utimes(path, new Date(), new Date()).catch(() => clearInterval(heartbeat)), heartbeatMs);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    if ((await readFile(path, 'utf8').catch(() => '')) === token) await rm(path, { force: true });
  }
}

/**
 * @param {string} path
 * @param {string} token
 * @returns {Promise<boolean>} whether the lock is ours now
 */
async function take(path, token) {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(token);
    await file.close();
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
  }
  if (await isStale(path)) await removeStale(path, `${path}.${token}`);
  return false;
}

/**
 * @param {string} path
 * @returns {Promise<boolean>}
 */
async function isStale(path) {
  const info = await stat(path).catch(() => undefined); // released meanwhile
  return info !== undefined && Date.now() - info.mtimeMs > staleAfterMs;
}

/**
 * Moves a dead owner's lock away; a new owner's, taken since we looked, goes back.
 *
 * @param {string} path
 * @param {string} aside
 */
async function removeStale(path, aside) {
  try {
    await rename(path, aside);
  } catch {
    return; // another bootstrap was faster
  }
  if (await isStale(aside)) await rm(aside, { force: true });
  else await rename(aside, path);
}
