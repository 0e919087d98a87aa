import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { openScratch, type Scratch } from './scratch.ts';

const root = join(import.meta.dirname, '../..');

/** A clone with nothing installed but stand-ins: its compiler copies, its gateway says what it was given and waits for a signal. */
async function putClone(scratch: Scratch): Promise<void> {
  await cp(join(root, 'scripts'), join(scratch.dir, 'clone/scripts'), { recursive: true });
  await scratch.write('clone/package.json', '{ "type": "module" }');
  await scratch.write('clone/package-lock.json', '{ "packages": {} }');
  await scratch.write('clone/tsconfig.json', '{}');
  await scratch.write('clone/src/web/index.html', '<p>a page</p>');
  await scratch.write('clone/src/web/page.ts', '');
  await scratch.write(
    'clone/src/main.ts',
    `process.on('SIGTERM', () => process.exit(42));
     setInterval(() => {}, 1000);
     console.log(JSON.stringify({ args: process.argv.slice(2), worker: process.env.MEDIASOUP_WORKER_BIN }));`,
  );
  await scratch.script(
    'clone/node_modules/.bin/tsc',
    `echo call >> ${scratch.dir}/tsc-calls; mkdir -p "$4"; [ "$2" = tsconfig.json ] && cp src/main.ts "$4/main.js"; exit 0`,
  );
  await scratch.script('bin/ffmpeg', '');
  await scratch.script('worker', 'exit 41');
}

function bootstrap(scratch: Scratch, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const environment = { ...scratch.context().env, SLUICE_CACHE_DIR: join(scratch.dir, 'cache'), ...env };
  const child = spawn(process.execPath, [join(scratch.dir, 'clone/scripts/bootstrap.mjs'), ...args], { env: environment });
  return { child, errors: text(child.stderr), exit: once(child, 'exit') };
}

test('npm start builds, starts the gateway with its arguments and the worker, and passes its signal and exit code on', async () => {
  await using scratch = await openScratch();
  await putClone(scratch);
  const env = { MEDIASOUP_WORKER_BIN: join(scratch.dir, 'worker') };
  for (const _ of ['cold', 'warm']) {
    const { child, errors, exit } = bootstrap(scratch, ['start', '--config', 'my.yaml'], env);
    const [output] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    expect(JSON.parse(output)).toEqual({ args: ['--config', 'my.yaml'], worker: env.MEDIASOUP_WORKER_BIN });
    child.kill('SIGTERM');
    expect(await exit).toEqual([42, null]);
    expect(await errors).toBe('');
  }
  const compilations = await readFile(join(scratch.dir, 'tsc-calls'), 'utf8');
  expect(compilations).toBe('call\ncall\n');
  expect(await readFile(join(scratch.dir, 'clone/dist/web/index.html'), 'utf8')).toBe('<p>a page</p>');
});

test('a change of a source is built', async () => {
  await using scratch = await openScratch();
  await putClone(scratch);
  expect(await bootstrap(scratch, ['build']).exit).toEqual([0, null]);
  await scratch.write('clone/src/web/index.html', '<p>another page</p>');
  expect(await bootstrap(scratch, ['build']).exit).toEqual([0, null]);
  expect(await readFile(join(scratch.dir, 'clone/dist/web/index.html'), 'utf8')).toBe('<p>another page</p>');
});

test('a failing build leaves the last good one', async () => {
  await using scratch = await openScratch();
  await putClone(scratch);
  expect(await bootstrap(scratch, ['build']).exit).toEqual([0, null]);
  await scratch.write('clone/src/main.ts', 'broken');
  await scratch.script('clone/node_modules/.bin/tsc', 'echo "main.ts(1,1): error"; exit 2');
  const { errors, exit } = bootstrap(scratch, ['build']);
  expect(await exit).toEqual([1, null]);
  expect(await errors).toContain('the sources do not compile (tsconfig.json, exit code 2):\nmain.ts(1,1): error');
  expect(await readFile(join(scratch.dir, 'clone/dist/main.js'), 'utf8')).toContain('SIGTERM');
});

test('a mistake of the user is explained without a stack', async () => {
  await using scratch = await openScratch();
  await putClone(scratch);
  const { errors, exit } = bootstrap(scratch, ['start'], { MEDIASOUP_WORKER_BIN: '/nowhere' });
  expect(await exit).toEqual([1, null]);
  expect(await errors).toBe(
    'sluice: MEDIASOUP_WORKER_BIN is /nowhere, which is not an executable file.\nCorrect it, or unset it to have a worker downloaded or built.\n',
  );
});

test('a cache that cannot be written is explained too', async () => {
  await using scratch = await openScratch();
  await putClone(scratch);
  const { errors, exit } = bootstrap(scratch, ['build'], { SLUICE_CACHE_DIR: join(scratch.dir, 'worker', 'below-a-file') });
  expect(await exit).toEqual([1, null]);
  expect(await errors).toMatch(/^sluice: ENOTDIR: .*\nSLUICE_CACHE_DIR chooses another folder than .*below-a-file for/);
});

test('an unknown command is answered with the known ones', async () => {
  await using scratch = await openScratch();
  await putClone(scratch);
  const { errors, exit } = bootstrap(scratch, ['strat']);
  expect(await exit).toEqual([64, null]);
  expect(await errors).toMatch(/^sluice: usage: .* start\|doctor\|test\|dev\|check\|bench\|soak\|build /);
});

test('every script of package.json is a command of the bootstrap', async () => {
  const { scripts } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
  for (const [name, script] of Object.entries(scripts)) expect(script).toBe(`exec node scripts/bootstrap.mjs ${name}`);
});
