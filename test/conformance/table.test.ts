import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { rows } from './rows.ts';

/** The rows that tests of this folder are about. */
const tested = new Set(
  readdirSync(import.meta.dirname)
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(new URL(file, import.meta.url), 'utf8').matchAll(/\brow\(\s*'(\w+)'/g)])
    .map(([, id = '']) => id),
);

test('every row that is about servers has a test', () => {
  expect(rows.filter(({ id, side }) => side !== 'C' && !tested.has(id)).map(({ id }) => id)).toEqual([]);
});

test('every test is about a row', () => {
  const known: readonly string[] = rows.map(({ id }) => id);
  expect([...tested].filter((id) => !known.includes(id))).toEqual([]);
});

test('every row is complete', () => {
  for (const { id, level, section, sentence } of rows) {
    expect(level).toMatch(/^(?:P-)?(?:MUST|SHALL|SHOULD|MAY)(?: NOT)?$|^RECOMMENDED$/);
    expect([id, section, sentence]).toEqual([
      id,
      expect.stringMatching(/^(?:RFC|WHEP|Fetch|project)/),
      expect.stringMatching(/^\S.{10,}[^.]$/),
    ]);
  }
});
