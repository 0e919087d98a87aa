import { defineConfig } from 'vitest/config';
import { ConformanceTable } from './test/conformance/table-reporter.ts';

const isCi = process.env['CI'] === 'true';

/** Where `.ci/run` finds the totals. */
const reportFile = 'test-results/vitest.json';

interface ProjectOptions {
  readonly name: string;
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
  readonly timeoutMs: number;
  /** Projects of one group run together, groups one after the other. */
  readonly group: number;
  /** So many test files at once: the same for all of a group. */
  readonly files: number;
  /** So many of a file's tests at once that say `concurrent`: those that wait for media rather than work. */
  readonly atOnce?: number;
}

function project({ name, include = [`test/${name}/**/*.test.ts`], exclude = [], timeoutMs, group, files, atOnce = 5 }: ProjectOptions) {
  return {
    extends: true as const,
    test: {
      name,
      include: [...include],
      exclude: [...exclude],
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      sequence: { groupOrder: group },
      maxConcurrency: atOnce,
      maxWorkers: files,
    },
  };
}

/** What FFmpeg tests measure by the clock: sound and picture together, what a crash costs. */
const measured = ['record', 'replay', 'rtmp'].map((name) => `test/integration/egress/${name}.test.ts`);

/**
 * Tests of HTTP and of FFmpeg wait more than they work (0.1 to 0.4 of a core for a file, and 0.5 to 1), so several files run at once. Those that
 * measure by the clock have the machine for themselves, and those with Chromium, which take one core and more.
 */
export default defineConfig({
  test: {
    // How long what is bound to happen may take on a machine that is busy or stands still for a moment. What must happen soon is told by how it happens.
    expect: { poll: { timeout: 30_000 } },
    globalSetup: ['test/fixtures/left-behind.ts'],
    reporters: ['default', new ConformanceTable(), ...(isCi ? ['json'] : [])],
    outputFile: { json: reportFile },
    projects: [
      project({ name: 'unit', timeoutMs: 60_000, group: 0, files: 4 }),
      project({ name: 'scripts', timeoutMs: 60_000, group: 0, files: 4 }),
      project({ name: 'http', timeoutMs: 60_000, group: 0, files: 4 }),
      project({ name: 'conformance', timeoutMs: 60_000, group: 0, files: 4 }),
      project({ name: 'fuzz', timeoutMs: 120_000, group: 0, files: 4 }),
      project({ name: 'integration', exclude: measured, timeoutMs: 120_000, group: 1, files: 2 }),
      project({ name: 'integration-alone', include: measured, timeoutMs: 120_000, group: 2, files: 1 }),
      project({ name: 'browser', timeoutMs: 180_000, group: 3, files: 1, atOnce: 2 }),
    ],
  },
});
