import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { test as base, expect } from 'vitest';
import type { OutputRequest } from '../../../../src/egress/request/output-request.ts';
import { RequestStore } from '../../../../src/egress/request/request-store.ts';
import { parseStreamId } from '../../../../src/streams/stream-id.ts';

const test = base.extend('folder', ({}, { onCleanup }) => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-state-'));
  onCleanup(() => rmSync(folder, { recursive: true }));
  return folder;
});

const streamId = parseStreamId('show');
const requests: readonly OutputRequest[] = [
  { kind: 'rtmp', streamId, name: 'mine', url: 'rtmp://host/app', key: 'a-secret-key', encoding: 'highest' },
  { kind: 'record', streamId },
  { kind: 'hls', streamId: parseStreamId('other') },
];

/** A store and everything that it has logged. */
function openStore(folder: string): { readonly store: RequestStore; readonly log: () => string } {
  const lines: string[] = [];
  const sink = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  return { store: new RequestStore({ folder, logger: pino({ level: 'trace' }, sink) }), log: () => lines.join('') };
}

test('what was saved is found by the next one, and nobody else can read it', async ({ folder }) => {
  const state = join(folder, 'state');
  const { store, log } = openStore(state);
  expect(store.found).toEqual([]);
  await Promise.all([store.save([]), store.save(requests.slice(0, 1)), store.save(requests)]);
  expect(openStore(state).store.found).toEqual(requests);
  const modes = [state, join(state, 'egresses.json')].map((path) => statSync(path).mode & 0o777);
  expect([modes, log()]).toEqual([[0o700, 0o600], '']);
});

test.for([
  ['no JSON', '{"key":"a-secret-key"'],
  ['no list', '{"version":1,"key":"a-secret-key"}'],
  ['a later version', '{"version":2,"outputs":[]}'],
  ['an unknown kind', '{"version":1,"outputs":[{"kind":"srt","streamId":"show","key":"a-secret-key"}]}'],
  ['a name that cannot be', '{"version":1,"outputs":[{"kind":"record","streamId":"a-secret-key?"}]}'],
] as const)('a file that holds %s is put aside, and told of without its content', async ([, text], { folder }) => {
  writeFileSync(join(folder, 'egresses.json'), text);
  const { store, log } = openStore(folder);
  expect(store.found).toEqual([]);
  expect(log()).toContain('cannot be read');
  expect(log()).not.toContain('secret');
  await store.save(requests);
  expect(openStore(folder).store.found).toEqual(requests);
  expect(readFileSync(join(folder, 'egresses.json.unreadable'), 'utf8')).toBe(text);
});

test('where nothing can be written, outputs go on and the log tells', async ({ folder }) => {
  writeFileSync(join(folder, 'file'), '');
  const { store, log } = openStore(join(folder, 'file', 'state'));
  await store.save(requests);
  expect(log()).toContain('a restart will forget them');
  expect(log()).not.toContain('secret');
});

test('a draft with other rights does not make the file readable', async ({ folder }) => {
  const draft = join(folder, 'egresses.json.tmp');
  writeFileSync(draft, '');
  chmodSync(draft, 0o666);
  await openStore(folder).store.save(requests);
  expect(statSync(join(folder, 'egresses.json')).mode & 0o777).toBe(0o600);
});
