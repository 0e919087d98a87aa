import { join } from 'node:path';
import { buildSources } from './build.mjs';
import { runChecks } from './checks.mjs';
import { installDependencies } from './dependencies.mjs';
import { develop } from './develop.mjs';
import { gatewayFlags } from './gateway-flags.mjs';
import { provideTools } from './media-tools.mjs';
import { handOver } from './programs.mjs';
import { provideWorker } from './worker.mjs';

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {(context: Context, args: readonly string[]) => Promise<number>} Command */

/**
 * What `npm start`, `npm test` and `npm run …` do, once a recent Node runs them. Each resolves to the exit code.
 *
 * @type {ReadonlyMap<string, Command>}
 */
export const commands = new Map([
  ['start', start],
  ['doctor', doctor],
  ['test', test],
  ['dev', dev],
  ['check', check],
  ['bench', bench],
  ['soak', soak],
  ['build', build],
]);

/** @type {Command} */
async function start(context, args) {
  const env = await prepare(context, ['ffmpeg']);
  return handOver(context, process.execPath, [...gatewayFlags, join('dist', 'main.js'), ...args], env);
}

/** @type {Command} */
async function doctor(context, args) {
  return start(context, ['--doctor', ...args]);
}

/** @type {Command} */
async function test(context, args) {
  const env = await prepare(context, ['ffmpeg', 'chromium', 'firefox', 'curl', 'nginx', 'nginx-rtmp', 'stunnel', 'swift', 'tc']);
  return handOver(context, process.execPath, [join('node_modules', 'vitest', 'vitest.mjs'), 'run', ...args], env);
}

/** @type {Command} */
async function dev(context, args) {
  const env = await prepare(context, ['ffmpeg']);
  return develop(context, args, env);
}

/** @type {Command} */
async function check(context, args) {
  const isStatic = args[0] === '--without-tests';
  await installDependencies(context);
  return (await runChecks(context)) || (isStatic ? 0 : test(context, args));
}

/** @type {Command} */
async function bench(context, args) {
  const env = await prepare(context, ['ffmpeg', 'chromium']);
  return handOver(context, process.execPath, [join('test', 'bench', 'main.ts'), ...args], env);
}

/**
 * Tests that take minutes.
 *
 * @type {Command}
 */
async function soak(context, args) {
  const env = await prepare(context, ['ffmpeg', 'nginx', 'nginx-rtmp']);
  const vitest = join('node_modules', 'vitest', 'vitest.mjs');
  return handOver(context, process.execPath, [vitest, 'run', '--config', join('test', 'soak', 'vitest.config.ts'), ...args], env);
}

/** @type {Command} */
async function build(context) {
  await installDependencies(context);
  await buildSources(context);
  return 0;
}

/**
 * Brings everything that the gateway or its tests need.
 *
 * @param {Context} context
 * @param {Parameters<typeof provideTools>[1]} tools
 * @returns {Promise<NodeJS.ProcessEnv>} the environment to run them in
 */
async function prepare(context, tools) {
  await installDependencies(context);
  const workerBin = await provideWorker(context);
  await provideTools(context, tools);
  await buildSources(context);
  return { ...context.env, MEDIASOUP_WORKER_BIN: workerBin };
}
