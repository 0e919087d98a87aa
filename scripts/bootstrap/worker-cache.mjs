import { copyFile, mkdir, readFile, readdir, rename } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { digestOf } from './context.mjs';
import { libcOf } from './platform.mjs';
import { isExecutableFile, run } from './programs.mjs';

/** @typedef {import('./context.mjs').Context} Context */

const deadlineMs = 30_000;
const libraries = ['libuv', 'openssl', 'libsrtp2', 'flatbuffers', 'absl_flat_hash_map'];

/** What the worker exits with when it was not started by mediasoup: proof that it starts here. See its main.cpp. */
const exitCodeWithoutParent = 41;

/**
 * @param {Context} context
 * @returns {Promise<string | undefined>} the path of a cached worker that starts on this machine
 */
export async function findCachedWorker(context) {
  for (const pathOf of [prebuiltWorkerPath, builtWorkerPath]) {
    const path = await pathOf(context);
    if (await startsHere(context, path)) return path;
  }
  return undefined;
}

/**
 * Whether a file is a worker that this machine can start: for this processor, with all its libraries, of this C library.
 *
 * @param {Context} context
 * @param {string} path
 * @returns {Promise<boolean>}
 */
export async function startsHere(context, path) {
  if (!isExecutableFile(path)) return false;
  const ending = await run(context, path, [], { deadlineMs, env: {} });
  return ending.code === exitCodeWithoutParent;
}

/**
 * Where mediasoup's own prebuilt worker lies in our cache.
 *
 * @param {Context} context
 * @returns {Promise<string>}
 */
export async function prebuiltWorkerPath(context) {
  return workerPath(context, 'prebuilt');
}

/**
 * Where the worker lies that was built from these sources, by these build files, against these versions of the libraries.
 *
 * @param {Context} context
 * @returns {Promise<string>}
 */
export async function builtWorkerPath(context) {
  const asked = await run(context, 'pkg-config', ['--modversion', ...libraries], { deadlineMs });
  return workerPath(context, digestOf([await buildFilesDigest(context), asked.ok ? asked.output : 'no libraries']));
}

/**
 * Copies a file into the cache, where it appears complete or not at all.
 *
 * @param {string} source
 * @param {string} target
 * @returns {Promise<string>} the target
 */
export async function storeWorker(source, target) {
  await mkdir(dirname(target), { recursive: true });
  const temporary = `${target}.tmp-${process.pid}`;
  await copyFile(source, temporary);
  await rename(temporary, target);
  return target;
}

/**
 * @param {Context} context
 * @returns {string} the folder of mediasoup's npm package
 */
export function mediasoupDir(context) {
  return join(context.root, 'node_modules', 'mediasoup');
}

/**
 * @param {Context} context
 * @returns {Promise<string>}
 */
export async function mediasoupVersion(context) {
  const text = await readFile(join(mediasoupDir(context), 'package.json'), 'utf8');
  return /** @type {{ version: string }} */ (JSON.parse(text)).version;
}

/**
 * @param {Context} context
 * @param {string} origin
 * @returns {Promise<string>}
 */
async function workerPath(context, origin) {
  const libc = libcOf();
  const name = [await mediasoupVersion(context), process.platform, process.arch, libc.name + libc.version, origin].join('-');
  return join(context.cacheDir, 'worker', name, 'mediasoup-worker');
}

/**
 * @param {Context} context
 * @returns {Promise<string>}
 */
async function buildFilesDigest(context) {
  const folder = join(context.root, 'scripts', 'worker');
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const parts = await Promise.all(files.toSorted().map(async (file) => [relative(folder, file), await readFile(file)]));
  return digestOf(parts.flat());
}
