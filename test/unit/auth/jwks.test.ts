import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openAuthorizer } from '../../../src/auth/authorizer.ts';
import { errorOf, makeKey, openService, outcomeOf, recordingLogger, replyJson, type TestKey } from '../../fixtures/auth.ts';

const play = { sluice: { play: true } };

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
});

afterEach(() => {
  vi.useRealTimers();
});

/** An authorizer for keys at a URL, where `reply` tells what is served. */
async function openRemote(reply: (response: ServerResponse) => void, timeoutMs = 30_000) {
  const current = { reply };
  const service = await openService((_request, response) => current.reply(response));
  const { logger, lines } = recordingLogger();
  const auth = await openAuthorizer([{ method: 'jwt', keys: { from: 'url', url: `${service.url}?secret=1`, timeoutMs } }], { logger });
  const outcome = async (key: TestKey) => outcomeOf(auth, { token: await key.mint(play) });
  const close = async () => {
    await auth[Symbol.asyncDispose]();
    await service[Symbol.asyncDispose]();
  };
  return { current, service, lines, outcome, [Symbol.asyncDispose]: close };
}

const serving =
  (...keys: readonly TestKey[]) =>
  (response: ServerResponse) =>
    replyJson(response, { keys: keys.map(({ jwk }) => jwk) });

const invalid = 'ERR_UNAUTHENTICATED invalid';
const unavailable = 'ERR_AUTH_UNAVAILABLE';

test('keys are fetched when they are needed, once for all who need them', async () => {
  const key = await makeKey('ES256', 'a');
  await using remote = await openRemote(serving(key));
  expect(remote.service.bodies).toHaveLength(0);
  expect(await Promise.all([remote.outcome(key), remote.outcome(key), remote.outcome(key)])).toEqual(['granted', 'granted', 'granted']);
  expect(await remote.outcome(key)).toBe('granted');
  expect(remote.service.bodies).toHaveLength(1);
});

test('an unknown key id makes for another look, at most every 30 s', async () => {
  const [old, fresh] = [await makeKey('ES256', 'old'), await makeKey('ES256', 'fresh')];
  await using remote = await openRemote(serving(old));
  expect(await remote.outcome(old)).toBe('granted');
  remote.current.reply = serving(old, fresh);
  for (let round = 0; round < 20; round += 1) expect(await remote.outcome(fresh)).toBe(invalid);
  expect(remote.service.bodies).toHaveLength(1);
  vi.setSystemTime(Date.now() + 31_000);
  expect(await remote.outcome(fresh)).toBe('granted');
  expect(remote.service.bodies).toHaveLength(2);
});

test('a key that was withdrawn is unknown after 10 minutes', async () => {
  const [old, fresh] = [await makeKey('ES256', 'old'), await makeKey('ES256', 'fresh')];
  await using remote = await openRemote(serving(old));
  expect(await remote.outcome(old)).toBe('granted');
  remote.current.reply = serving(fresh);
  vi.setSystemTime(Date.now() + 601_000);
  expect(await remote.outcome(old)).toBe(invalid);
});

test('a token with an algorithm that is never good asks for no keys', async () => {
  const key = await makeKey('ES256', 'a');
  await using remote = await openRemote(serving(key));
  await using other = await openAuthorizer([{ method: 'jwt', keys: { from: 'url', url: remote.service.url }, algorithms: ['EdDSA'] }], {
    logger: recordingLogger().logger,
  });
  expect(await outcomeOf(other, { token: await key.mint(play) })).toBe(invalid);
  expect(await outcomeOf(other, { token: 'junk' })).toBe(invalid);
  expect(remote.service.bodies).toHaveLength(0);
});

const failures: readonly (readonly [string, (response: ServerResponse) => void])[] = [
  ['answers 500', (response) => replyJson(response, {}, 500)],
  ['answers 404 with keys', (response) => replyJson(response, { keys: [] }, 404)],
  ['redirects', (response) => response.writeHead(302, { Location: 'http://127.0.0.1:9/' }).end()],
  ['sends no JSON', (response) => response.end('<html>')],
  ['sends no key set', (response) => replyJson(response, { keys: [1] })],
  ['sends a secret', (response) => replyJson(response, { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] })],
  ['sends without end', (response) => response.end(' '.repeat(300_000))],
  ['hangs up', (response) => response.destroy()],
];

test.for(failures)('a service that %s is unavailable, and asked again no sooner than after 5 s', async ([, reply]) => {
  const key = await makeKey('ES256', 'a');
  await using remote = await openRemote(reply);
  for (let round = 0; round < 5; round += 1) expect(await remote.outcome(key)).toBe(unavailable);
  expect(remote.service.bodies).toHaveLength(1);
  expect(remote.lines).toEqual([expect.stringContaining('cannot be fetched')]);
  expect(remote.lines.join('')).not.toContain('secret=1');
  remote.current.reply = serving(key);
  vi.setSystemTime(Date.now() + 5_001);
  expect(await remote.outcome(key)).toBe('granted');
});

test('a service that is slow is given up on', async () => {
  const key = await makeKey('ES256', 'a');
  await using remote = await openRemote(() => {}, 50);
  expect(await remote.outcome(key)).toBe(unavailable);
});

test('when the service fails later, the keys it had count for an hour', async () => {
  const key = await makeKey('ES256', 'a');
  await using remote = await openRemote(serving(key));
  expect(await remote.outcome(key)).toBe('granted');
  remote.current.reply = (response) => response.destroy();
  vi.setSystemTime(Date.now() + 601_000);
  expect(await remote.outcome(key)).toBe('granted');
  vi.setSystemTime(Date.now() + 3_600_000);
  expect(await remote.outcome(key)).toBe(unavailable);
});

test.for(['ftp://example.com/', 'http://user:secret@example.com/', 'nonsense'])('%s is not a URL to fetch keys from', async (url) => {
  const error = await errorOf(openAuthorizer([{ method: 'jwt', keys: { from: 'url', url } }], { logger: recordingLogger().logger }));
  expect(error.code).toBe('ERR_CONFIG_INVALID');
  expect(error.message).not.toContain('secret');
});
