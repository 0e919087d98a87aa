import { join } from 'node:path';
import { handOver } from './programs.mjs';

/** @typedef {import('./context.mjs').Context} Context */
/** @typedef {{ name: string, program: string, args: readonly string[] }} Check */

const projects = ['tsconfig.json', join('src', 'web', 'tsconfig.json'), join('test', 'tsconfig.json'), join('scripts', 'tsconfig.json')];

/** @type {readonly Check[]} */
const checks = [
  { name: 'format', program: 'prettier', args: ['--check', '.'] },
  { name: 'lint', program: 'oxlint', args: ['--type-aware', '--deny-warnings'] },
  ...projects.map((project) => ({ name: `types of ${project}`, program: 'tsc', args: ['--noEmit', '-p', project] })),
  { name: 'dead code', program: 'knip', args: ['--treat-config-hints-as-errors'] },
];

/**
 * Runs every check that needs no running gateway, also after one has failed.
 *
 * @param {Context} context Its dependencies are installed.
 * @returns {Promise<number>} the exit code: 0 when all have passed
 */
export async function runChecks(context) {
  const failed = [];
  for (const { name, program, args } of checks) {
    context.say(`check: ${name}`);
    const exitCode = await handOver(context, join(context.root, 'node_modules', '.bin', program), args);
    if (exitCode !== 0) failed.push(name);
  }
  if (failed.length === 0) return 0;
  context.say(`failed: ${failed.join(', ')}`);
  return 1;
}
