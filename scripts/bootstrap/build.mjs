import { copyFile, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { BootstrapError, digestOf } from './context.mjs';
import { withLock } from './lock.mjs';
import { run } from './programs.mjs';

/** @typedef {import('./context.mjs').Context} Context */

const compileDeadlineMs = 5 * 60_000;

/**
 * Compiles `src/` to `dist/` when something in it has changed since the last time.
 *
 * `dist/` is replaced whole, so that nothing stays of a source that is gone, and only by a build that succeeded.
 *
 * @param {Context} context
 * @returns {Promise<void>}
 */
export async function buildSources(context) {
  const dist = join(context.root, 'dist');
  const stampFile = join(dist, '.sources');
  const isBuilt = async () => (await readFile(stampFile, 'utf8').catch(() => '')) === (await sourcesDigest(context));
  if (await isBuilt()) return;
  await withLock(context, `the build of ${context.root}`, async () => {
    if (await isBuilt()) return;
    const digest = await sourcesDigest(context);
    const caches = join(context.root, 'node_modules', '.cache');
    await mkdir(caches, { recursive: true });
    const folder = await mkdtemp(join(caches, 'sluice-build-'));
    try {
      const output = join(folder, 'dist');
      await compile(context, 'tsconfig.json', output);
      await compile(context, join('src', 'web', 'tsconfig.json'), join(output, 'web'));
      await copyStaticFiles(context, join(output, 'web'));
      await writeFile(join(output, '.sources'), digest);
      await rename(dist, join(folder, 'old')).catch(() => undefined); // there was none
      await rename(output, dist);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
}

/**
 * Copies what the pages need besides their scripts: HTML, styles, pictures.
 *
 * @param {Context} context
 * @param {string} target
 * @returns {Promise<void>}
 */
export async function copyStaticFiles(context, target) {
  const web = join(context.root, 'src', 'web');
  for (const file of await filesIn(web)) {
    if (isCompiled(file)) continue;
    const copy = join(target, relative(web, file));
    await mkdir(dirname(copy), { recursive: true });
    await copyFile(file, copy);
  }
}

/**
 * @param {string} file
 * @returns {boolean} whether the compiler makes something of it, or reads it
 */
function isCompiled(file) {
  return /\.[cm]?ts$|tsconfig[^/]*\.json$/.test(file);
}

/**
 * @param {Context} context
 * @param {string} project
 * @param {string} output
 */
async function compile(context, project, output) {
  const tsc = join(context.root, 'node_modules', '.bin', 'tsc');
  const ending = await run(context, tsc, ['-p', project, '--outDir', output], { deadlineMs: compileDeadlineMs });
  if (!ending.ok) throw new BootstrapError(`the sources do not compile (${project}, ${ending.reason}):\n${ending.output.trim()}`);
}

/**
 * @param {Context} context
 * @returns {Promise<string>} changes with any source, with the compiler's settings and with its version
 */
async function sourcesDigest(context) {
  const settings = ['package-lock.json', 'tsconfig.json'].map((name) => join(context.root, name));
  const files = [...(await filesIn(join(context.root, 'src'))), ...settings];
  const parts = await Promise.all(files.map(async (file) => [relative(context.root, file), await readFile(file)]));
  return digestOf(parts.flat());
}

/**
 * @param {string} folder
 * @returns {Promise<string[]>} sorted paths of all files below it
 */
async function filesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
}
