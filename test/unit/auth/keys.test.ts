import { scryptSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { openKeys } from '../../../src/auth/keys.ts';
import { accessRequest, errorOf, openFolder, openTestAuthorizer, outcomeOf, recordingLogger, replaceFile } from '../../fixtures/auth.ts';

const password = 'correct-horse-battery';
const salt = 'ab'.repeat(16);

/** What a password costs here is a matter of milliseconds. */
function scryptOf(text: string): string {
  return `scrypt:1024:8:1:${salt}:${scryptSync(text, Buffer.from(salt, 'hex'), 32, { N: 1024 }).toString('hex')}`;
}

test('keys in a file come and go without a restart', async () => {
  await using folder = await openFolder();
  await writeFile(folder.file, '- { name: one, key: first-key, play: true }');
  await using auth = await openTestAuthorizer({ method: 'keys', file: folder.file, pollMs: 5 });
  expect(await outcomeOf(auth, { token: 'first-key' })).toBe('granted');
  await writeFile(folder.file, '- { name: two, key: second-key, play: true }');
  await expect.poll(async () => outcomeOf(auth, { token: 'second-key' })).toBe('granted');
  expect(await outcomeOf(auth, { token: 'first-key' })).toBe('ERR_UNAUTHENTICATED invalid');
});

test('a file that breaks locks nobody out, and no key of it is logged', async () => {
  await using folder = await openFolder();
  await writeFile(folder.file, '- { name: one, key: first-key, play: true }');
  const { logger, lines } = recordingLogger();
  await using keys = await openKeys({ method: 'keys', file: folder.file, pollMs: 5 }, logger);
  await replaceFile(folder.file, '- { name: two, key: second-key, play: [');
  await expect.poll(() => lines).toEqual([expect.stringContaining('stays in force')]);
  expect(await keys.judge(accessRequest({ token: 'first-key' }))).toMatchObject({ name: 'granted' });
  expect(lines.join('')).not.toContain('second-key');
});

test('a file that is not usable at first is an error', async () => {
  const error = await errorOf(openTestAuthorizer({ method: 'keys', file: '/nowhere/keys.yaml' }));
  expect(error.code).toBe('ERR_CONFIG_INVALID');
});

test('keys of the configuration count besides those of the file, and equal ones add up', async () => {
  await using folder = await openFolder();
  await writeFile(folder.file, '- { name: file, key: same-for-all, play: [show] }');
  const keys = [{ name: 'config', key: 'same-for-all', publish: ['show'] }];
  await using auth = await openTestAuthorizer({ method: 'keys', keys, file: folder.file });
  const grants = [
    await auth.authorize(accessRequest({ action: 'publish', token: 'same-for-all' })),
    await auth.authorize(accessRequest({ action: 'play', token: 'same-for-all' })),
  ];
  expect(grants.map(({ subject }) => subject)).toEqual(['config, file', 'config, file']);
});

test('a name is taken from a key that is for one stream only', async () => {
  const keys = [
    { name: 'one', key: 'for-one-stream', publish: ['show'] },
    { name: 'two', key: 'for-two-streams', publish: ['show', 'other'] },
  ];
  await using auth = await openTestAuthorizer({ method: 'keys', keys });
  const nameless = { action: 'publish', streamId: undefined } as const;
  expect(await auth.authorize(accessRequest({ ...nameless, token: 'for-one-stream' }))).toMatchObject({ streamId: 'show', subject: 'one' });
  expect(await outcomeOf(auth, { ...nameless, token: 'for-two-streams' })).toBe('ERR_FORBIDDEN');
});

test('a flood of guesses is turned away, and neither known passwords nor machine keys wait behind it', async () => {
  const keys = [
    { name: 'person', key: scryptOf(password), play: true },
    { name: 'machine', key: 'a-random-machine-key', play: true },
  ];
  await using auth = await openTestAuthorizer({ method: 'keys', keys });
  expect(await outcomeOf(auth, { token: password })).toBe('granted');

  const guesses = Array.from({ length: 200 }, async (_, index) =>
    outcomeOf(auth, { token: `guess-${index}`, address: `192.0.2.${index % 100}` }),
  );
  expect(await outcomeOf(auth, { token: password })).toBe('granted');
  expect(await outcomeOf(auth, { token: 'a-random-machine-key' })).toBe('granted');
  const outcomes = await Promise.all(guesses);
  const checked = outcomes.filter((outcome) => outcome === 'ERR_UNAUTHENTICATED invalid');
  const turnedAway = outcomes.filter((outcome) => outcome === 'ERR_AUTH_UNAVAILABLE');
  expect(checked.length).toBeLessThanOrEqual(33);
  expect(checked.length + turnedAway.length).toBe(200);
});

test('one address cannot fill the queue', async () => {
  await using auth = await openTestAuthorizer({ method: 'keys', keys: [{ name: 'person', key: scryptOf(password), play: true }] });
  const guesses = Array.from({ length: 20 }, async (_, index) => outcomeOf(auth, { token: `guess-${index}` }));
  expect(await outcomeOf(auth, { token: password, address: '192.0.2.2' })).toBe('granted');
  expect((await Promise.all(guesses)).filter((each) => each === 'ERR_AUTH_UNAVAILABLE')).toHaveLength(18);
});

test('a password is checked once for all who send it at the same time, and a wrong one once for ever', async () => {
  await using auth = await openTestAuthorizer({ method: 'keys', keys: [{ name: 'person', key: scryptOf(password), play: true }] });
  const everybody = (token: string) => Promise.all(Array.from({ length: 100 }, async () => outcomeOf(auth, { token })));
  expect(new Set(await everybody(password))).toEqual(new Set(['granted']));
  expect(new Set(await everybody('wrong-password'))).toEqual(new Set(['ERR_UNAUTHENTICATED invalid']));
  expect(new Set(await everybody('wrong-password'))).toEqual(new Set(['ERR_UNAUTHENTICATED invalid']));
});
