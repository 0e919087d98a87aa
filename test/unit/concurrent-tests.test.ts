import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));

/** Whether tests of a file run at once: `test.concurrent(…)`, `describe(…, { concurrent: true }`. */
const runsAtOnce = /\.concurrent\b|\bconcurrent: true/;

/** The one `expect` for all. */
const sharedExpect = /^import \{[^}]*\bexpect\b[^}]*\} from 'vitest'/m;

test('tests that run at once use their own expect: the shared one belongs to none once any of them has ended, and cannot poll then', () => {
  const files = globSync('**/*.test.ts', { cwd: root }).map((file) => ({ file, text: readFileSync(`${root}${file}`, 'utf8') }));
  const atOnce = files.filter(({ file, text }) => runsAtOnce.test(text) && !file.endsWith('concurrent-tests.test.ts'));
  expect(atOnce.length).toBeGreaterThan(1);
  expect(atOnce.filter(({ text }) => sharedExpect.test(text)).map(({ file }) => file)).toEqual([]);
});
