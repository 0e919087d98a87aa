import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../scripts/bootstrap/programs.mjs';
import { openScratch, type Scratch } from './scratch.ts';

const folder = join(import.meta.dirname, '../../scripts/worker');
const script = join(folder, 'build.sh');

const patched = {
  'meson.build': "  meson_version: '>= 1.1.0',\n",
  'src/RTC/DtlsTransport.cpp': 'return (operationType == BIO_CB_RETURN) ? static_cast<long>(ret) : 1;\n',
};

const versions = { 'g++': '12', meson: '1.0.1', ninja: '1.11.1', flatc: 'flatc version 2.0.8' };
const libraryVersions = { libuv: '1.44.2', openssl: '3.0.22', libsrtp2: '2.5.0', flatbuffers: '2.0.8', absl_flat_hash_map: '20220623' };

/** Stand-ins for all tools and libraries; `ninja` makes a worker. */
async function putTools(scratch: Scratch, overrides: Record<string, string> = {}): Promise<void> {
  for (const [name, version] of Object.entries({ ...versions, ...overrides })) {
    const builds =
      name === 'ninja'
        ? `case "$*" in -C*) printf '#!/bin/sh\\nexit 41\\n' > build/mediasoup-worker; chmod +x build/mediasoup-worker ;; esac`
        : '';
    await scratch.script(`bin/${name}`, `echo "${version}"\ncase "$*" in setup*) mkdir build ;; esac\n${builds}`);
  }
  const cases = Object.entries({ ...libraryVersions, ...overrides }).map(([name, version]) => `*${name}) echo ${version} ;;`);
  await scratch.script('bin/pkg-config', `case "$*" in --version) echo 1.8.1 ;; ${cases.join(' ')} esac`);
  await scratch.script('bin/ldd', 'echo "libc.so.6 => /lib/libc.so.6"');
}

async function putPackage(scratch: Scratch, files: Record<string, string> = patched): Promise<string> {
  for (const [path, text] of Object.entries(files)) await scratch.write(`mediasoup/worker/${path}`, text);
  return join(scratch.dir, 'mediasoup');
}

/** Builds with temporary files inside of the scratch folder, to see whether any stay. */
async function build(scratch: Scratch, ...args: string[]) {
  await scratch.write('tmp/keep', '');
  const { env, ...context } = scratch.context();
  const temporary = join(scratch.dir, 'tmp');
  const ending = await run({ ...context, env }, 'sh', [script, ...args], { deadlineMs: 15_000, env: { ...env, TMPDIR: temporary } });
  return { ...ending, leftOver: (await readdir(temporary)).filter((name) => name !== 'keep') };
}

test('on a machine with nothing, the check names every Debian package that the build needs', async () => {
  await using scratch = await openScratch();
  const none = Object.fromEntries(Object.keys({ ...versions, ...libraryVersions }).map((name) => [name, '']));
  await putTools(scratch, none);
  await scratch.script('bin/pkg-config', 'exit 1');
  const { code, output } = await build(scratch, '--check');
  expect(code).toBe(2);
  const named = new Set([...output.matchAll(/not found \(Debian package: (.*)\)/g)].map(([, name]) => name));
  const listed = (await readFile(join(folder, 'build-packages.txt'), 'utf8')).split('\n').filter(Boolean);
  // What belongs to the compiler of flatbuffers has nothing of its own to ask for.
  expect(named).toEqual(new Set(listed.filter((name) => name !== 'flatbuffers-compiler-dev')));
});

test('the check says which tool is too old', async () => {
  await using scratch = await openScratch();
  await putTools(scratch, { 'g++': '10' });
  expect(await build(scratch, '--check')).toMatchObject({ code: 2, output: '  g++ 12 or newer: this is 10 (Debian package: g++)\n' });
});

test('the check refuses a flatc of another version than the library', async () => {
  await using scratch = await openScratch();
  await putTools(scratch, { flatc: 'flatc version 23.5.26' });
  expect((await build(scratch, '--check')).output).toContain('flatc and flatbuffers of the same version: these are 23.5.26 and 2.0.8');
});

test('a build patches the sources, leaves the worker and its log, and nothing else', async () => {
  await using scratch = await openScratch();
  await putTools(scratch);
  await scratch.script('bin/meson', `echo 1.0.1; mkdir -p build; cat meson.build src/RTC/DtlsTransport.cpp; ls subprojects`);
  const { ok, output, leftOver } = await build(
    scratch,
    await putPackage(scratch),
    join(scratch.dir, 'out/worker'),
    join(scratch.dir, 'log'),
  );
  expect(output).toContain("meson_version: '>= 1.0.0'");
  expect(output).toContain('return ((operationType & BIO_CB_RETURN) != 0) ? static_cast<long>(ret) : 1;');
  expect(output).toContain('libsrtp3');
  expect({ ok, leftOver }).toEqual({ ok: true, leftOver: [] });
  expect(await readdir(join(scratch.dir, 'out'))).toEqual(['worker']);
  expect(await readFile(join(scratch.dir, 'log'), 'utf8')).toContain('libsrtp3');
});

test.for([
  { name: 'has moved', text: 'return 1;\n', found: 0 },
  { name: 'is there twice', text: patched['src/RTC/DtlsTransport.cpp'].repeat(2), found: 2 },
])('a build stops when the line to patch $name', async ({ text, found }) => {
  await using scratch = await openScratch();
  await putTools(scratch);
  const mediasoup = await putPackage(scratch, { ...patched, 'src/RTC/DtlsTransport.cpp': text });
  const { ok, output, leftOver } = await build(scratch, mediasoup, join(scratch.dir, 'out/worker'));
  expect(output).toContain(`in worker/src/RTC/DtlsTransport.cpp, found ${found}: mediasoup has changed`);
  expect({ ok, leftOver, made: await readdir(join(scratch.dir, 'out')) }).toEqual({ ok: false, leftOver: [], made: [] });
});

test.for([
  { name: 'does not compile', tools: { ninja: 'exit 1' }, says: 'the compilation failed' },
  { name: 'lacks a library', tools: { ldd: 'echo "libuv.so.1 => not found"' }, says: 'the worker lacks libraries' },
  {
    name: 'crashes',
    tools: { ninja: `printf '#!/bin/sh\\nexit 139\\n' > build/mediasoup-worker; chmod +x build/mediasoup-worker` },
    says: 'exit code 139 instead of 41',
  },
])('a worker that $name is not handed out', async ({ tools, says }) => {
  await using scratch = await openScratch();
  await putTools(scratch);
  for (const [name, body] of Object.entries(tools))
    await scratch.script(`bin/${name}`, `[ "$1" = --version ] && echo 1.11 && exit\n${body}`);
  const { ok, output, leftOver } = await build(scratch, await putPackage(scratch), join(scratch.dir, 'out/worker'));
  expect(output).toContain(says);
  expect({ ok, leftOver, made: await readdir(join(scratch.dir, 'out')) }).toEqual({ ok: false, leftOver: [], made: [] });
});
