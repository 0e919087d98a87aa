import { expect, test } from 'vitest';
import { expiredOf, type Kept } from '../../../../src/egress/storage/retention.ts';

const now = new Date('2026-11-26T12:00:00Z');
const day = 86_400_000;

/** `a:3:10` ended 3 days ago and has 10 bytes; `!` after it: it must stay. */
function kept(text: string): Kept {
  const [id = '', days = '0', bytes = '0'] = text.replace('!', '').split(':');
  return { id, endedAt: new Date(now.getTime() - Number(days) * day), bytes: Number(bytes), isSettled: !text.endsWith('!') };
}

test.for([
  ['nothing goes without limits', ['a:900:10', 'b:1:10'], {}, []],
  ['what is too old goes', ['a:3:10', 'b:8:10', 'c:9:10'], { maxAgeMs: 7 * day }, ['c', 'b']],
  ['what is exactly old enough stays', ['a:7:10'], { maxAgeMs: 7 * day }, []],
  ['the oldest go until the rest fits', ['a:1:10', 'b:3:10', 'c:2:10'], { maxBytes: 15 }, ['b', 'c']],
  ['what fits stays', ['a:1:10', 'b:3:10'], { maxBytes: 20 }, []],
  ['old ones make room first', ['a:1:10', 'b:2:10', 'c:9:10'], { maxAgeMs: 7 * day, maxBytes: 20 }, ['c']],
  ['what is not settled stays, however old', ['a:9:10!', 'b:9:10'], { maxAgeMs: 7 * day }, ['b']],
  ['what is not settled counts', ['a:3:10!', 'b:2:10', 'c:1:10'], { maxBytes: 20 }, ['b']],
  ['if nothing may go, nothing goes', ['a:3:10!', 'b:2:10!'], { maxBytes: 5 }, []],
] as const)('%s', ([, recordings, limits, expected]) => {
  const expired = expiredOf(recordings.map(kept), { maxAgeMs: undefined, maxBytes: undefined, ...limits }, now);
  expect(expired.map(({ id }) => id)).toEqual(expected);
});
