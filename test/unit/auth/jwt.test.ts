import { writeFile } from 'node:fs/promises';
import { SignJWT, UnsecuredJWT } from 'jose';
import { expect, test, vi } from 'vitest';
import type { AuthOptions } from '../../../src/auth/authorizer.ts';
import {
  accessRequest,
  errorOf,
  inSeconds,
  makeKey,
  mint,
  openFolder,
  openService,
  openTestAuthorizer,
  outcomeOf,
  replyJson,
} from '../../fixtures/auth.ts';

const play = { sluice: { play: true } };
const secret = 'a-secret-that-is-long-enough-for-every-HMAC-there-is:0123456789ab';
const hmacKey = new TextEncoder().encode(secret);
const asymmetric = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];

type JwtOptions = Extract<AuthOptions[number], { method: 'jwt' }>;

/** Opens the method with a secret. */
async function openHmac(options: Partial<JwtOptions> = {}) {
  return openTestAuthorizer({ method: 'jwt', keys: { from: 'secret', secret }, ...options });
}

/** Runs with a file that holds public keys. */
async function withKeyFile(jwks: unknown, run: (options: JwtOptions, path: string) => Promise<void>): Promise<void> {
  await using folder = await openFolder();
  await writeFile(folder.file, JSON.stringify(jwks));
  await run({ method: 'jwt', keys: { from: 'file', path: folder.file, pollMs: 5 } }, folder.file);
}

test.for(asymmetric)('a token that is signed with %s is good for a key set', async (algorithm) => {
  const key = await makeKey(algorithm, 'k');
  await withKeyFile({ keys: [key.jwk] }, async (options) => {
    await using auth = await openTestAuthorizer(options);
    expect(await outcomeOf(auth, { token: await key.mint(play) })).toBe('granted');
  });
});

test.for(['HS256', 'HS384', 'HS512'])('a token that is signed with %s is good for a secret', async (alg) => {
  await using auth = await openHmac();
  expect(await outcomeOf(auth, { token: await mint(hmacKey, { alg }, play) })).toBe('granted');
});

test('a secret is for those algorithms only that it is long enough for', async () => {
  const short = secret.slice(0, 32);
  await using auth = await openHmac({ keys: { from: 'secret', secret: short } });
  const sign = async (alg: string) => mint(new TextEncoder().encode(short.padEnd(64, '\0')).slice(0, 32), { alg }, play);
  expect(await outcomeOf(auth, { token: await sign('HS256') })).toBe('granted');
  expect(await outcomeOf(auth, { token: await mint(hmacKey, { alg: 'HS512' }, play) })).toBe('ERR_UNAUTHENTICATED invalid');
  expect((await errorOf(openHmac({ keys: { from: 'secret', secret: short.slice(1) } }))).code).toBe('ERR_CONFIG_INVALID');
});

test('a public key is never taken for a secret, however it is written', async () => {
  const key = await makeKey('RS256', 'k');
  await withKeyFile({ keys: [key.jwk] }, async (options) => {
    await using auth = await openTestAuthorizer(options);
    for (const guess of [JSON.stringify(key.jwk), key.jwk.n ?? '']) {
      const token = await new SignJWT({ ...play, exp: inSeconds(60) })
        .setProtectedHeader({ alg: 'HS256', kid: 'k' })
        .sign(new TextEncoder().encode(guess));
      expect(await outcomeOf(auth, { token })).toBe('ERR_UNAUTHENTICATED invalid');
    }
  });
});

test('a token cannot bring its own key along', async () => {
  const [ours, theirs] = [await makeKey('ES256', 'k'), await makeKey('ES256', 'k')];
  await withKeyFile({ keys: [ours.jwk] }, async (options) => {
    await using auth = await openTestAuthorizer(options);
    const header = { jwk: theirs.jwk, jku: 'http://127.0.0.1:9/' };
    expect(await outcomeOf(auth, { token: await theirs.mint(play, header) })).toBe('ERR_UNAUTHENTICATED invalid');
  });
});

test('an unsigned token is refused', async () => {
  await using auth = await openHmac();
  const token = new UnsecuredJWT(play).setExpirationTime('1h').encode();
  expect(await outcomeOf(auth, { token })).toBe('ERR_UNAUTHENTICATED invalid');
});

test('extensions that must be understood are not', async () => {
  await using auth = await openHmac();
  const header = { alg: 'HS256', crit: ['exp-secret'], 'exp-secret': 1 };
  const signing = new SignJWT({ ...play, exp: inSeconds(60) }).setProtectedHeader(header);
  const token = await signing.sign(hmacKey, { crit: { 'exp-secret': true } });
  const error = await errorOf(auth.authorize(accessRequest({ token })));
  expect(error.details).toEqual({ reason: 'invalid', because: ['jwt: ERR_JOSE_NOT_SUPPORTED'] });
});

const issued = { issuer: ['https://id.example'], audience: ['sluice', 'other'] };
const good = { iss: 'https://id.example', aud: 'sluice', ...play };

test.for([
  ['all as it should be', good, issued, 'granted'],
  ['one audience of several', { ...good, aud: ['x', 'other'] }, issued, 'granted'],
  ['another issuer', { ...good, iss: 'https://evil.example' }, issued, 'ERR_UNAUTHENTICATED invalid'],
  ['no issuer', { ...good, iss: undefined }, issued, 'ERR_UNAUTHENTICATED invalid'],
  ['another audience', { ...good, aud: 'x' }, issued, 'ERR_UNAUTHENTICATED invalid'],
  ['no audience', { ...good, aud: undefined }, issued, 'ERR_UNAUTHENTICATED invalid'],
  ['no exp', { ...play, exp: undefined }, {}, 'ERR_UNAUTHENTICATED invalid'],
  ['no exp where none is required', { ...play, exp: undefined }, { requireExpiry: false }, 'granted'],
  ['an exp that is text', { ...play, exp: '9999999999' }, {}, 'ERR_UNAUTHENTICATED invalid'],
  ['no iat where age counts', play, { maxAgeMs: 60_000 }, 'ERR_UNAUTHENTICATED invalid'],
  ['no claim', { exp: 9_999_999_999 }, {}, 'ERR_FORBIDDEN'],
  ['another claim', { show: { play: true } }, { claim: 'show' }, 'granted'],
  ['a claim of the prototype', {}, { claim: 'toString' }, 'ERR_FORBIDDEN'],
  ['a claim that is malformed', { sluice: { play: 'show' } }, {}, 'ERR_UNAUTHENTICATED invalid'],
  ['a claim that is text', { sluice: 'play' }, {}, 'ERR_UNAUTHENTICATED invalid'],
  ['an algorithm that was ruled out', play, { algorithms: ['HS512'] }, 'ERR_UNAUTHENTICATED invalid'],
] as const)('a token with %s', async ([, claims, options, expected]) => {
  await using auth = await openHmac(options);
  const signing = new SignJWT({ exp: inSeconds(60), ...claims } as Record<string, unknown>).setProtectedHeader({ alg: 'HS256' });
  expect(await outcomeOf(auth, { token: await signing.sign(hmacKey) })).toBe(expected);
});

test('exp, nbf and age count to the second, within the tolerance', async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: 1_000_000_000_000 });
  try {
    await using auth = await openHmac({ clockToleranceMs: 10_000, maxAgeMs: 600_000 });
    const outcome = async (claims: object) =>
      outcomeOf(auth, { token: await mint(hmacKey, { alg: 'HS256' }, { ...play, iat: inSeconds(0), ...claims }) });
    expect(await outcome({ exp: inSeconds(-9) })).toBe('granted');
    expect(await outcome({ exp: inSeconds(-10) })).toBe('ERR_UNAUTHENTICATED expired');
    expect(await outcome({ nbf: inSeconds(10) })).toBe('granted');
    expect(await outcome({ nbf: inSeconds(11) })).toBe('ERR_UNAUTHENTICATED invalid');
    expect(await outcome({ iat: inSeconds(-610) })).toBe('granted');
    expect(await outcome({ iat: inSeconds(-611) })).toBe('ERR_UNAUTHENTICATED expired');
    expect(await outcome({ iat: inSeconds(11) })).toBe('ERR_UNAUTHENTICATED invalid');
  } finally {
    vi.useRealTimers();
  }
});

test('a grant names the subject, and its end where exp ends sessions', async () => {
  const exp = inSeconds(60);
  const token = await mint(hmacKey, { alg: 'HS256' }, { ...play, exp, sub: 'alice' });
  await using auth = await openHmac();
  expect(await auth.authorize(accessRequest({ token }))).toEqual({
    streamId: 'show',
    subject: 'alice',
    expiresAt: undefined,
    limits: undefined,
  });
  await using ending = await openHmac({ endsSession: true });
  expect((await ending.authorize(accessRequest({ token }))).expiresAt).toEqual(new Date(exp * 1000));
});

test.for([[undefined], [''], [7]] as const)('a subject %j has a stand-in', async ([sub]) => {
  await using auth = await openHmac();
  const claims = { ...play, exp: inSeconds(60), sub } as Record<string, unknown>;
  const token = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(hmacKey);
  expect((await auth.authorize(accessRequest({ token }))).subject).toBe('jwt');
});

test('a name is taken from a token that allows one stream only', async () => {
  await using auth = await openHmac();
  const token = await mint(hmacKey, { alg: 'HS256' }, { sluice: { publish: ['show'] } });
  expect(await auth.authorize(accessRequest({ action: 'publish', streamId: undefined, token }))).toMatchObject({ streamId: 'show' });
});

test('algorithms that the keys are not for are an error', async () => {
  for (const algorithms of [['RS256'], ['HS256', 'none'], []]) {
    expect((await errorOf(openHmac({ algorithms }))).code).toBe('ERR_CONFIG_INVALID');
  }
  for (const algorithms of [['HS256'], ['ES256', 'HS256'], ['none']]) {
    await withKeyFile({ keys: [] }, async (options) => {
      expect((await errorOf(openTestAuthorizer({ ...options, algorithms }))).code).toBe('ERR_CONFIG_INVALID');
    });
  }
});

test('a key file is read again when it changes', async () => {
  const [old, fresh] = [await makeKey('ES256', 'old'), await makeKey('ES256', 'fresh')];
  await withKeyFile({ keys: [old.jwk] }, async (options, path) => {
    await using auth = await openTestAuthorizer(options);
    expect(await outcomeOf(auth, { token: await old.mint(play) })).toBe('granted');
    await writeFile(path, JSON.stringify({ keys: [fresh.jwk] }));
    await expect.poll(async () => outcomeOf(auth, { token: await fresh.mint(play) })).toBe('granted');
    expect(await outcomeOf(auth, { token: await old.mint(play) })).toBe('ERR_UNAUTHENTICATED invalid');
  });
});

test('a token without a key id is tried with each key that it may be signed by', async () => {
  const last = await makeKey('ES256');
  const keys = [await makeKey('ES256'), await makeKey('EdDSA'), last];
  const stranger = await makeKey('ES256');
  await withKeyFile({ keys: keys.map(({ jwk }) => jwk) }, async (options) => {
    await using auth = await openTestAuthorizer(options);
    for (const key of keys) expect(await outcomeOf(auth, { token: await key.mint(play) })).toBe('granted');
    expect(await outcomeOf(auth, { token: await last.mint({ ...play, exp: 1 }) })).toBe('ERR_UNAUTHENTICATED expired');
    expect(await outcomeOf(auth, { token: await stranger.mint(play) })).toBe('ERR_UNAUTHENTICATED invalid');
  });
});

test('a key set with a private or secret key in it is refused', async () => {
  const { privateJwk } = await makeKey('ES256', 'k');
  for (const jwk of [privateJwk, { kty: 'oct', k: 'c2VjcmV0' }]) {
    await withKeyFile({ keys: [jwk] }, async (options) => {
      expect((await errorOf(openTestAuthorizer(options))).code).toBe('ERR_CONFIG_INVALID');
    });
  }
});

test('tokens of other services are judged by what they say, not by what they are', async () => {
  const key = await makeKey('ES256', 'k');
  await using service = await openService((_request, response) => replyJson(response, { keys: [key.jwk] }));
  await using auth = await openTestAuthorizer({ method: 'jwt', keys: { from: 'url', url: service.url } });
  expect(await outcomeOf(auth, { token: await key.mint({ scope: 'publish play' }) })).toBe('ERR_FORBIDDEN');
});
