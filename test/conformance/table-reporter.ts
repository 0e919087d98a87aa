import type { Reporter, TestModule } from 'vitest/node';
import { rows } from './rows.ts';

type Outcome = 'passed' | 'failed' | 'not run' | 'client';

/** Prints the table of {@link rows} after a run of the conformance suite: which hold, and which do not. */
export class ConformanceTable implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const states = statesByRow(modules.filter(({ project }) => project.name === 'conformance'));
    if (states.size === 0) return;
    const outcomes = rows.map((row) => ({ row, outcome: row.side === 'C' ? 'client' : outcomeOf(states.get(row.id) ?? []) }));
    const lines = outcomes.map(
      ({ row: { id, level, section, sentence }, outcome }) =>
        `  ${id}  ${outcome.padEnd(7)}  ${level.padEnd(11)}  ${section.padEnd(38)}  ${sentence}`,
    );
    const count = (wanted: Outcome) => outcomes.filter(({ outcome }) => outcome === wanted).length;
    const sums = `${count('passed')} passed, ${count('failed')} failed, ${count('not run')} not run, ${count('client')} are about clients`;
    console.log(['', ' Conformance (RFC 9725, draft-ietf-wish-whep-04)', '', ...lines, '', ` ${sums}`, ''].join('\n'));
  }
}

/** The states of every test of a row; the row's id is the first word of a test's name. */
function statesByRow(modules: readonly TestModule[]): Map<string, string[]> {
  const states = new Map<string, string[]>();
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const id = test.name.split(' ', 1)[0] ?? '';
      states.set(id, [...(states.get(id) ?? []), test.result().state]);
    }
  }
  return states;
}

function outcomeOf(states: readonly string[]): Outcome {
  if (states.includes('failed')) return 'failed';
  return states.includes('passed') ? 'passed' : 'not run';
}
