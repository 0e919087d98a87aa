import { BootstrapError } from './context.mjs';
import { withLock } from './lock.mjs';
import { isExecutableFile } from './programs.mjs';
import { buildWorker } from './worker-build.mjs';
import { findCachedWorker } from './worker-cache.mjs';
import { downloadWorker } from './worker-download.mjs';

/** @typedef {import('./context.mjs').Context} Context */

/**
 * The mediasoup worker: the one named by `MEDIASOUP_WORKER_BIN`, else from our cache, else mediasoup's prebuilt one, else one built
 * here from the sources in mediasoup's package.
 *
 * @param {Context} context Its dependencies are installed.
 * @returns {Promise<string>} the path of a worker
 */
export async function provideWorker(context) {
  const chosen = context.env['MEDIASOUP_WORKER_BIN'];
  if (chosen) return checkChosen(chosen);
  const cached = await findCachedWorker(context);
  if (cached) return cached;
  return withLock(context, 'the mediasoup worker', async () => (await findCachedWorker(context)) ?? obtainWorker(context));
}

/**
 * @param {string} path
 * @returns {string}
 */
function checkChosen(path) {
  if (isExecutableFile(path)) return path;
  throw new BootstrapError(
    `MEDIASOUP_WORKER_BIN is ${path}, which is not an executable file.\nCorrect it, or unset it to have a worker downloaded or built.`,
  );
}

/**
 * @param {Context} context
 * @returns {Promise<string>}
 */
async function obtainWorker(context) {
  const download = await downloadWorker(context);
  if ('path' in download) return download.path;
  context.say(`no prebuilt mediasoup worker: ${download.reason}`);
  return buildWorker(context);
}
