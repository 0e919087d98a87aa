import { existsSync } from 'node:fs';
import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BootstrapError } from './context.mjs';
import { findProgram } from './programs.mjs';
import { InstallFailure, installPackages } from './system-packages.mjs';

/** @typedef {import('./context.mjs').Context} Context */
/**
 * @typedef {object} Tool
 * @property {readonly string[]} programs Names or paths.
 * @property {string} [file] What has to be there besides.
 * @property {readonly string[]} packages
 * @property {string} without
 * @property {boolean} [startsService] Installing it starts a service, which a test may do to a machine of CI only.
 */

const retryAfterMs = 24 * 60 * 60_000;

/** @type {Record<'ffmpeg' | 'chromium' | 'firefox' | 'curl' | 'nginx' | 'nginx-rtmp' | 'stunnel' | 'swift' | 'tc', Tool>} */
const tools = {
  ffmpeg: { programs: ['ffmpeg'], packages: ['ffmpeg'], without: 'without it, what needs FFmpeg is switched off' },
  chromium: {
    programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    packages: ['chromium'],
    without: 'without it, the browser tests are skipped',
  },
  firefox: {
    programs: ['firefox-esr', 'firefox'],
    packages: ['firefox-esr'],
    without: 'without it, the tests with Firefox are skipped',
  },
  curl: { programs: ['curl'], packages: ['curl'], without: 'without it, the test of examples/whip-whep.sh is skipped' },
  tc: {
    programs: ['tc', '/usr/sbin/tc', '/sbin/tc'], // few users have the folders on their PATH
    packages: ['iproute2'],
    without: 'without it, the tests behind a throttled network are skipped',
  },
  nginx: {
    programs: ['nginx', '/usr/sbin/nginx'], // few users have the folder on their PATH
    packages: ['nginx'],
    without: 'without it, the tests behind a reverse proxy are skipped',
    startsService: true,
  },
  stunnel: {
    programs: ['stunnel4', 'stunnel'],
    packages: ['stunnel4'],
    without: 'without it, the test of RTMP over TLS is skipped',
    startsService: true,
  },
  swift: {
    programs: ['swift-proxy-server'], // OpenStack's object storage, which speaks S3
    packages: ['swift-proxy', 'swift-account', 'swift-container', 'swift-object', 'memcached'],
    without: 'without it, the tests of uploads to S3 are skipped',
    startsService: true,
  },
  'nginx-rtmp': {
    programs: ['nginx', '/usr/sbin/nginx'],
    file: '/usr/lib/nginx/modules/ngx_rtmp_module.so',
    packages: ['libnginx-mod-rtmp'],
    without: 'without it, the tests of RTMP targets are skipped',
    startsService: true,
  },
};

/**
 * Sees to it that some media tools are on the `PATH`, as far as this machine allows.
 *
 * A tool that cannot be had is reported and done without, except in CI, where nothing may be skipped.
 *
 * @param {Context} context
 * @param {readonly (keyof typeof tools)[]} names
 * @returns {Promise<void>}
 */
export async function provideTools(context, names) {
  for (const name of names) {
    const { programs, file, packages, without, startsService = false } = tools[name];
    if (findProgram(context.env, programs) && (file === undefined || existsSync(file))) continue;
    const failureFile = join(context.cacheDir, `${name}-not-installed`);
    const isCi = context.env['CI'] === 'true';
    if (!isCi && startsService) {
      context.say(`no ${name} here: ${without}`);
      continue;
    }
    if (!isCi && (await hasFailedLately(failureFile))) {
      context.say(`no ${name} here, and it could not be installed today: ${without}. To try again now: rm ${failureFile}`);
      continue;
    }
    try {
      await installPackages(context, packages, name);
    } catch (error) {
      if (isCi || !(error instanceof BootstrapError) || context.signal.aborted) throw error;
      if (error instanceof InstallFailure) await rememberFailure(context, failureFile);
      context.say(`${error.message}\n${without}`);
    }
  }
}

/**
 * A failed attempt may take minutes, and a start must not take them every time.
 *
 * @param {string} failureFile
 */
async function hasFailedLately(failureFile) {
  const info = await stat(failureFile).catch(() => undefined);
  return info !== undefined && Date.now() - info.mtimeMs < retryAfterMs;
}

/**
 * @param {Context} context
 * @param {string} failureFile
 */
async function rememberFailure(context, failureFile) {
  await mkdir(context.cacheDir, { recursive: true });
  await writeFile(failureFile, '');
}
