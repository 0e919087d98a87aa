import { defineConfig } from 'vitest/config';
import { ConformanceTable } from './test/conformance/table-reporter.ts';

const isCi = process.env['CI'] === 'true';

/** Where `.ci/run` finds the totals. */
const reportFile = 'test-results/vitest.json';

interface ProjectOptions {
  readonly name: string;
  readonly include?: string[];
  readonly timeoutMs: number;
  /** Projects of one group run together, groups one after the other. */
  readonly group: number;
  /** One test file at a time, so that media has the machine for itself. */
  readonly alone?: boolean;
  /** So many of the tests at once that say `concurrent`: those that wait for media rather than work. */
  readonly atOnce?: number;
}

function project({ name, include = [`test/${name}/**/*.test.ts`], timeoutMs, group, alone = false, atOnce = 5 }: ProjectOptions) {
  const parallelism = alone ? { fileParallelism: false } : { maxWorkers: 2 };
  return {
    extends: true as const,
    test: {
      name,
      include,
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      sequence: { groupOrder: group },
      maxConcurrency: atOnce,
      ...parallelism,
    },
  };
}

export default defineConfig({
  test: {
    // How long what is bound to happen may take on a machine that is busy or stands still for a moment. What must happen soon is told by how it happens.
    expect: { poll: { timeout: 30_000 } },
    globalSetup: ['test/fixtures/left-networks.ts'],
    reporters: ['default', new ConformanceTable(), ...(isCi ? ['json'] : [])],
    outputFile: { json: reportFile },
    projects: [
      project({ name: 'unit', include: ['test/*.test.ts', 'test/unit/**/*.test.ts'], timeoutMs: 60_000, group: 0 }),
      project({ name: 'scripts', timeoutMs: 60_000, group: 0 }),
      project({ name: 'http', timeoutMs: 60_000, group: 0 }),
      project({ name: 'conformance', timeoutMs: 60_000, group: 0 }),
      project({ name: 'fuzz', timeoutMs: 120_000, group: 0 }),
      project({ name: 'integration', timeoutMs: 120_000, group: 1, alone: true }),
      project({ name: 'browser', timeoutMs: 180_000, group: 2, alone: true, atOnce: 2 }),
    ],
  },
});
