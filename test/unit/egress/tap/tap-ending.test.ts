import { expect, test } from 'vitest';
import { isPortTaken, tapEnding } from '../../../../src/egress/tap/tap-ending.ts';
import { restartDelayMs } from '../../../../src/egress/tap/restart-delay.ts';

const exit = (exitCode: number | undefined, lastWords = '', signal?: string) => ({ exitCode, signal, lastWords });

const cases = [
  ['what we did comes first', exit(255), { cause: 'stopped' }, { cause: 'stopped' }],
  ['exit code 0 is 20 s without a packet', exit(0), undefined, { cause: 'publisher-gone' }],
  ['a taken port', exit(1, 'bind failed: Address already in use\npipe:0: Input/output error'), undefined, 'a UDP port was taken'],
  ['no key frame', exit(1, '[mp4 @ 0x1] dimensions not set\nConversion failed!'), undefined, 'no key frame came in time'],
  ['a signal from outside', exit(undefined, 'noise', 'SIGKILL'), undefined, 'it was ended by SIGKILL'],
  ['anything else', exit(1, 'first\nlast words\r\n'), undefined, 'last words'],
  ['nothing at all', exit(1), undefined, 'it gave no reason'],
] as const;

test.for(cases)('%s', ([, facts, ours, expected]) => {
  const ending = tapEnding({ exit: facts, ours });
  expect(ending).toEqual(typeof expected === 'string' ? { cause: 'exited', exitCode: facts.exitCode, detail: expected } : expected);
});

test('only a taken port is mended by other ports', () => {
  expect(isPortTaken(tapEnding({ exit: exit(1, 'bind failed: Address already in use'), ours: undefined }))).toBe(true);
  expect(isPortTaken(tapEnding({ exit: exit(1, 'Broken pipe'), ours: undefined }))).toBe(false);
});

test('restarts come at once, then ever later, at most every 30 s', () => {
  expect([1, 2, 3, 4, 5, 6, 7, 8, 100].map(restartDelayMs)).toEqual([0, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 30_000, 30_000]);
});
