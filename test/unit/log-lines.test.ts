import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { LogLines } from '../../src/log-lines.ts';

/** Tells what was written together. */
class Written {
  readonly writes: string[] = [];
  #waiting = '';

  write(line: string): void {
    this.#waiting += line;
  }

  flushSync(): void {
    if (this.#waiting !== '') this.writes.push(this.#waiting);
    this.#waiting = '';
  }
}

test('the lines of one turn are written together, in their order, when it ends', async () => {
  const written = new Written();
  const lines = new LogLines(written);
  lines.write('a\n');
  await Promise.resolve();
  lines.write('b\n');
  expect(written.writes).toEqual([]);
  await turn();
  lines.write('c\n');
  await turn();
  expect(written.writes).toEqual(['a\nb\n', 'c\n']);
});

test('nothing that was logged before the process exits is kept back', async () => {
  const written = new Written();
  const lines = new LogLines(written);
  lines.write('a\n');
  lines.flushSync();
  expect(written.writes).toEqual(['a\n']);
  await turn();
  expect(written.writes).toEqual(['a\n']);
});

test('what is fatal is written at once', () => {
  const written = new Written();
  const logger = pino({ base: null, timestamp: false }, new LogLines(written));
  logger.info('a');
  logger.fatal('b');
  expect(written.writes).toEqual(['{"level":30,"msg":"a"}\n{"level":60,"msg":"b"}\n']);
});
