import { expect, test } from 'vitest';
import { matchesIfMatch } from '../../../src/http/if-match.ts';

test.for([
  ['no header', undefined, true],
  ['the tag itself', '"abc"', true],
  ['the wildcard', '*', true],
  ['the wildcard in quotes, as RFC 9725 prints it', '"*"', true],
  ['a list with the tag', '"x", "abc" , "y"', true],
  ['a list without spaces', '"x","abc"', true],
  ['blanks around it', '  "abc" ', true],
  ['another tag', '"abd"', false],
  ['a weak tag', 'W/"abc"', false],
  ['a list of others', '"x", W/"abc"', false],
  ['the tag without quotes', 'abc', false],
  ['a tag that contains it', '"x,abc"', false],
  ['half a tag', '"abc', false],
  ['nothing', '', false],
] as const)('If-Match: %s', ([, header, matches]) => {
  expect(matchesIfMatch(header, '"abc"')).toBe(matches);
});
