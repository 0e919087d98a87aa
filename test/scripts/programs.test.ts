import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findProgram, isExecutableFile, run } from '../../scripts/bootstrap/programs.mjs';
import { openScratch } from './scratch.ts';

test('a step that misses its deadline is ended together with its children', async () => {
  await using scratch = await openScratch();
  const child = await scratch.script('child', `trap 'echo ended > ${scratch.dir}/child-ended; exit' TERM; sleep 60 & wait`);
  const script = await scratch.script('slow', `${child} & wait`);
  const ending = await run(scratch.context(), script, [], { deadlineMs: 500 });
  expect(ending).toMatchObject({ ok: false, reason: 'not ended after 0.5 s' });
  await expect.poll(async () => readFile(join(scratch.dir, 'child-ended'), 'utf8').catch(() => '')).toBe('ended\n');
});

test('an interruption ends the running step', async () => {
  await using scratch = await openScratch();
  const interruption = new AbortController();
  const context = scratch.context({ signal: interruption.signal });
  const onOutput = () => interruption.abort();
  await expect(run(context, 'sh', ['-c', 'echo; sleep 60'], { deadlineMs: 20_000, onOutput })).rejects.toThrow('interrupted');
});

test('the end of a step says how it failed', async () => {
  await using scratch = await openScratch();
  const context = scratch.context();
  const deadlineMs = 5_000;
  expect(await run(context, 'sh', ['-c', 'echo why >&2; exit 3'], { deadlineMs })).toMatchObject({
    ok: false,
    code: 3,
    reason: 'exit code 3',
    output: 'why\n',
  });
  expect(await run(context, 'sh', ['-c', 'kill -9 $$'], { deadlineMs })).toMatchObject({
    ok: false,
    code: undefined,
    reason: 'signal SIGKILL',
  });
  expect((await run(context, 'no-such-program', [], { deadlineMs })).reason).toContain('ENOENT');
});

test('a program is found where the PATH has an executable file of its name', async () => {
  await using scratch = await openScratch();
  const { env } = scratch.context();
  await scratch.write('bin/notes', 'not executable');
  expect(findProgram(env, ['notes'])).toBeUndefined();
  const tool = await scratch.script('bin/tool', '');
  expect(findProgram(env, ['notes', 'tool'])).toBe(tool);
  expect(findProgram({}, ['tool', tool])).toBe(tool);
  expect(isExecutableFile(scratch.dir)).toBe(false);
});

test('a program that the terminal was handed to gets each signal once, and its exit code is passed on', async () => {
  await using scratch = await openScratch();
  const program = `
    let signals = 0;
    process.on('SIGTERM', () => { signals++; setTimeout(() => process.exit(40 + signals), 300); });
    setInterval(() => {}, 1000);
    console.log('ready');`;
  const script = await scratch.write(
    'hand-over.mjs',
    `
    import { handOver } from ${JSON.stringify(join(import.meta.dirname, '../../scripts/bootstrap/programs.mjs'))};
    const context = { root: ${JSON.stringify(scratch.dir)}, env: process.env, signal: new AbortController().signal };
    process.exitCode = await handOver(context, process.execPath, ['-e', ${JSON.stringify(program)}]);`,
  );
  const parent = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(parent.stdout, 'data');
  // As npm and the terminal do it: the same signal twice within a moment.
  parent.kill('SIGTERM');
  parent.kill('SIGTERM');
  expect(await once(parent, 'exit')).toEqual([41, null]);
});
