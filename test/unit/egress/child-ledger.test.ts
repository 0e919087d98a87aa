import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ChildLedger, readEntries } from '../../../src/egress/child-ledger.ts';
import { identify, isRunning, type ProcessIdentity, readStartTime } from '../../../src/egress/process-identity.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-ledger-'));
  onTestFinished(async () => rm(path, { recursive: true }));
  return path;
}

/** A program that does nothing for long. */
function sleeper(): ProcessIdentity {
  const { pid } = spawn('sleep', ['600'], { stdio: 'ignore' });
  const identity = identify(pid ?? 0);
  if (identity === undefined) throw new TypeError('it does not run');
  onTestFinished(() => {
    if (isRunning(identity)) process.kill(identity.pid, 'SIGKILL');
  });
  return identity;
}

/** The name of a file of a gateway that ran at this start of the machine, and has ended. */
async function deadGateway(path: string): Promise<string> {
  using ledger = ChildLedger.open(path);
  const [own = ''] = await readdir(path);
  expect(ledger).toBeInstanceOf(ChildLedger);
  return join(path, own.replace(/^\d+-\d+/, '4194304-1'));
}

const line = ({ pid, startedAt }: ProcessIdentity, program = 'sleep') => `${JSON.stringify({ pid, startedAt, program })}\n`;

test.runIf(process.platform === 'linux')('children of a gateway that has ended are ended, and nobody else', async () => {
  const path = await folder();
  const [orphan, reused, renamed] = [sleeper(), sleeper(), sleeper()];
  await writeFile(
    await deadGateway(path),
    line(orphan) + line({ ...reused, startedAt: reused.startedAt - 1 }) + line(renamed, 'ffmpeg') + '{"pid":1,"star',
  );
  const ended: number[] = [];
  using _ledger = ChildLedger.open(path, (pids) => ended.push(...pids));
  expect(ended).toEqual([orphan.pid]);
  await expect.poll(() => isRunning(orphan)).toBe(false);
  expect([isRunning(reused), isRunning(renamed)]).toEqual([true, true]);
  expect(await readdir(path)).toHaveLength(1);
});

test.runIf(process.platform === 'linux')('children of a gateway that runs are left alone, and a ledger goes with its gateway', async () => {
  const path = await folder();
  const child = sleeper();
  const running = ChildLedger.open(path);
  running.note(child.pid, 'sleep');
  using _other = ChildLedger.open(path, () => expect.unreachable());
  expect(isRunning(child)).toBe(true);
  running[Symbol.dispose]();
  running[Symbol.dispose]();
});

test.runIf(process.platform === 'linux')('a folder that others can write to is not believed', async () => {
  const path = await folder();
  const child = sleeper();
  await writeFile(await deadGateway(path), line(child));
  await chmod(path, 0o777);
  using ledger = ChildLedger.open(path, () => expect.unreachable());
  ledger.note(child.pid, 'sleep');
  expect(isRunning(child)).toBe(true);
  expect(await readdir(path)).toHaveLength(1);
});

test('what a crash has cut short is not read', () => {
  expect(readEntries('{"pid":1,"startedAt":2,"program":"ffmpeg"}\n{"pid":3,"startedAt":4,"progr')).toEqual([
    { pid: 1, startedAt: 2, program: 'ffmpeg' },
  ]);
});

test('a start time is read past whatever a program calls itself', () => {
  const rest = 'S 1 2 2 0 -1 4194304 100 0 0 0 1 2 0 0 20 0 1 0 123456 1000 200';
  expect(readStartTime(`42 (a ) R 1 b) ${rest}`)).toBe(123_456);
  expect(readStartTime(`42 (sleep) Z${rest.slice(1)}`)).toBeUndefined();
  expect(readStartTime('')).toBeUndefined();
});
