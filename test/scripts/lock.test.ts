import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { digestOf } from '../../scripts/bootstrap/context.mjs';
import { withLock } from '../../scripts/bootstrap/lock.mjs';
import { openScratch } from './scratch.ts';

test('two bootstraps do the same thing one after the other', async () => {
  await using scratch = await openScratch();
  const context = scratch.context();
  const events: string[] = [];
  const work = (name: string) => async () => {
    events.push(`${name} begins`);
    await readdir(scratch.dir);
    events.push(`${name} ends`);
  };

  await Promise.all([withLock(context, 'a build', work('first')), withLock(context, 'a build', work('second'))]);

  expect(events.map((event) => event.split(' ')[1])).toEqual(['begins', 'ends', 'begins', 'ends']);
  expect(scratch.said).toEqual(['waiting for another bootstrap, which is busy with a build']);
  expect(await readdir(join(scratch.dir, 'cache', 'locks'))).toEqual([]);
});

test('a lock whose owner was killed is taken over', async () => {
  await using scratch = await openScratch();
  const locks = join(scratch.dir, 'cache', 'locks');
  const lock = join(locks, `${digestOf(['a build'])}.lock`);
  await mkdir(locks, { recursive: true });
  await writeFile(lock, 'a dead owner');
  const aMinuteAgo = new Date(Date.now() - 60_000);
  await utimes(lock, aMinuteAgo, aMinuteAgo);

  expect(await withLock(scratch.context(), 'a build', async () => Promise.resolve('done'))).toBe('done');
  expect(await readdir(locks)).toEqual([]);
});

test('a lock is released when the work fails', async () => {
  await using scratch = await openScratch();
  const failing = withLock(scratch.context(), 'a build', async () => Promise.reject(new Error('broken')));
  await expect(failing).rejects.toThrow('broken');
  expect(await readdir(join(scratch.dir, 'cache', 'locks'))).toEqual([]);
});
