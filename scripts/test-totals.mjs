// Prints the totals of a vitest JSON report for `.ci/run`, and fails unless every test ran and passed. usage: test-totals.mjs REPORT
import { readFileSync } from 'node:fs';

/** @typedef {{ status: string, fullName: string, failureMessages?: string[] }} Test */
/** @typedef {{ success: boolean, testResults: { name: string, status: string, assertionResults: Test[] }[] }} Report */

const [reportFile = ''] = process.argv.slice(2);
const report = readReport(reportFile);
const tests = report.testResults.flatMap((file) => file.assertionResults.map((test) => ({ ...test, file: file.name })));
const passed = tests.filter(({ status }) => status === 'passed');
const failed = tests.filter(({ status }) => status === 'failed');
const notRun = tests.filter((test) => !passed.includes(test) && !failed.includes(test));
const brokenFiles = report.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.every(({ status }) => status !== 'failed'),
);

for (const { file, fullName, failureMessages = [] } of failed) {
  console.log(`failed: ${file}: ${fullName}`);
  for (const message of failureMessages) console.log(headOf(message));
}
for (const { status, file, fullName } of notRun) console.log(`not run (${status}): ${file}: ${fullName}`);
for (const { name } of brokenFiles) console.log(`could not be run: ${name}`);
if (tests.length === 0) console.log('no test has run');
console.log(`${passed.length} passed, ${failed.length + brokenFiles.length} failed`);

const isGood = report.success && passed.length > 0 && passed.length === tests.length && brokenFiles.length === 0;
process.exitCode = isGood ? 0 : 1;

/**
 * @param {string} message a failure with its stack
 * @returns {string} what a reader of the log's end needs of it, indented
 */
function headOf(message) {
  return message
    .split('\n')
    .slice(0, 12)
    .map((line) => `  ${line}`)
    .join('\n');
}

/**
 * @param {string} file
 * @returns {Report} an empty one where vitest has not come to write any
 */
function readReport(file) {
  try {
    return /** @type {Report} */ (JSON.parse(readFileSync(file, 'utf8')));
  } catch (error) {
    console.log(`no report of the tests: ${String(error)}`);
    return { success: false, testResults: [] };
  }
}
