import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test as base, expect } from 'vitest';
import { claimFolder } from '../../../src/egress/folder-claim.ts';
import { identify } from '../../../src/egress/process-identity.ts';

const test = base.extend('runFolder', ({}, { onCleanup }) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-claims-'));
  onCleanup(() => rmSync(folder, { recursive: true }));
  return join(folder, 'run');
});

const claimsIn = (runFolder: string) => readdirSync(runFolder).map((name) => join(runFolder, name));

test('a folder belongs to one running process, and to the next one when that has ended', ({ runFolder }) => {
  {
    using claim = claimFolder('recordings', runFolder);
    expect(claim?.folder).toBe('recordings');
    expect(readFileSync(claimsIn(runFolder)[0] ?? '', 'utf8')).toMatch(`${process.pid} `);
    const parent = identify(process.ppid);
    writeFileSync(claimsIn(runFolder)[0] ?? '', `${parent?.pid} ${parent?.startedAt}\n`);
    expect(claimFolder(join(process.cwd(), 'recordings'), runFolder)).toBeUndefined();
    expect(claimFolder('state', runFolder)).toBeDefined();
    writeFileSync(claimsIn(runFolder)[0] ?? '', `${parent?.pid} ${(parent?.startedAt ?? 0) + 1}\n`);
  }
  using again = claimFolder('recordings', runFolder);
  expect(again).toBeDefined();
});

test('where no claim can be written, every one is granted', ({ runFolder }) => {
  expect(claimFolder('recordings', join(process.execPath, runFolder))).toBeDefined();
});
