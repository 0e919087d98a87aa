import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installDependencies } from '../../scripts/bootstrap/dependencies.mjs';
import { openScratch, type Scratch } from './scratch.ts';

const lockOf = (packages: Record<string, object>) =>
  JSON.stringify({ lockfileVersion: 3, packages: { '': { name: 'clone' }, ...packages } });

/** A clone that needs `fastify` in some version, and an npm that writes its calls down. */
async function putClone(
  scratch: Scratch,
  packages: Record<string, object> = { 'node_modules/fastify': { version: '5.0.0' } },
): Promise<void> {
  await scratch.write('clone/package-lock.json', lockOf(packages));
  await scratch.script('bin/npm', `echo "$*" >> ${scratch.dir}/npm-calls; mkdir -p node_modules`);
}

async function npmCalls(scratch: Scratch): Promise<number> {
  const text = await readFile(join(scratch.dir, 'npm-calls'), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).length;
}

test('dependencies are installed once, and again when the lock file changes', async () => {
  await using scratch = await openScratch();
  await putClone(scratch);
  const context = scratch.context();
  await Promise.all([installDependencies(context), installDependencies(context)]);
  await installDependencies(context);
  expect(await npmCalls(scratch)).toBe(1);
  await putClone(scratch, { 'node_modules/fastify': { version: '5.1.0' } });
  await installDependencies(context);
  expect(await npmCalls(scratch)).toBe(2);
});

test('development tools are installed whatever the environment says, and no install script runs', async () => {
  await using scratch = await openScratch();
  await putClone(scratch);
  await installDependencies(scratch.context());
  expect(await readFile(join(scratch.dir, 'npm-calls'), 'utf8')).toMatch(/^ci .*--ignore-scripts .*--include=dev /);
});

const here = { optional: true, os: [process.platform], cpu: [process.arch] };

test.for([
  { name: 'everything', tree: { 'node_modules/fastify': { version: '5.0.0' }, 'node_modules/native': { version: '1.0.0' } }, calls: 0 },
  {
    name: 'another version',
    tree: { 'node_modules/fastify': { version: '4.0.0' }, 'node_modules/native': { version: '1.0.0' } },
    calls: 1,
  },
  { name: 'all but what only this system needs', tree: { 'node_modules/fastify': { version: '5.0.0' } }, calls: 1 },
])("after somebody's own npm ci brought $name, npm ci runs $calls times", async ({ tree, calls }) => {
  await using scratch = await openScratch();
  await putClone(scratch, {
    'node_modules/fastify': { version: '5.0.0' },
    'node_modules/native': { version: '1.0.0', ...here },
    'node_modules/foreign': { version: '1.0.0', optional: true, os: ['plan9'] },
    'node_modules/maybe': { version: '1.0.0', optional: true },
  });
  await scratch.write('clone/node_modules/.package-lock.json', lockOf(tree));
  await installDependencies(scratch.context());
  expect(await npmCalls(scratch)).toBe(calls);
});

test('a failing npm ci is reported with what npm said', async () => {
  await using scratch = await openScratch();
  await putClone(scratch);
  await scratch.script('bin/npm', 'echo "npm error network"; exit 1');
  await expect(installDependencies(scratch.context())).rejects.toThrow('npm ci failed (exit code 1):\nnpm error network');
});
