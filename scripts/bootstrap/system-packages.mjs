import { BootstrapError } from './context.mjs';
import { withLock } from './lock.mjs';
import { findProgram, run, tail } from './programs.mjs';

/** @typedef {import('./context.mjs').Context} Context */

const queryDeadlineMs = 30_000;
const updateDeadlineMs = 3 * 60_000;
const downloadDeadlineMs = 10 * 60_000;
const unpackDeadlineMs = 10 * 60_000;
const options = ['-q', '-o', 'DPkg::Lock::Timeout=120', '-o', 'Acquire::Retries=2'];
const timeouts = ['-o', 'Acquire::http::Timeout=30', '-o', 'Acquire::https::Timeout=30'];

/** We were allowed to install packages and tried, in vain. */
export class InstallFailure extends BootstrapError {}

/**
 * Installs packages of the system, or says exactly which ones somebody else has to install.
 *
 * @param {Context} context
 * @param {readonly string[]} names Debian's names.
 * @param {string} purpose Completes "… for": `building the mediasoup worker`.
 * @returns {Promise<void>} throws a BootstrapError unless they are all installed afterwards
 */
export async function installPackages(context, names, purpose) {
  const missing = await missingPackages(context, names);
  if (missing.length === 0) return;
  const obstacle = obstacleOf(context);
  if (obstacle) throw new BootstrapError(manual(missing, purpose, obstacle));
  await withLock(context, 'the packages of the system', async () => {
    context.say(`installing for ${purpose}: ${missing.join(' ')} (apt-get; SLUICE_NO_INSTALL=1 forbids it)`);
    const install = [...options, ...timeouts, '-y', '--no-install-recommends', 'install'];
    const download = () => apt(context, [...install, '--download-only', ...missing], downloadDeadlineMs);
    let ending = await download();
    if (!ending.ok) {
      context.say('updating the package lists (apt-get update)');
      // Some list may fail that is not needed here, so only the second attempt tells.
      await apt(context, [...options, ...timeouts, 'update'], updateDeadlineMs);
      ending = await download();
    }
    // Apart from the download, so that no network time-out can stop dpkg half-way.
    if (ending.ok) ending = await apt(context, [...install, '--no-download', ...missing], unpackDeadlineMs);
    if (!ending.ok) throw new InstallFailure(manual(missing, purpose, `apt-get failed (${ending.reason}):\n${tail(ending.output)}`));
  });
}

/**
 * @param {Context} context
 * @param {readonly string[]} args
 * @param {number} deadlineMs
 */
function apt(context, args, deadlineMs) {
  return run(context, 'apt-get', args, { deadlineMs, env: { ...context.env, DEBIAN_FRONTEND: 'noninteractive' } });
}

/**
 * @param {Context} context
 * @param {readonly string[]} names
 * @returns {Promise<readonly string[]>} all of them where there is no dpkg to ask
 */
async function missingPackages(context, names) {
  if (!findProgram(context.env, ['dpkg-query'])) return names;
  const args = ['--show', '--showformat=${db:Status-Status} ${Package}\n', ...names];
  const { output } = await run(context, 'dpkg-query', args, { deadlineMs: queryDeadlineMs });
  const lines = new Set(output.split('\n'));
  return names.filter((name) => !lines.has(`installed ${name}`));
}

/**
 * @param {Context} context
 * @returns {string | undefined} why we cannot install anything ourselves
 */
function obstacleOf({ env, isRoot }) {
  if (!['', '0', undefined].includes(env['SLUICE_NO_INSTALL'])) return 'SLUICE_NO_INSTALL forbids to install them';
  if (!findProgram(env, ['apt-get'])) return 'there is no apt-get here to install them with';
  if (!isRoot) return 'only root can install them';
  return undefined;
}

/**
 * @param {readonly string[]} missing
 * @param {string} purpose
 * @param {string} why
 * @returns {string} what to do by hand
 */
function manual(missing, purpose, why) {
  const command = `apt-get install -y --no-install-recommends ${missing.join(' ')}`;
  return `packages are missing for ${purpose}, and ${why}\nInstall them as root (Debian and Ubuntu; elsewhere their equivalents):\n  ${command}`;
}
