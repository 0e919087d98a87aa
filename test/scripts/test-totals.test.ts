import { join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../scripts/bootstrap/programs.mjs';
import { openScratch } from './scratch.ts';

const script = join(import.meta.dirname, '../../scripts/test-totals.mjs');

const testOf = (status: string, index: number) => ({
  status,
  fullName: `test ${index}`,
  failureMessages: status === 'failed' ? ['Error: not so\n    at here'] : [],
});

/** A vitest report with one file, whose tests have these endings. */
const reportOf = (...statuses: string[]) => ({
  success: !statuses.includes('failed'),
  testResults: [{ name: 'a.test.ts', status: 'passed', assertionResults: statuses.map(testOf) }],
});
const brokenFile = { name: 'b.test.ts', status: 'failed', assertionResults: [] };

test.for([
  { name: 'passes when every test has passed', report: reportOf('passed', 'passed'), code: 0, lines: ['2 passed, 0 failed'] },
  {
    name: 'says which test has failed, and how',
    report: reportOf('passed', 'failed'),
    code: 1,
    lines: ['failed: a.test.ts: test 1', '  Error: not so', '      at here', '1 passed, 1 failed'],
  },
  {
    name: 'fails when a test was skipped',
    report: reportOf('passed', 'skipped'),
    code: 1,
    lines: ['not run (skipped): a.test.ts: test 1', '1 passed, 0 failed'],
  },
  { name: 'fails when no test has run', report: reportOf(), code: 1, lines: ['no test has run', '0 passed, 0 failed'] },
  {
    name: 'fails on an error outside of any test',
    report: { ...reportOf('passed'), success: false },
    code: 1,
    lines: ['1 passed, 0 failed'],
  },
  {
    name: 'fails when a file could not be run',
    report: { success: false, testResults: [...reportOf('passed').testResults, brokenFile] },
    code: 1,
    lines: ['could not be run: b.test.ts', '1 passed, 1 failed'],
  },
])('the total of a run $name', async ({ report, code, lines }) => {
  await using scratch = await openScratch();
  const file = await scratch.write('report.json', JSON.stringify(report));
  const ending = await run(scratch.context(), process.execPath, [script, file], { deadlineMs: 10_000 });
  expect({ code: ending.code, lines: ending.output.trim().split('\n') }).toEqual({ code, lines });
});

test('the total of a run fails without a report', async () => {
  await using scratch = await openScratch();
  const ending = await run(scratch.context(), process.execPath, [script, join(scratch.dir, 'none.json')], { deadlineMs: 10_000 });
  expect(ending.code).toBe(1);
  expect(ending.output).toMatch(/\n0 passed, 0 failed\n$/);
});
