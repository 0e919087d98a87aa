import { expect, test } from 'vitest';
import type { AccessRequest } from '../../../src/auth/access.ts';
import { accessRequest, errorOf, mint, openTestAuthorizer, outcomeOf } from '../../fixtures/auth.ts';

const secret = 'a-secret-that-is-long-enough-for-all:0123456789abcdefghijklmnopqrstuv';
const mintWith = async (claims: object) => mint(new TextEncoder().encode(secret), { alg: 'HS256' }, { ...claims });

test('none: everybody may do everything, whatever token comes along', async () => {
  await using auth = await openTestAuthorizer({ method: 'none' });
  for (const token of [undefined, 'undefined', 'x'.repeat(8193)]) {
    for (const action of ['publish', 'play', 'operate'] as const) expect(await outcomeOf(auth, { action, token })).toBe('granted');
  }
  expect(await outcomeOf(auth, { action: 'operate', streamId: undefined })).toBe('granted');
  expect(await auth.authorize(accessRequest())).toMatchObject({ subject: 'anyone', streamId: 'show' });
});

test('none: a name has to come from somewhere', async () => {
  await using auth = await openTestAuthorizer({ method: 'none' });
  expect(await outcomeOf(auth, { action: 'publish', streamId: undefined })).toBe('ERR_FORBIDDEN');
});

const keys = { method: 'keys', keys: [{ name: 'studio', key: 'key-of-studio', publish: ['show'] }] } as const;
const jwt = { method: 'jwt', keys: { from: 'secret', secret } } as const;
const open = { method: 'none', permissions: { play: ['show'] } } as const;

test('several methods: what one of them grants is granted, and its subject is named', async () => {
  await using auth = await openTestAuthorizer(keys, jwt, open);
  const alice = await mintWith({ sub: 'alice', sluice: { publish: ['show'] } });
  const subjectOf = async (request: Partial<AccessRequest>) => (await auth.authorize(accessRequest(request))).subject;
  expect(await subjectOf({ action: 'publish', token: 'key-of-studio' })).toBe('studio');
  expect(await subjectOf({ action: 'publish', token: alice })).toBe('alice');
  expect(await subjectOf({ token: alice })).toBe('anyone');
  expect(await subjectOf({ token: 'undefined' })).toBe('anyone');
  expect(await subjectOf({})).toBe('anyone');
});

const down = { method: 'http', url: 'http://127.0.0.1:9/' } as const;

test.for([
  ['a known token that is not for this', [keys, jwt], 'key-of-studio', 'ERR_FORBIDDEN'],
  ['a known token, in another order', [jwt, keys], 'key-of-studio', 'ERR_FORBIDDEN'],
  ['a known token while another method fails', [down, keys], 'key-of-studio', 'ERR_FORBIDDEN'],
  ['an unknown token while another method fails', [keys, down], 'unknown-key', 'ERR_AUTH_UNAVAILABLE'],
  ['an unknown token', [keys, jwt, open], 'unknown-key', 'ERR_UNAUTHENTICATED invalid'],
  ['no token', [keys, jwt, open], undefined, 'ERR_UNAUTHENTICATED missing'],
  ['an expired token', [keys, jwt], await mintWith({ exp: 1 }), 'ERR_UNAUTHENTICATED expired'],
  ['anything where there is no method', [], 'unknown-key', 'ERR_UNAUTHENTICATED missing'],
] as const)('several methods: %s', async ([, options, token, expected]) => {
  await using auth = await openTestAuthorizer(...options);
  expect(await outcomeOf(auth, { streamId: 'other', token })).toBe(expected);
});

test('an error tells the log what each method said', async () => {
  await using auth = await openTestAuthorizer(keys, jwt, open);
  const error = await errorOf(auth.authorize(accessRequest({ action: 'publish', token: 'unknown-key' })));
  expect(error.details).toEqual({
    reason: 'invalid',
    because: ['keys: unknown key', 'jwt: ERR_JWS_INVALID', 'none: not open to anyone'],
  });
});

test('when one method cannot be opened, those before it are closed', async () => {
  const opening = openTestAuthorizer(keys, { method: 'jwt', keys: { from: 'secret', secret: 'short' } });
  expect((await errorOf(opening)).code).toBe('ERR_CONFIG_INVALID');
});

test('a token of more than 8 KiB is refused unread, however good it is', async () => {
  await using auth = await openTestAuthorizer(jwt, down);
  const mintPadded = async (length: number) => mintWith({ sluice: { play: true }, pad: 'x'.repeat(length) });
  expect(await outcomeOf(auth, { token: await mintPadded(5_500) })).toBe('granted');
  const error = await errorOf(auth.authorize(accessRequest({ token: await mintPadded(6_500) })));
  expect(error.details).toEqual({ reason: 'invalid', because: ['jwt: token too long', 'http: token too long'] });
});

test('a client that is gone gets nothing', async () => {
  await using auth = await openTestAuthorizer({ method: 'none' });
  expect(await outcomeOf(auth, { signal: AbortSignal.abort() })).toBe('ERR_REQUEST_ABORTED');
});
