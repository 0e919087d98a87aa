import { join } from 'node:path';
import { run } from './programs.mjs';
import { mediasoupDir, prebuiltWorkerPath, startsHere, storeWorker } from './worker-cache.mjs';

/** @typedef {import('./context.mjs').Context} Context */

const deadlineMs = 3 * 60_000;

/**
 * Lets mediasoup's package fetch its own prebuilt worker, and brings that into our cache.
 *
 * Its install script has no switch against building one when the download fails, so that build is made to fail at once.
 *
 * @param {Context} context
 * @returns {Promise<{ path: string } | { reason: string }>}
 */
export async function downloadWorker(context) {
  const folder = mediasoupDir(context);
  const fetched = join(folder, 'worker', 'out', 'Release', 'mediasoup-worker');
  const store = async () => ({ path: await storeWorker(fetched, await prebuiltWorkerPath(context)) });
  if (await startsHere(context, fetched)) return store(); // somebody's own npm install has fetched it
  if (context.env['MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD']) return { reason: 'MEDIASOUP_SKIP_WORKER_PREBUILT_DOWNLOAD is set' };
  context.say('fetching the prebuilt mediasoup worker');
  const env = { ...context.env, PYTHON: 'false', MEDIASOUP_LOCAL_DEV: '' };
  const ending = await run(context, process.execPath, ['npm-scripts.mjs', 'postinstall'], { cwd: folder, env, deadlineMs });
  if (await startsHere(context, fetched)) return store();
  return { reason: reasonOf(ending) };
}

/**
 * @param {import('./programs.mjs').Ending} ending
 * @returns {string} the line in which the install script says why
 */
function reasonOf({ output, reason }) {
  const line = output.split('\n').find((text) => /downloadPrebuiltWorker\(\) \| (failed|no available|fetched .* fails)/.test(text));
  return line?.replace(/^.*downloadPrebuiltWorker\(\) \| /, '') ?? `its download: ${reason}`;
}
