import { expect, test } from 'vitest';
import { normaliseProfile, profileDistance } from '../../../src/sdp/h264.ts';

test.for([
  ['42e01f', '42e01f'],
  ['42E01F', '42e01f'],
  [' 640c1f ', '640c1f'],
  ['42e034', '42e034'],
  ['242c01f', '42c01f'],
  ['42e01f0', '42e01f'],
  ['6e0028', '6e0028'],
  [640029, '640029'],
  ['42e0', '42e01f'],
  ['nonsense', '42e01f'],
  ['', '42e01f'],
  [undefined, '42e01f'],
] as const)('profile-level-id %s is read as %s', ([text, expected]) => {
  expect(normaliseProfile(text)).toBe(expected);
});

test.for([
  ['the same profile, whatever its level', '42e01f', ['4d001f', '42e034', '640c1f'], '42e034'],
  ['the nearest superset', '42e01f', ['640c1f', '4d001f', 'f4001f'], '4d001f'],
  ['a superset before a lesser profile', '4d001f', ['42e01f', '64001f'], '64001f'],
  ['the best of lesser profiles', '640028', ['42e01f', '640c1f', '42001f'], '640c1f'],
  ['4:4:4 for itself', 'f40016', ['640c1f', 'f4001f', '42e01f'], 'f4001f'],
  ['anything before 4:4:4', '640028', ['f4001f', '42e01f'], '42e01f'],
  ['high for a profile that nobody knows', '7a0028', ['42e01f', '64001f', '4d001f'], '64001f'],
] as const)('a decoder is chosen: %s', ([, actual, offered, expected]) => {
  const best = offered.toSorted((a, b) => profileDistance(a, actual) - profileDistance(b, actual))[0];
  expect(best).toBe(expected);
});
