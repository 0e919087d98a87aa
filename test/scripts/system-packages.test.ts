import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { provideTools } from '../../scripts/bootstrap/media-tools.mjs';
import { installPackages } from '../../scripts/bootstrap/system-packages.mjs';
import { openScratch, type Scratch } from './scratch.ts';

/** Stand-ins for a Debian on which `meson` is installed; `apt-get` writes its calls down. */
async function putDebian(scratch: Scratch, aptBody = ''): Promise<void> {
  await scratch.script('bin/dpkg-query', 'echo "installed meson"');
  await scratch.script('bin/apt-get', `echo "$DEBIAN_FRONTEND: $*" >> ${scratch.dir}/apt-calls\n${aptBody}`);
}

async function aptCalls(scratch: Scratch): Promise<string[]> {
  const text = await readFile(join(scratch.dir, 'apt-calls'), 'utf8').catch(() => '');
  return text.split('\n').filter(Boolean);
}

/** Only the stand-ins: whatever this machine has is out of reach. */
function bareContext(scratch: Scratch, env: NodeJS.ProcessEnv = {}, isRoot = true) {
  return scratch.context({ isRoot, env: { PATH: join(scratch.dir, 'bin'), ...env } });
}

test('what is missing is announced and then installed, the download apart from the unpacking', async () => {
  await using scratch = await openScratch();
  await putDebian(scratch);
  await installPackages(scratch.context(), ['g++', 'meson'], 'a build');
  expect(scratch.said).toEqual(['installing for a build: g++ (apt-get; SLUICE_NO_INSTALL=1 forbids it)']);
  const calls = await aptCalls(scratch);
  expect(calls).toHaveLength(2);
  expect(calls[0]).toMatch(/^noninteractive: .*--no-install-recommends install --download-only g\+\+$/);
  expect(calls[1]).toMatch(/^noninteractive: .*--no-install-recommends install --no-download g\+\+$/);
});

test('nothing is called or said when everything is installed', async () => {
  await using scratch = await openScratch();
  await putDebian(scratch);
  await installPackages(scratch.context(), ['meson'], 'a build');
  expect([...scratch.said, ...(await aptCalls(scratch))]).toEqual([]);
});

test('the package lists are updated once when a package is not found', async () => {
  await using scratch = await openScratch();
  await putDebian(scratch, `case "$*" in *update) touch ${scratch.dir}/updated ;; *) [ -e ${scratch.dir}/updated ] ;; esac`);
  await installPackages(scratch.context(), ['g++'], 'a build');
  const verbs = (await aptCalls(scratch)).map((call) => /--download-only|--no-download|update/.exec(call)?.[0]);
  expect(verbs).toEqual(['--download-only', 'update', '--download-only', '--no-download']);
});

test.for([
  { name: 'SLUICE_NO_INSTALL is set', env: { SLUICE_NO_INSTALL: '1' }, isRoot: true, says: 'SLUICE_NO_INSTALL forbids' },
  { name: 'we are not root', env: {}, isRoot: false, says: 'only root' },
])('nothing is installed when $name, and the message says what to install', async ({ env, isRoot, says }) => {
  await using scratch = await openScratch();
  await putDebian(scratch);
  const installing = installPackages(bareContext(scratch, env, isRoot), ['g++', 'libabsl-dev'], 'a build');
  await expect(installing).rejects.toThrow(new RegExp(`${says}[^]*apt-get install -y --no-install-recommends g\\+\\+ libabsl-dev$`));
  expect(await aptCalls(scratch)).toEqual([]);
});

test('without apt-get the message still says what to install', async () => {
  await using scratch = await openScratch();
  await expect(installPackages(bareContext(scratch), ['g++'], 'a build')).rejects.toThrow(
    /no apt-get[^]*install -y --no-install-recommends g\+\+$/,
  );
});

test('a tool that cannot be had is done without, and not tried again the same day', async () => {
  await using scratch = await openScratch();
  await scratch.script('bin/apt-get', `/bin/echo call >> ${scratch.dir}/apt-calls; exit 100`);
  const context = bareContext(scratch);
  await provideTools(context, ['ffmpeg']);
  expect(scratch.said.join('\n')).toContain('apt-get install -y --no-install-recommends ffmpeg');
  const callsBefore = await aptCalls(scratch);
  await provideTools(context, ['ffmpeg']);
  expect(await aptCalls(scratch)).toEqual(callsBefore);
  expect(scratch.said.at(-1)).toContain('no ffmpeg here, and it could not be installed today');
});

test('in CI a missing tool is a failure', async () => {
  await using scratch = await openScratch();
  await expect(provideTools(bareContext(scratch, { CI: 'true' }), ['chromium'])).rejects.toThrow('packages are missing for chromium');
});

test('a tool on the PATH is used as it is', async () => {
  await using scratch = await openScratch();
  await scratch.script('bin/chromium', '');
  await provideTools(bareContext(scratch, { CI: 'true' }), ['chromium']);
  expect(scratch.said).toEqual([]);
});

test('outside of CI no package is installed for a test whose service would then run', async () => {
  await using scratch = await openScratch();
  await putDebian(scratch);
  await provideTools(bareContext(scratch), ['nginx']);
  expect(await aptCalls(scratch)).toEqual([]);
});
