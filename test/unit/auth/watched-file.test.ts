import { rename, rm, symlink, writeFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { WatchedFile } from '../../../src/auth/watched-file.ts';
import { errorOf, openFolder, recordingLogger, replaceFile } from '../../fixtures/auth.ts';

function parse(text: string): string {
  if (text.includes('broken')) throw new Error('broken it is');
  return text;
}

/** A watched file that holds `one`. */
async function openFile() {
  const folder = await openFolder();
  onTestFinished(async () => folder[Symbol.asyncDispose]());
  const { file: path } = folder;
  await writeFile(path, 'one');
  const { logger, lines } = recordingLogger();
  const file = await WatchedFile.open({ path, parse, logger, pollMs: 5 });
  onTestFinished(async () => file[Symbol.asyncDispose]());
  return { file, path, folder: folder.path, lines };
}

test('a file is read again when it was written', async () => {
  const { file, path } = await openFile();
  expect(file.current).toBe('one');
  await writeFile(path, 'two');
  await expect.poll(() => file.current).toBe('two');
});

test('a file is read again when another took its place', async () => {
  const { file, path } = await openFile();
  await replaceFile(path, 'two');
  await expect.poll(() => file.current).toBe('two');
});

test('a link is followed when it comes to point elsewhere, as mounted secrets do', async () => {
  const { folder } = await openFile();
  const link = `${folder}/link`;
  await writeFile(`${folder}/a`, 'a');
  await writeFile(`${folder}/b`, 'b');
  await symlink(`${folder}/a`, link);
  await using file = await WatchedFile.open({ path: link, parse, logger: recordingLogger().logger, pollMs: 5 });
  await symlink(`${folder}/b`, `${link}.new`);
  await rename(`${link}.new`, link);
  await expect.poll(() => file.current).toBe('b');
});

test('what is broken or gone is logged once, and the former content stays until there is a good one', async () => {
  const { file, path, lines } = await openFile();
  await replaceFile(path, 'broken');
  await expect.poll(() => lines.length).toBe(1);
  await rm(path);
  await expect.poll(() => lines.length).toBe(2);
  expect(file.current).toBe('one');
  await replaceFile(path, 'two');
  await expect.poll(() => file.current).toBe('two');
  expect(lines).toEqual([
    expect.stringMatching(/broken it is.*stays in force/),
    expect.stringMatching(/ENOENT.*stays in force/),
    expect.stringContaining('file reloaded'),
  ]);
});

test.for([['missing', undefined] as const, ['broken', 'broken'] as const])('a file that is %s at first is an error', async ([, text]) => {
  await using folder = await openFolder();
  if (text !== undefined) await writeFile(folder.file, text);
  const opening = WatchedFile.open({ path: folder.file, parse, logger: recordingLogger().logger });
  expect((await errorOf(opening)).code).toBe('ERR_CONFIG_INVALID');
});

test('a closed file is not looked at any more', async () => {
  const { file, path, lines } = await openFile();
  await file[Symbol.asyncDispose]();
  await file[Symbol.asyncDispose]();
  await writeFile(path, 'two');
  await using other = await WatchedFile.open({ path, parse, logger: recordingLogger().logger, pollMs: 5 });
  await writeFile(path, 'three');
  await expect.poll(() => other.current).toBe('three');
  expect([file.current, lines]).toEqual(['one', []]);
});
