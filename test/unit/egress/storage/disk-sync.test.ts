import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DiskSync, type GrowingFile } from '../../../../src/egress/storage/disk-sync.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A file whose disk takes so long for it. */
function slowFile(name: string, { takesMs, seen }: { readonly takesMs: number; readonly seen: string[] }): GrowingFile {
  return {
    sync: async () => {
      seen.push(`${name} begins`);
      await new Promise((resolve) => void setTimeout(resolve, takesMs));
      seen.push(`${name} ends`);
    },
  };
}

const unheard = (error: unknown): void => {
  throw error;
};

test('files are brought to the disk every two seconds, one after the other', async () => {
  const seen: string[] = [];
  using sync = new DiskSync();
  for (const name of ['one', 'two']) sync.add(slowFile(name, { takesMs: 1_500, seen }), unheard);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(seen).toEqual(['one begins']);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(seen).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(seen.at(-1)).toBe('one begins');
});

test('a file that comes while another one is slow does not begin a second round', async () => {
  const seen: string[] = [];
  using sync = new DiskSync();
  const slow = sync.add(slowFile('slow', { takesMs: 10_000, seen }), unheard);
  await vi.advanceTimersByTimeAsync(2_000);
  slow[Symbol.dispose]();
  sync.add(slowFile('late', { takesMs: 0, seen }), unheard);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(seen).toEqual(['slow begins']);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(seen.slice(0, 4)).toEqual(['slow begins', 'slow ends', 'late begins', 'late ends']);
});

test('a disk that refuses a file is told once, and the others go on', async () => {
  const seen: string[] = [];
  const failures: unknown[] = [];
  using sync = new DiskSync();
  const broken = new Error('EIO');
  sync.add({ sync: async () => Promise.reject(broken) }, (error) => failures.push(error));
  sync.add(slowFile('good', { takesMs: 0, seen }), unheard);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(failures).toEqual([broken]);
  expect(seen.length).toBeGreaterThan(4);
});

test('nothing is done without files', async () => {
  using sync = new DiskSync();
  sync.add(slowFile('gone', { takesMs: 0, seen: [] }), unheard)[Symbol.dispose]();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(vi.getTimerCount()).toBe(0);
});
