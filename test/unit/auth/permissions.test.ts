import { expect, test } from 'vitest';
import { admit, everything, parsePermissions, unionOf } from '../../../src/auth/permissions.ts';

const none = { publish: [], play: [], operate: [] };

test('what is absent or false is not allowed, true stands for every stream', () => {
  expect(parsePermissions({})).toEqual(none);
  expect(parsePermissions({ publish: true, play: false })).toEqual({ ...none, publish: ['*'] });
  expect(parsePermissions({ play: ['show', 'a-*'], else: 1 })).toEqual({ ...none, play: ['show', 'a-*'] });
});

test.for([
  undefined,
  null,
  true,
  'publish',
  [],
  { publish: 'show' },
  { publish: ['a b'] },
  { publish: [1] },
  { play: null },
  { operate: {} },
  { publish: [['a']] },
])('%j is not a set of permissions', (value) => {
  expect(parsePermissions(value)).toBeUndefined();
});

test('permissions that are inherited do not count', () => {
  expect(parsePermissions(Object.create({ publish: true }))).toEqual(none);
});

test.for([
  ['publish', 'show', ['show'], { streamId: 'show' }],
  ['publish', 'show', ['other', 'sh*'], { streamId: 'show' }],
  ['publish', 'show', ['other'], undefined],
  ['publish', undefined, ['show'], { streamId: 'show' }],
  ['publish', undefined, ['show', 'show'], { streamId: 'show' }],
  ['publish', undefined, ['show', 'other'], undefined],
  ['publish', undefined, ['show*'], undefined],
  ['publish', undefined, ['*'], undefined],
  ['publish', undefined, [], undefined],
  ['play', undefined, ['show'], { streamId: 'show' }],
  ['operate', undefined, ['*'], { streamId: undefined }],
  ['operate', undefined, ['show'], undefined],
  ['operate', 'show', ['show'], { streamId: 'show' }],
] as const)('to %s %s with %j gives %j', ([action, streamId, scope, expected]) => {
  expect(admit({ ...none, [action]: scope }, { action, streamId })).toEqual(expected);
});

test('one action says nothing about another', () => {
  expect(admit({ ...everything, play: [] }, { action: 'play', streamId: 'show' })).toBeUndefined();
});

test('a union allows what each of its parts does', () => {
  const union = unionOf([
    { ...none, publish: ['a'] },
    { ...none, publish: ['b'], play: ['*'] },
  ]);
  expect(union).toEqual({ publish: ['a', 'b'], play: ['*'], operate: [] });
});
