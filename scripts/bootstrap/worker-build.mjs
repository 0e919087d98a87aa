import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BootstrapError } from './context.mjs';
import { run, tail } from './programs.mjs';
import { installPackages } from './system-packages.mjs';
import { builtWorkerPath, mediasoupDir, mediasoupVersion, startsHere, storeWorker } from './worker-cache.mjs';

/** @typedef {import('./context.mjs').Context} Context */

const buildDeadlineMs = 60 * 60_000;
const checkDeadlineMs = 60_000;
const progressEveryMs = 15_000;

/**
 * Builds a worker from the sources in mediasoup's package and brings it into our cache.
 *
 * @param {Context} context Nobody else builds in its cache at the same time.
 * @returns {Promise<string>} its path
 */
export async function buildWorker(context) {
  await provideBuildTools(context);
  context.say('building the mediasoup worker from its sources, once; this takes some minutes');
  const folder = join(context.cacheDir, 'worker', 'building');
  await rm(folder, { recursive: true, force: true }); // of a build that was killed
  await mkdir(folder, { recursive: true });
  try {
    const output = join(folder, 'mediasoup-worker');
    const ending = await runBuild(context, output, `${output}.log`);
    if (!ending.ok) throw await buildFailure(context, ending, `${output}.log`);
    if (!(await startsHere(context, output))) throw new BootstrapError('the mediasoup worker has been built but does not start here');
    // Only now are all the libraries there whose versions the path depends on.
    return await storeWorker(output, await builtWorkerPath(context));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * @param {Context} context
 * @param {string} output
 * @param {string} log
 */
function runBuild(context, output, log) {
  const startedAt = Date.now();
  let saidAt = startedAt;
  const onOutput = (/** @type {string} */ text) => {
    const step = text.match(/\[\d+\/\d+\]/g)?.at(-1);
    if (!step || Date.now() - saidAt < progressEveryMs) return;
    saidAt = Date.now();
    context.say(`building the mediasoup worker ${step}, ${Math.round((saidAt - startedAt) / 1000)} s`);
  };
  return run(context, 'sh', [buildScript(context), mediasoupDir(context), output, log], { deadlineMs: buildDeadlineMs, onOutput });
}

/**
 * @param {Context} context
 * @param {import('./programs.mjs').Ending} ending
 * @param {string} log
 * @returns {Promise<BootstrapError>}
 */
async function buildFailure(context, ending, log) {
  const kept = join(context.cacheDir, 'worker', 'failed-build.log');
  const isKept = await rename(log, kept).then(
    () => true,
    () => false, // it failed before it had anything to log
  );
  const where = isKept ? `the whole log is ${kept}; it ends with` : 'it said';
  return new BootstrapError(`the mediasoup worker could not be built (${ending.reason}); ${where}:\n${tail(ending.output)}`);
}

/**
 * Checks the tools and libraries that a build needs, and installs them where that is possible.
 *
 * @param {Context} context
 * @returns {Promise<void>}
 */
async function provideBuildTools(context) {
  const check = () => run(context, 'sh', [buildScript(context), '--check'], { deadlineMs: checkDeadlineMs });
  const before = await check();
  if (before.ok) return;
  const list = await readFile(join(context.root, 'scripts', 'worker', 'build-packages.txt'), 'utf8');
  const failure = async (/** @type {string} */ lacking, /** @type {string} */ why) => {
    const advice = `Or set MEDIASOUP_WORKER_BIN to a worker of mediasoup ${await mediasoupVersion(context)} that was built elsewhere.`;
    return new BootstrapError(`the mediasoup worker cannot be built here, which needs:\n${lacking.trimEnd()}\n${why}\n${advice}`);
  };
  try {
    await installPackages(context, list.split('\n').filter(Boolean), 'building the mediasoup worker');
  } catch (error) {
    if (!(error instanceof BootstrapError) || context.signal.aborted) throw error;
    throw await failure(before.output, error.message);
  }
  const after = await check();
  if (!after.ok) throw await failure(after.output, 'The packages of this system are too old for that.');
}

/** @param {Context} context */
function buildScript(context) {
  return join(context.root, 'scripts', 'worker', 'build.sh');
}
