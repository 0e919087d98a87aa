import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { provideWorker } from '../../scripts/bootstrap/worker.mjs';
import { builtWorkerPath } from '../../scripts/bootstrap/worker-cache.mjs';
import { openScratch, type Scratch } from './scratch.ts';

/** What a worker does when it is not started by mediasoup. */
const workerBody = 'exit 41';

const packages = 'g++\nlibabsl-dev\n';

/** A clone whose build writes its calls down and makes a worker, and whose mediasoup has nothing to download. */
async function putClone(scratch: Scratch, { check = 'exit 0', build = '' } = {}): Promise<void> {
  await scratch.write('clone/node_modules/mediasoup/package.json', '{ "version": "3.27.1" }');
  await scratch.write(
    'clone/node_modules/mediasoup/npm-scripts.mjs',
    `console.log('downloadPrebuiltWorker() | no available binary'); process.exit(1);`,
  );
  await scratch.write('clone/scripts/worker/build-packages.txt', packages);
  await scratch.script('bin/pkg-config', 'echo 1.44.2; echo 3.0.22');
  await scratch.script('bin/dpkg-query', '');
  await scratch.script(
    'clone/scripts/worker/build.sh',
    `if [ "$1" = --check ]; then ${check}; fi
     echo call >> ${scratch.dir}/build-calls
     echo "[1/2] compiling" | tee "$3"
     ${build}
     printf '#!/bin/sh\\n${workerBody}\\n' > "$2"
     chmod +x "$2"`,
  );
}

async function buildCalls(scratch: Scratch): Promise<number> {
  const text = await readFile(join(scratch.dir, 'build-calls'), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean).length;
}

test('MEDIASOUP_WORKER_BIN comes before everything else', async () => {
  await using scratch = await openScratch();
  const worker = await scratch.script('my-worker', workerBody);
  const context = scratch.context();
  expect(await provideWorker({ ...context, env: { ...context.env, MEDIASOUP_WORKER_BIN: worker } })).toBe(worker);
});

test.for([
  { name: 'does not exist', path: 'nowhere' },
  { name: 'is not executable', path: 'notes.txt' },
  { name: 'is a folder', path: 'cache' },
])('a MEDIASOUP_WORKER_BIN that $name is refused', async ({ path }) => {
  await using scratch = await openScratch();
  await scratch.write('notes.txt', '');
  await scratch.write('cache/x', '');
  const file = join(scratch.dir, path);
  const context = scratch.context();
  const providing = provideWorker({ ...context, env: { ...context.env, MEDIASOUP_WORKER_BIN: file } });
  await expect(providing).rejects.toThrow(`MEDIASOUP_WORKER_BIN is ${file}, which is not an executable file`);
});

test('a worker is built once, and two bootstraps at once do not build two', async () => {
  await using scratch = await openScratch();
  await putClone(scratch);
  const context = scratch.context();
  const [first, second] = await Promise.all([provideWorker(context), provideWorker(context)]);
  expect(first).toBe(second);
  expect(await provideWorker(context)).toBe(first);
  expect(await buildCalls(scratch)).toBe(1);
  expect(scratch.said).toContain('no prebuilt mediasoup worker: no available binary');
  expect(await readdir(join(scratch.dir, 'cache', 'worker'))).toHaveLength(1);
});

test("mediasoup's own prebuilt worker is taken when it can be had", async () => {
  await using scratch = await openScratch();
  await putClone(scratch);
  await scratch.write(
    'clone/node_modules/mediasoup/npm-scripts.mjs',
    `import { mkdirSync, writeFileSync } from 'node:fs';
     if (process.env.PYTHON !== 'false') throw new Error('would build');
     mkdirSync('worker/out/Release', { recursive: true });
     writeFileSync('worker/out/Release/mediasoup-worker', '#!/bin/sh\\n${workerBody}\\n', { mode: 0o755 });`,
  );
  expect(await provideWorker(scratch.context())).toMatch(/-prebuilt\/mediasoup-worker$/);
  expect(await buildCalls(scratch)).toBe(0);
});

test('a prebuilt worker that does not start here is not taken', async () => {
  await using scratch = await openScratch();
  await putClone(scratch);
  await scratch.script('clone/node_modules/mediasoup/worker/out/Release/mediasoup-worker', 'echo GLIBC_2.99 not found; exit 1');
  expect(await provideWorker(scratch.context())).not.toContain('prebuilt');
  expect(await buildCalls(scratch)).toBe(1);
});

test('a cached worker that no longer starts is built again', async () => {
  await using scratch = await openScratch();
  await putClone(scratch);
  const context = scratch.context();
  const path = await provideWorker(context);
  await scratch.script(path.slice(scratch.dir.length + 1), 'exit 127');
  expect(await provideWorker(context)).toBe(path);
  expect(await buildCalls(scratch)).toBe(2);
});

test("the place in the cache changes with mediasoup's version, the build files and the libraries", async () => {
  await using scratch = await openScratch();
  await putClone(scratch);
  const context = scratch.context();
  const places = new Set([await builtWorkerPath(context)]);
  const isSame = async () => places.size === places.add(await builtWorkerPath(context)).size;
  expect(await isSame()).toBe(true);
  await scratch.write('clone/scripts/worker/overlay/libuv/meson.build', 'project()');
  expect(await isSame()).toBe(false);
  await scratch.script('bin/pkg-config', 'echo 1.50.0; echo 3.0.22');
  expect(await isSame()).toBe(false);
  await scratch.write('clone/node_modules/mediasoup/package.json', '{ "version": "3.28.0" }');
  expect(await isSame()).toBe(false);
});

test('without the tools and without leave to install them, the message says what to do', async () => {
  await using scratch = await openScratch();
  await putClone(scratch, { check: 'echo "  meson 1.0 or newer: not found"; exit 2' });
  const context = scratch.context();
  const providing = provideWorker({ ...context, env: { ...context.env, SLUICE_NO_INSTALL: '1' } });
  await expect(providing).rejects.toThrow(
    /meson 1\.0 or newer: not found\n[^]*SLUICE_NO_INSTALL forbids[^]*apt-get install -y --no-install-recommends g\+\+ libabsl-dev\nOr set MEDIASOUP_WORKER_BIN to a worker of mediasoup 3\.27\.1/,
  );
  expect(await buildCalls(scratch)).toBe(0);
});

test('a failed build keeps its log and nothing else', async () => {
  await using scratch = await openScratch();
  await putClone(scratch, { build: 'echo "error: no such header"; exit 1' });
  await expect(provideWorker(scratch.context())).rejects.toThrow(
    /could not be built \(exit code 1\)[^]*failed-build\.log[^]*error: no such header/,
  );
  expect(await readdir(join(scratch.dir, 'cache', 'worker'))).toEqual(['failed-build.log']);
});
